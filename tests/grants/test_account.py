"""The account of refresh tokens: none that lives at the provider is forgotten here.

Each story is told at a provider whose tokens live independently, and at one whose tokens share a
session, as those of two logins in one browser do at oidc-provider.
"""

import pytest
from django.contrib.auth import get_user_model, user_logged_in
from django.core.exceptions import PermissionDenied
from django.core.management import call_command

from django_genauth import conf, grants
from django_genauth.models import Grant, LoginSession
from django_genauth.protocol.errors import GenAuthError
from django_genauth.times import from_timestamp
from tests.support.provider.faults import short_body
from tests.support.signed_in import send
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)


class World:
    """A person with two browsers, the site, and the provider."""

    def __init__(self, provider, *, shared):
        self.provider = provider
        self._shared = shared
        self.browsers = {name: Visitor(provider) for name in ("A", "B")}
        self._of_browser = {}

    def log_in(self, name, *, sid=None):
        known = set(self.issued())
        self.browsers[name].sign_in(sub="ada", claims={"sid": sid or name})
        for token in set(self.issued()) - known:
            session = self._of_browser.setdefault(name, self.token(token).grant)
            self.token(token).grant = session if self._shared else self.token(token).grant

    def log_in_refused(self, name):
        user_logged_in.connect(refuse)
        try:
            self.log_in(name)
        finally:
            user_logged_in.disconnect(refuse)

    def sign_out(self, name):
        self.browsers[name].client.post("/genauth/logout/")
        self._of_browser.pop(name, None)

    def rotate(self, name):
        Grant.objects.filter(state="active").update(expires_at=from_timestamp(1_500_000_000))
        grant = LoginSession.objects.get(sid=name).grant
        try:
            grants.get_access_token(grant.identity.user)
        except GenAuthError:
            Grant.objects.update(retry_at=None)

    def go_down_and_sign_out_during_a_rotation(self, name):
        """Sign out when the provider has rotated the token, and nothing of it is stored yet."""
        client = conf.get_client()
        refresh = client.refresh

        def refresh_and_sign_out(refresh_token, **key):
            client.refresh = refresh
            answer = refresh(refresh_token, **key)
            self.go_down(name)
            self.sign_out(name)
            return answer

        client.refresh = refresh_and_sign_out
        self.rotate(name)

    def lose_an_answer(self, name):
        self.provider.lie("token", fault=short_body, times=1)
        self.rotate(name)

    def end_session_at_provider(self, name):
        # OIDC Back-Channel Logout 1.0, 2.7: with it go the tokens that are not for offline use.
        for token in self.issued():
            if self.token(token).grant.claims.get("sid") == name:
                self.token(token).grant.alive = False
        send(self.provider.logout_token(sid=name))

    def delete_user(self, name):
        get_user_model().objects.all().delete()

    def purge(self, name):
        call_command("genauth_purge", "--days", "0", verbosity=0)

    def revoke_pending(self, name):
        # By one worker, as SQLite's database in memory takes one writer.
        call_command("genauth_revoke", "--all", "--pending", "--workers", "1", verbosity=0)

    def go_down(self, name):
        # Not a lie of the endpoint, which revokes first and then says that it could not.
        self.provider.stop()

    def come_back(self, name):
        self.provider.start()

    def token(self, text):
        return self.provider.grants.find_token(text)

    def issued(self):
        return [
            text
            for text, token in self.provider.grants._tokens.items()
            if token.use == "refresh_token"
        ]

    def alive(self):
        return {text for text in self.issued() if self.token(text).active}

    def known(self):
        """Return the tokens that can be used here, or are queued to be revoked."""
        held = Grant.objects.exclude(state="ended")
        return {grant.token_set["refresh_token"] for grant in held}


def refuse(**_):
    raise PermissionDenied


def run(world, story):
    for step in story.split(", "):
        deed, browser = step.split()
        getattr(world, deed)(browser)


@pytest.fixture(params=[False, True], ids=["independent tokens", "tokens that share a session"])
def world(request, provider, app, threads):
    app["SCOPE"] = "openid offline_access"
    app["REVOKE_ON_LOGOUT"] = True
    app["LOGOUT"] = "local"
    app["TIMEOUT"] = 2
    return World(provider, shared=request.param)


STORIES = {
    "a login": "log_in A",
    "a second device": "log_in A, log_in B",
    "a login again in the same browser": "log_in A, log_in A",
    "a third one": "log_in A, log_in A, log_in A",
    "a rotation": "log_in A, rotate A",
    "a rotation after a login again": "log_in A, log_in A, rotate A",
    "a lost answer, and the next try": "log_in A, lose_an_answer A, rotate A",
    "a login that the site refuses": "log_in_refused A",
    "a login on a second device that the site refuses": "log_in A, log_in_refused B",
    "signing out": "log_in A, sign_out A",
    "signing out one of two devices": "log_in A, log_in B, sign_out A",
    "signing out after a login again": "log_in A, log_in A, log_in B, sign_out A",
    "signing out while nobody answers": "log_in A, log_in A, go_down A, sign_out A",
    "signing out during a rotation while nobody answers": (
        "log_in A, go_down_and_sign_out_during_a_rotation A"
    ),
    "purging": "log_in A, log_in A, log_in B, purge A",
    "purging after a sign-out": "log_in A, log_in B, go_down A, sign_out A, purge A",
    "a back-channel logout": "log_in A, log_in B, end_session_at_provider A",
    "a back-channel logout after a login again": "log_in A, log_in A, end_session_at_provider A",
    "a deletion": "log_in A, log_in A, log_in B, delete_user A",
    "a deletion while nobody answers": "log_in A, log_in B, go_down A, delete_user A",
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_each_refresh_token_that_lives_can_be_used_or_is_to_be_revoked(world, story):
    run(world, story)

    assert world.alive() <= world.known()


QUEUED = [
    pytest.param("log_in A, log_in A, go_down A, sign_out A, come_back A", id="a sign-out"),
    pytest.param("log_in A, log_in B, go_down A, delete_user A, come_back A", id="a deletion"),
    pytest.param(
        "log_in A, go_down_and_sign_out_during_a_rotation A, come_back A",
        id="a sign-out during a rotation",
    ),
    pytest.param("log_in_refused A", id="a login that the site refuses"),
]


@pytest.mark.parametrize("story", QUEUED)
def test_what_is_queued_is_revoked_later(world, story):
    run(world, story)

    world.revoke_pending("A")

    assert world.alive() == set()


def test_signing_out_one_device_leaves_the_other_one_its_token(world):
    world.log_in("A")
    world.log_in("B")

    world.sign_out("A")

    (left,) = world.alive()
    assert LoginSession.objects.get(sid="B").grant.token_set["refresh_token"] == left


def test_a_login_again_leaves_the_newer_token_usable(world):
    world.log_in("A")
    world.log_in("A")

    world.rotate("A")

    newest = LoginSession.objects.get(sid="A").grant
    assert newest.state == "active"
    assert world.token(newest.token_set["refresh_token"]).active


def test_signing_out_revokes_what_a_login_again_had_replaced(world):
    world.log_in("A")
    world.log_in("A")
    world.log_in("A")

    world.sign_out("A")

    assert world.alive() == set()


def test_a_back_channel_logout_queues_what_a_login_again_had_replaced(world):
    # The tokens are not for offline use, and the older one came of an older session.
    world.provider.lie("token", edit=lambda answer: {**answer, "scope": "openid"})
    world.log_in("A", sid="older")
    world.log_in("A")

    world.end_session_at_provider("A")

    assert set(Grant.objects.values_list("state", flat=True)) == {"revoking", "ended"}


def test_a_queued_token_waits_for_a_newer_one_that_may_share_its_session(world):
    run(world, "log_in A, go_down A, sign_out A, come_back A, log_in A")

    world.revoke_pending("A")

    newest = LoginSession.objects.get(sid="A").grant
    assert world.token(newest.token_set["refresh_token"]).active


def test_a_queued_token_of_another_device_does_not_wait(world):
    run(world, "log_in A, log_in B, go_down A, sign_out A, come_back A")

    world.revoke_pending("A")

    (left,) = world.alive()
    assert LoginSession.objects.get(sid="B").grant.token_set["refresh_token"] == left
