"""A fake GenAuth in the test's own process, and what a test may have go wrong there.

It needs no socket: while it stands in, the app's clients hand it their requests. What it answers
stands in `app_provider` and `provider`.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlsplit

from django.contrib.auth import get_user_model
from django.db import models
from django.http import HttpResponse as Page
from django.test import AsyncClient, Client

from django_genauth import conf
from django_genauth.conf import DEFAULT_ALIAS
from django_genauth.protocol.messages import HttpRequest, HttpResponse
from django_genauth.sessions import turns
from django_genauth.testing.app_provider import AppProvider, Faults
from django_genauth.testing.browser import deliver, get, page_url, post


class FakeGenAuth:
    """Stand in for the provider of every app of GENAUTH inside a `with` block.

    It fits whatever the settings say: protocol, algorithm, addresses, and how the app shows who it
    is. No request of a client that `get_client()` gives meanwhile leaves the process, from whatever
    thread; one that was made before the block knows nothing of it. The methods named after
    something that goes wrong hold from there on, for all apps, until `recovers`.
    """

    active: ClassVar[FakeGenAuth | None] = None
    """The one that stands in now."""

    def __init__(self) -> None:
        self.machines: dict[str, str] = {}
        """Access keys and their secret keys, for client credentials."""
        self._faults = Faults()
        self._providers: dict[str, AppProvider] = {}
        self._lock = threading.Lock()
        self._leaving = ExitStack()

    def __enter__(self) -> Self:
        if FakeGenAuth.active is not None:
            raise RuntimeError("A fake GenAuth stands in already, and there can be one at a time.")
        self._leaving.enter_context(conf.override_client_extras(self._extras))
        FakeGenAuth.active = self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        FakeGenAuth.active = None
        self._leaving.close()

    def sign_in(
        self,
        client: Client | AsyncClient,
        *,
        sub: str = "user-1",
        claims: Mapping[str, Any] | None = None,
        app: str = DEFAULT_ALIAS,
        next_url: str | None = None,
    ) -> Page:
        """Take all the steps of a login, and return the site's last answer, whatever it is.

        `sub` and `claims` are what the provider says of the person. `app` is an alias of GENAUTH,
        `next_url` the page that the person wants to get to.
        """
        query = {} if next_url is None else {"next": next_url}
        if app not in conf.aliases():
            # And not be a page that is not found.
            raise LookupError(f"GENAUTH has no app {app!r}.")
        address = page_url("login", app, **query)
        if str(dict(conf.configured())[app].get("REDIRECT_URI")).startswith("https:"):
            # A login that comes back over https has to begin there.
            address = f"https://site{address}"
        # A test may sign one client in as often as it likes.
        client.cookies.pop(turns.COOKIE, None)
        begun = get(client, address)
        url = begun.headers.get("Location", "")
        provider = self._provider(app) if begun.status_code == 302 else None
        if provider is None or url.partition("?")[0] != provider.authorization_endpoint:
            return begun
        return deliver(client, provider.visit(url, sub=sub, claims=_said_of(sub, claims)))

    def authorize(
        self, url: str, *, sub: str = "user-1", claims: Mapping[str, Any] | None = None
    ) -> str:
        """Be the person at the sign-in page, and return where the browser is sent back to.

        `url` is where the site sent the browser. Raises ValueError where the answer is to be
        posted, and LookupError for an address of nobody's.
        """
        query = parse_qs(urlsplit(url).query)
        for provider in map(self._provider, conf.aliases()):
            if [provider.client_id] == query.get("client_id") and url.startswith(
                f"{provider.authorization_endpoint}?"
            ):
                return provider.visit(url, sub=sub, claims=_said_of(sub, claims)).url
        raise LookupError("No app of GENAUTH sends people to this address to sign in.")

    def sign_out(self, client: Client | AsyncClient, *, app: str = DEFAULT_ALIAS) -> Page:
        """Take all the steps of signing out, and return the site's last answer."""
        answer = post(client, page_url("logout", app), {})
        url = answer.headers.get("Location", "")
        if answer.status_code != 302:
            return answer
        return get(client, self._provider(app).end_session(url))

    def logout_token(self, *, app: str = DEFAULT_ALIAS, **claims: Any) -> str:
        """Issue a back-channel logout token; give it `sub`, `sid` or both."""
        return self._provider(app).logout_token(**claims)

    def bearer_token(
        self,
        *,
        sub: str | None = "user-1",
        scopes: Iterable[str] = (),
        claims: Mapping[str, Any] | None = None,
        app: str = DEFAULT_ALIAS,
    ) -> str:
        """Issue an access token for the site's API; with `sub=None` it is a machine's.

        It is a JWT, or a token that the site asks about, as API_TOKENS has it. `claims` replace
        those that the token always has, and a None takes one away.
        """
        api = conf.get_app(app).api
        if not api.audience:
            raise LookupError(f"GENAUTH[{app!r}] has no API_AUDIENCE, and accepts no token.")
        provider = self._provider(app)
        return provider.bearer_token(api, sub=sub, scopes=scopes, claims=claims or {})

    def person_declines(self) -> None:
        """Have people say no at the sign-in page (`access_denied`)."""
        self._faults.person_declines = True

    def goes_down(self) -> None:
        """Refuse every request of the site. What it fetched before it still knows, as it would."""
        self._faults.silence = "refusing"

    def hangs(self) -> None:
        """Answer no request of the site; nobody has to wait for the time-out."""
        self._faults.silence = "hanging"

    def issues_expired_id_tokens(self) -> None:
        """Have ID tokens say that their time is over."""
        self._faults.expire_id_tokens()

    def issues_id_tokens_of_another_login(self) -> None:
        """Have ID tokens name a nonce that this login did not send."""
        self._faults.id_token["nonce"] = "of-another-login"

    def issues_expired_bearer_tokens(self) -> None:
        """Have tokens for the site's API say that their time is over."""
        self._faults.bearer_token["exp"] = 0

    def issues_bearer_tokens_of_another_api(self) -> None:
        """Have tokens for the site's API name another audience."""
        self._faults.bearer_token["aud"] = "https://another-api.invalid"

    def issues_access_tokens_that_run_out(self) -> None:
        """Issue access tokens that are good for no second, by a code or by a refresh token."""
        self._faults.access_token_ttl = 0

    def rotates_keys(self) -> None:
        """Sign with new keys from now on, and publish the old ones no longer.

        A site has to find the new ones by itself. HS256 and its like sign with the app's secret,
        which stays.
        """
        for provider in self._providers.values():
            provider.rotate_key(keep_old=False)

    def ends_all_grants(self) -> None:
        """End what people allowed: their tokens are no longer good, refresh tokens neither."""
        for provider in self._providers.values():
            provider.grants.end_all()

    def recovers(self) -> None:
        """Let nothing go wrong any more. Keys that are rotated and grants that are over stay so."""
        self._faults.recover()

    def _extras(self, alias: str) -> dict[str, Any]:
        # Without Django's cache: what is published here is not for the processes that share it.
        # The time is asked for by name, so that a test that holds or shifts it is heeded.
        return {"send": partial(self._send, alias), "clock": lambda: time.time()}

    def _send(self, alias: str, request: HttpRequest) -> HttpResponse:
        if FakeGenAuth.active is not self:
            raise RuntimeError(
                "A client that was made in a test is used after it. Call get_client() where the"
                " client is needed, and keep none."
            )
        return self._provider(alias).send(request)

    def _provider(self, alias: str) -> AppProvider:
        client = conf.get_client(alias)
        with self._lock:
            known = self._providers.get(alias)
            if known is None or known.client is not client:
                self._providers[alias] = AppProvider(client, self._faults, self.machines, known)
            return self._providers[alias]


def _said_of(sub: str, claims: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the claims of a person, with an address where the site names its users by address."""
    model = get_user_model()
    if not isinstance(model._meta.get_field(model.USERNAME_FIELD), models.EmailField):
        return claims or {}
    mailbox = re.sub(r"[^A-Za-z0-9]+", "-", sub).strip("-")
    return {"email": f"{mailbox}@example.org", "email_verified": True, **(claims or {})}
