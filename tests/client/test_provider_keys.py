"""The provider's keys: fetched once, again after a rotation, and not for every forged token."""

import time
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex

import pytest
from django.core.cache import cache

from django_genauth.client.document_cache import FRESH, USABLE
from django_genauth.protocol.errors import ProviderError
from tests.support.bearers import AUDIENCE, a_token
from tests.support.clients import a_client, id_token_of, sign_in, tokens_of
from tests.support.documents import Clock
from tests.support.provider import faults
from tests.support.provider.keys import signing_key
from tests.support.provider.scripted import ScriptedProvider


def outcome(client, provider):
    """Return the code of the refusal, or who signed in."""
    try:
        return sign_in(client, provider).subject
    except ProviderError as error:
        return error.code


@pytest.fixture
def client(provider):
    return a_client(provider)


@pytest.fixture
def elsewhere():
    with ScriptedProvider() as running:
        yield running


def fetches(provider):
    return len(provider.requests_to("jwks"))


def test_one_fetch_serves_many_logins(client, provider):
    sign_in(client, provider)

    sign_in(client, provider)

    assert fetches(provider) == 1


@pytest.mark.parametrize("keep_old", [True, False])
def test_a_key_that_is_rotated_between_two_logins_is_found(client, provider, keep_old):
    sign_in(client, provider)
    provider.rotate_key(keep_old=keep_old)

    assert sign_in(client, provider).subject == "user-1"
    assert fetches(provider) == 2


def test_three_rotations_in_a_row_are_followed(client, provider):
    sign_in(client, provider)
    provider.rotate_key()
    sign_in(client, provider)
    provider.rotate_key()

    assert sign_in(client, provider).subject == "user-1"


def test_a_token_of_the_old_key_is_good_while_that_is_published(client, provider):
    tokens = tokens_of(client, provider)
    provider.rotate_key(keep_old=True)

    assert id_token_of(client, tokens).subject == "user-1"


def test_a_token_of_a_key_that_was_withdrawn_is_refused(client, provider):
    tokens = tokens_of(client, provider)
    provider.rotate_key(keep_old=False)

    with pytest.raises(ProviderError) as caught:
        id_token_of(client, tokens)

    assert caught.value.code == "id_token.key_unknown"


def test_one_key_that_fits_needs_no_kid(client, provider):
    provider.forge("id_token", header_edit=lambda header: {"alg": "RS256"})

    assert sign_in(client, provider).subject == "user-1"


def test_of_several_keys_none_is_guessed(client, provider):
    provider.rotate_key(keep_old=True)
    provider.forge("id_token", header_edit=lambda header: {"alg": "RS256"})

    with pytest.raises(ProviderError) as caught:
        sign_in(client, provider)

    assert caught.value.code == "jwks.ambiguous"


def test_keys_that_nobody_knows_do_no_harm(client, provider):
    odd = [{"kty": "LATTICE"}, 5, {"kty": "RSA"}, signing_key("ES256").public_jwk]
    provider.lie("jwks", edit=lambda it: {"keys": odd + it["keys"]})

    assert sign_in(client, provider).subject == "user-1"


def test_a_flood_of_unknown_key_ids_is_two_fetches(client, provider):
    provider.forge("id_token", header_edit=lambda header: header | {"kid": token_hex(16)})

    outcomes = [outcome(client, provider) for _ in range(20)]

    assert outcomes == ["id_token.key_unknown"] * 20
    assert fetches(provider) == 2


def test_a_flood_from_many_threads_is_two_fetches(client, provider):
    provider.forge("id_token", header_edit=lambda header: header | {"kid": "nobody's"})

    with ThreadPoolExecutor(10) as threads:
        outcomes = list(threads.map(outcome, [client] * 30, [provider] * 30))

    assert outcomes == ["id_token.key_unknown"] * 30
    assert fetches(provider) == 2


def test_a_flood_does_not_keep_people_out(client, provider):
    sign_in(client, provider)
    provider.forge("id_token", header_edit=lambda header: header | {"kid": "nobody's"})
    outcome(client, provider)
    provider.tell_the_truth()

    assert sign_in(client, provider).subject == "user-1"


def test_twenty_logins_at_a_cold_start_are_one_discovery_and_one_fetch(client, provider):
    with ThreadPoolExecutor(20) as threads:
        outcomes = list(threads.map(outcome, [client] * 20, [provider] * 20))

    assert outcomes == ["user-1"] * 20
    assert (len(provider.requests_to("discovery")), fetches(provider)) == (1, 1)


def test_eight_tokens_at_a_cold_start_wait_for_documents_of_a_slow_provider(client, provider):
    provider.lie("discovery", delay=1.1)
    provider.lie("jwks", delay=1.1)
    token = a_token(provider)

    def subject_of(_):
        return client.validate_token(access_token=token, audience=AUDIENCE)["sub"]

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(subject_of, range(8)))

    assert outcomes == ["user-1"] * 8
    assert (len(provider.requests_to("discovery")), fetches(provider)) == (1, 1)


def test_the_configuration_is_not_fetched_for_keys_that_another_process_has_fetched(provider):
    provider.alg = "RS256"
    shared = {"shared_cache": cache}
    first = a_client(provider, **shared)
    token = a_token(provider)
    first.validate_token(access_token=token, audience=AUDIENCE)
    cache.delete(first.provider._cache_key("configuration"))

    a_client(provider, **shared).validate_token(access_token=token, audience=AUDIENCE)

    assert len(provider.requests_to("discovery")) == 1


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        pytest.param({"status": 404}, "jwks.status_404", id="404"),
        pytest.param({"status": 301}, "jwks.status_301", id="redirect"),
        pytest.param({"status": 500}, "provider_unavailable.status_500", id="500"),
        pytest.param({"body": b"<html>"}, "jwks.json", id="html"),
        pytest.param({"edit": lambda it: {"keys": "none"}}, "jwks.keys", id="no-list"),
        pytest.param({"edit": lambda it: {"keys": []}}, "id_token.key_unknown", id="no-key"),
        pytest.param({"fault": faults.reset}, "provider_unavailable.connection", id="reset"),
        pytest.param({"fault": faults.hang}, "provider_unavailable.timeout", id="hang"),
    ],
)
def test_keys_that_cannot_be_had_end_the_login(provider, lie, code):
    provider.lie("jwks", **lie)

    assert outcome(a_client(provider, timeout=0.4), provider) == code


@pytest.mark.parametrize("endpoint", ["jwks", "discovery"])
def test_while_the_provider_does_not_publish_what_is_known_serves(provider, endpoint):
    clock = Clock()
    clock.now = time.time()
    client = a_client(provider, clock=clock, leeway=USABLE)
    sign_in(client, provider)
    provider.lie(endpoint, status=503)
    clock.advance(FRESH)

    outcomes = [outcome(client, provider), outcome(client, provider)]

    assert outcomes == ["user-1", "user-1"]
    assert len(provider.requests_to(endpoint)) == 2


def test_where_a_secret_signs_an_access_tokens_key_is_found_all_the_same():
    with ScriptedProvider(alg="HS256") as provider:
        client = a_client(provider)
        tokens = tokens_of(client, provider, sub="ada")

        claims = client.validate_token(access_token=tokens.access_token)

    assert claims["sub"] == "ada"
    assert fetches(provider) == 1


def test_providers_do_not_disturb_each_other_in_a_shared_cache(provider, elsewhere):
    for_both = [provider, elsewhere, provider, elsewhere]

    subjects = [sign_in(a_client(each, shared_cache=cache), each).subject for each in for_both]

    assert subjects == ["user-1"] * 4
    assert (fetches(provider), fetches(elsewhere)) == (1, 1)
    assert len(provider.requests_to("discovery")) == 1


def test_keys_of_an_address_set_by_hand_are_not_those_of_the_other_address(provider, elsewhere):
    elsewhere.rotate_key(keep_old=False)
    sign_in(a_client(provider, shared_cache=cache), provider)
    endpoints = {"jwks_uri": f"{elsewhere.issuer}/.well-known/jwks.json"}

    refused = outcome(a_client(provider, shared_cache=cache, endpoints=endpoints), provider)

    assert refused == "id_token.key_unknown"


def test_two_clients_share_what_one_of_them_fetched(provider):
    sign_in(a_client(provider, shared_cache=cache), provider)

    sign_in(a_client(provider, shared_cache=cache), provider)

    assert (len(provider.requests_to("discovery")), fetches(provider)) == (1, 1)
