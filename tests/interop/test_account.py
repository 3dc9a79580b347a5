"""The account of refresh tokens at npm's oidc-provider 9 and 6: none that lives is forgotten here.

The provider says which refresh tokens it issued, and by introspection whether each lives. Stories
of the same kind stand in `tests/grants/test_account.py`, at providers of both sorts.
"""

from collections.abc import Iterator

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_genauth import grants
from django_genauth.models import Grant
from django_genauth.protocol.errors import GrantError, ProviderUnavailable
from tests.support.provider.browser_forms import Browser
from tests.support.provider.node_provider import NodeProvider, client
from tests.support.provider.world import World

pytestmark = pytest.mark.providers

AT_9 = pytest.param(9, id="oidc-provider 9")
AT_6 = pytest.param(6, id="oidc-provider 6")


@pytest.fixture(scope="module", params=[AT_9, AT_6])
def provider(request: pytest.FixtureRequest, live_server: LiveServer) -> Iterator[NodeProvider]:
    """Run a provider that knows the site, and tells it by session id who signs out."""
    metadata = {
        "backchannel_logout_uri": f"{live_server.url}/genauth/backchannel-logout/",
        "backchannel_logout_session_required": True,
    }
    site = client("site", f"{live_server.url}/genauth/callback/", **metadata)
    with NodeProvider(request.param, [site]) as running:
        yield running


@pytest.fixture
def world(provider: NodeProvider, live_server: LiveServer, settings: Settings) -> Iterator[World]:
    """Come with two empty browsers to a site that revokes at a logout."""
    settings.GENAUTH = {
        "default": provider.app("site")
        | {"SCOPE": "openid offline_access", "REVOKE_ON_LOGOUT": True, "LOGOUT": "local"}
    }
    with Browser(live_server.url) as first, Browser(live_server.url) as second:
        yield World(provider, first, second)
    provider.answer_all()


STORIES = {
    "a login": "log_in A",
    "a second device": "log_in A, log_in B",
    "a login again in the same browser": "log_in A, log_in A",
    "a third one": "log_in A, log_in A, log_in A",
    "a login again at a new session of the provider": "log_in A, sign_out_at_provider A, log_in A",
    "a rotation": "log_in A, rotate A, rotate A",
    "a rotation after a login again": "log_in A, log_in A, rotate A",
    "a login again after a rotation": "log_in A, rotate A, log_in A, sign_out A",
    "signing out": "log_in A, sign_out A",
    "signing out one of two devices": "log_in A, log_in B, sign_out A",
    "signing out after a login again": "log_in A, log_in A, log_in B, sign_out A",
    "signing out and in again": "log_in A, sign_out A, log_in A",
    "signing out while the provider is away": (
        "log_in A, log_in A, go_away, sign_out A, come_back, revoke_pending"
    ),
    "a login that the site refuses": "log_in_refused A, revoke_pending",
    "a login on a second device that the site refuses": (
        "log_in A, log_in_refused B, revoke_pending, rotate A"
    ),
    "a back-channel logout": "log_in A, log_in B, sign_out_at_provider A",
    "a back-channel logout after a login again": "log_in A, log_in A, sign_out_at_provider A",
    "a deletion": "log_in A, log_in A, log_in B, delete_user",
    "a deletion after a rotation": "log_in A, log_in B, rotate B, delete_user",
    "a deletion while the provider is away": (
        "log_in A, log_in B, go_away, delete_user, come_back, revoke_pending"
    ),
    "a purge": "log_in A, log_in A, log_in B, purge, revoke_pending",
    "a purge after a sign-out while the provider was away": (
        "log_in A, log_in B, go_away, sign_out A, come_back, purge, revoke_pending"
    ),
    "a purge after a back-channel logout": (
        "log_in A, sign_out_at_provider A, log_in B, purge, revoke_pending"
    ),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_after_each_step_a_token_that_lives_can_be_used_or_is_to_be_revoked(world, story):
    assert world.tell(story) == []


def test_each_login_brings_a_token_that_lives(world):
    world.tell("log_in A, log_in A, log_in B")

    assert len(world.alive()) == 3


def test_after_a_login_again_the_newer_token_can_be_used(world):
    world.tell("log_in A, log_in A, rotate A")

    assert world.token("A") in world.alive()


def test_to_revoke_the_older_of_two_tokens_of_one_browser_ends_the_younger_at_the_provider(world):
    world.log_in("A")
    older = world.grant("A")
    world.tell("log_in A, log_in B")

    grants.revoke(older)

    assert world.alive() == {world.token("B")}


def test_a_rotation_ends_the_token_that_was_used(world):
    world.log_in("A")
    used = world.token("A")

    world.rotate("A")

    assert world.alive() == {world.token("A")} != {used}


def test_signing_out_ends_the_tokens_of_all_logins_in_that_browser_alone(world):
    world.tell("log_in A, log_in A, log_in B, sign_out A")

    assert world.alive() == {world.token("B")}
    assert (world.has_session("A"), world.has_session("B")) == (False, True)


def test_signing_out_ends_a_token_that_came_of_an_older_session_of_the_provider_too(world):
    # Here revoking one of them leaves the other alone.
    world.tell("log_in A, lose_session_at_provider A, log_in A")
    both = world.alive()

    world.sign_out("A")

    assert (len(both), world.alive()) == (2, set())


def test_the_other_device_goes_on_after_a_sign_out(world):
    world.tell("log_in A, log_in B, sign_out A, rotate B")

    assert world.alive() == {world.token("B")}


def test_who_signs_in_again_after_signing_out_has_a_token_that_can_be_used(world):
    world.tell("log_in A, sign_out A, log_in A, rotate A")

    assert world.alive() == {world.token("A")}


def test_a_back_channel_logout_leaves_the_token_for_offline_use(world):
    # OIDC Back-Channel Logout 1.0, 2.7; what oidc-provider does too.
    world.tell("log_in A, log_in B, sign_out_at_provider A, rotate A")

    assert world.alive() == {world.token("A"), world.token("B")}


@pytest.mark.parametrize("provider", [AT_9], indirect=True)
def test_a_back_channel_logout_ends_the_session_of_that_device_alone(world):
    # Version 6 sends logout tokens without exp.
    world.tell("log_in A, log_in B, sign_out_at_provider A")

    assert (world.has_session("A"), world.has_session("B")) == (False, True)


@pytest.mark.parametrize("provider", [AT_9], indirect=True)
def test_a_purge_revokes_what_a_back_channel_logout_left_and_nobody_needs(world):
    world.tell("log_in A, sign_out_at_provider A, log_in B, purge, revoke_pending")

    assert world.alive() == {world.token("B")}


def test_a_purge_leaves_all_tokens_of_a_browser_that_is_signed_in(world):
    world.tell("log_in A, log_in A, log_in B, purge, revoke_pending")

    assert len(world.alive()) == 3


def test_a_deletion_ends_every_token_of_the_person(world):
    world.tell("log_in A, log_in A, rotate A, log_in B, delete_user")

    assert world.alive() == set()


def test_what_a_deletion_could_not_revoke_is_revoked_once_the_provider_is_back(world):
    world.tell("log_in A, log_in A, log_in B, go_away, delete_user, come_back")
    queued = world.alive()

    world.revoke_pending()

    assert (len(queued), world.alive()) == (3, set())


def test_what_a_sign_out_could_not_revoke_is_revoked_once_the_provider_is_back(world):
    world.tell("log_in A, log_in A, log_in B, go_away, sign_out A, come_back")
    queued = world.alive()

    world.revoke_pending()

    assert (len(queued), world.alive()) == (3, {world.token("B")})


def test_a_token_of_a_login_that_the_site_refused_is_revoked_later(world):
    world.log_in_refused("A")
    queued = world.alive()

    world.revoke_pending()

    assert (len(queued), world.alive()) == (1, set())


def test_a_token_whose_answer_was_lost_ends_with_the_next_try(world):
    # The one that was shown twice ends what came of it, OAuth 2.0 Security BCP (RFC 9700) 4.14.2.
    world.log_in("A")
    world.provider.lose_answers()
    with pytest.raises(ProviderUnavailable):
        world.rotate("A")
    world.provider.answer_all()
    Grant.objects.update(retry_at=None)

    with pytest.raises(GrantError):
        world.rotate("A")

    assert (world.alive(), world.grant("A").state) == (set(), "ended")
