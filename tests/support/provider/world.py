"""A person with two browsers at a site and at npm's oidc-provider, and the account of their tokens.

The provider says which refresh tokens it issued, and by introspection whether each lives.
"""

from __future__ import annotations

from http.cookiejar import CookieJar

import requests
from django.contrib.auth import get_user_model, user_logged_in
from django.core.exceptions import PermissionDenied
from django.core.management import call_command

from django_genauth import grants
from django_genauth.grants import sweeps
from django_genauth.models import Grant, LoginSession
from tests.support.provider.browser_forms import Browser
from tests.support.provider.node_provider import NodeProvider
from tests.support.provider.processes import sign_in


class World:
    """Do what a story says, step by step, and compare what lives with what is known here.

    A step is the name of a method, and of a browser where there is one: "log_in A, purge".
    """

    def __init__(self, provider: NodeProvider, first: Browser, second: Browser) -> None:
        self.provider = provider
        self._browsers = {"A": first, "B": second}
        self._sign_ins: dict[str, LoginSession] = {}
        self._earlier = set(provider.refresh_tokens)
        self._is_away = False

    def tell(self, story: str) -> list[str]:
        """Do what a story says; return the steps after which a living token was unknown here."""
        return [step for step in story.split(", ") if self._forgets(step)]

    def log_in(self, name: str) -> None:
        assert sign_in(self._browsers[name], self.provider).status_code == 302
        self._sign_ins[name] = LoginSession.objects.latest("pk")

    def log_in_refused(self, name: str) -> None:
        """Sign in at a site that says no once the person is known."""
        user_logged_in.connect(_refuse)
        try:
            assert sign_in(self._browsers[name], self.provider).status_code == 403
        finally:
            user_logged_in.disconnect(_refuse)

    def sign_out(self, name: str) -> None:
        """Sign out at the site; the provider's own session lives on."""
        self._browsers[name].press("/genauth/logout/")

    def sign_out_at_provider(self, name: str) -> None:
        """End the provider's own session, which it tells the site by its back channel."""
        logout = f"{self.provider.issuer}/session/end"
        self.provider.sign_out(logout, self._browsers[name].session)

    def lose_session_at_provider(self, name: str) -> None:
        """Forget the provider's cookies; the site's stay, and so does the provider's session."""
        jar: CookieJar = self._browsers[name].session.cookies
        for cookie in list(jar):
            if cookie.name.startswith("_session"):
                jar.clear(cookie.domain, cookie.path, cookie.name)

    def rotate(self, name: str) -> None:
        grants.refresh(self.grant(name))

    def delete_user(self) -> None:
        get_user_model().objects.all().delete()

    def purge(self) -> None:
        call_command("genauth_purge", "--days", "0", verbosity=0)

    def revoke_pending(self) -> None:
        # As the command does, but in this thread: SQLite's database in memory takes one writer.
        for grant in sweeps.revocable(None, pending=True):
            grants.revoke(grant)

    def go_away(self) -> None:
        self._is_away = True
        self.provider.answer_none()

    def come_back(self) -> None:
        self._is_away = False
        self.provider.answer_all()

    def grant(self, name: str) -> Grant:
        """Return the grant of a browser's latest sign-in, as it is now."""
        return Grant.objects.get(pk=self._sign_ins[name].grant_id)

    def token(self, name: str) -> str:
        """Return the refresh token of a browser's latest sign-in."""
        token: str = self.grant(name).token_set["refresh_token"]
        return token

    def has_session(self, name: str) -> bool:
        """Return whether the site knows the person in a browser."""
        return self._browsers[name].open("/members/").status_code == 200

    def alive(self) -> set[str]:
        """Return the refresh tokens of this story that the provider takes, away or not."""
        self.provider.answer_all()
        issued = set(self.provider.refresh_tokens) - self._earlier
        living = {token for token in issued if self._lives(token)}
        if self._is_away:
            self.provider.answer_none()
        return living

    def known(self) -> set[str]:
        """Return the refresh tokens that can be used here, or are queued to be revoked."""
        held = Grant.objects.filter(state__in=["active", "revoking"])
        return {grant.token_set["refresh_token"] for grant in held}

    def _forgets(self, step: str) -> bool:
        deed, *names = step.split()
        getattr(self, deed)(*names)
        return not self.alive() <= self.known()

    def _lives(self, token: str) -> bool:
        app = self.provider.app("site")
        credentials = {"client_id": app["APP_ID"], "client_secret": app["APP_SECRET"]}
        with requests.Session() as asking:
            # A proxy of the environment does not reach loopback.
            asking.trust_env = False
            answer = asking.post(
                f"{self.provider.issuer}/token/introspection",
                data={**credentials, "token": token, "token_type_hint": "refresh_token"},
                timeout=20,
            )
        answer.raise_for_status()
        return answer.json()["active"] is True


def _refuse(**_: object) -> None:
    raise PermissionDenied
