"""Key ids of strangers: a flood is a handful of requests, and hides no rotation."""

import pytest

from django_genauth.client import AuthenticationClient
from django_genauth.protocol.errors import AccessTokenError, ProviderUnavailable
from tests.misbehaviour.forgeries import with_members
from tests.support.bearers import AUDIENCE, a_token
from tests.support.documents import Clock, ClockedCache

RETRY = 30


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def client(provider, clock):
    return a_client(provider, clock, ClockedCache(clock))


def a_client(provider, clock, cache):
    return AuthenticationClient(
        app_id=provider.client_id,
        secret=provider.client_secret,
        app_host=provider.base_url,
        id_token_signed_response_alg="RS256",
        allow_insecure_http=True,
        clock=clock,
        shared_cache=cache,
    )


def outcome(client, provider, clock, **changes):
    """Return who came with a token, or the code of the refusal."""
    token = a_token(provider, iat=int(clock()), exp=int(clock()) + 600, **changes)
    try:
        return client.verify_bearer_token(token, audience=(AUDIENCE,), algorithm="RS256")["sub"]
    except (AccessTokenError, ProviderUnavailable) as error:
        return error.code


def strangers(client, provider, clock, kid="junk"):
    provider.forge("access_token", header_edit=with_members(kid=kid))
    said = outcome(client, provider, clock)
    provider.tell_the_truth()
    return said


def test_a_stranger_who_keeps_the_keys_from_being_fetched_turns_no_rotation_into_a_refusal(
    client, provider, clock
):
    outcome(client, provider, clock)
    clock.advance(RETRY)
    strangers(client, provider, clock)
    provider.rotate_key(keep_old=False)
    clock.advance(1)

    at_once = outcome(client, provider, clock)
    clock.advance(RETRY - 1)
    strangers(client, provider, clock)
    later = outcome(client, provider, clock)

    assert at_once == "provider_unavailable.paused"
    assert later == "user-1"


def test_the_time_to_wait_is_told(client, provider, clock):
    strangers(client, provider, clock)
    provider.rotate_key(keep_old=False)
    clock.advance(10)

    with pytest.raises(ProviderUnavailable) as paused:
        client.verify_bearer_token(a_token(provider), audience=(AUDIENCE,), algorithm="RS256")

    assert paused.value.retry_after == RETRY - 10


def test_a_process_that_another_one_keeps_from_asking_waits_as_long(provider, clock):
    cache = ClockedCache(clock)
    first, second = (a_client(provider, clock, cache) for _ in range(2))
    strangers(first, provider, clock)
    provider.rotate_key(keep_old=False)

    with pytest.raises(ProviderUnavailable) as paused:
        second.verify_bearer_token(a_token(provider), audience=(AUDIENCE,), algorithm="RS256")

    assert paused.value.retry_after == RETRY


def test_a_flood_of_key_ids_is_a_handful_of_requests(client, provider, clock):
    outcomes = {strangers(client, provider, clock, kid=f"junk-{number}") for number in range(50)}

    assert outcomes == {"access_token.key_unknown", "provider_unavailable.paused"}
    assert len(provider.requests_to("jwks")) == 2


def test_a_fetch_that_failed_says_nothing_about_a_key(client, provider, clock):
    outcome(client, provider, clock)
    provider.rotate_key(keep_old=False)
    provider.lie("jwks", status=503)

    codes = [outcome(client, provider, clock) for _ in range(3)]

    assert codes[0] == "provider_unavailable.status_503"
    assert set(codes[1:]) == {"provider_unavailable.paused"}


def test_a_rotation_is_followed_at_once_where_nobody_asked_before(client, provider, clock):
    outcome(client, provider, clock)
    provider.rotate_key(keep_old=False)

    assert outcome(client, provider, clock) == "user-1"
