"""Keys that are replaced under the same kid, or without one, are found after a wrong signature."""

import time

import pytest
from django.core.cache import cache

from django_genauth.client.document_cache import RETRY
from django_genauth.protocol.errors import ProviderError
from tests.support.clients import a_client, id_token_of, sign_in, tokens_of
from tests.support.documents import Clock, ClockedCache
from tests.support.provider.keys import signing_key


def replace_key(provider):
    """Publish another key under the kid of the one before, as Casdoor does."""
    kid = provider.keys[-1].kid
    provider.rotate_key(keep_old=False)
    provider.lie("jwks", edit=lambda it: {"keys": [each | {"kid": kid} for each in it["keys"]]})
    for token in ("id_token", "logout_token", "access_token", "userinfo"):
        provider.forge(token, header_edit=lambda header: header | {"kid": kid})


def refuse(client, token, *, times):
    for _ in range(times):
        with pytest.raises(ProviderError):
            client.verify_id_token(token)


def fetches(provider):
    return len(provider.requests_to("jwks"))


@pytest.fixture
def client(provider):
    return a_client(provider)


def test_a_key_that_casdoor_replaces_under_its_kid_is_found(client, provider):
    sign_in(client, provider)
    replace_key(provider)

    assert sign_in(client, provider).subject == "user-1"
    assert fetches(provider) == 2


def test_a_key_without_a_kid_that_is_replaced_is_found(client, provider):
    provider.forge("id_token", header_edit=lambda header: {"alg": "RS256"})
    sign_in(client, provider)
    provider.rotate_key(keep_old=False)

    assert sign_in(client, provider).subject == "user-1"


def test_a_process_that_begins_with_the_shared_keys_of_before_finds_it_too(provider):
    clock = Clock()
    clock.now = time.time()
    shared = ClockedCache(clock)
    sign_in(a_client(provider, shared_cache=shared, clock=clock), provider)
    replace_key(provider)
    clock.advance(1)

    restarted = a_client(provider, shared_cache=shared, clock=clock)

    assert sign_in(restarted, provider).subject == "user-1"


def test_keys_that_another_process_has_fetched_meanwhile_are_used(provider):
    first, second = (a_client(provider, shared_cache=cache) for _ in range(2))
    sign_in(first, provider)
    sign_in(second, provider)
    replace_key(provider)
    sign_in(first, provider)

    assert sign_in(second, provider).subject == "user-1"
    assert fetches(provider) == 2


def test_the_keys_that_were_fetched_for_this_token_are_not_fetched_again(client, provider):
    provider.forge("id_token", sign_with="nobody")

    with pytest.raises(ProviderError) as caught:
        sign_in(client, provider)

    assert caught.value.code == "id_token.signature"
    assert fetches(provider) == 1


def test_a_flood_of_wrong_signatures_is_one_fetch_in_the_pause(provider):
    client = a_client(provider, clock=(clock := Clock()), leeway=10**9)
    tokens = tokens_of(client, provider)
    id_token_of(client, tokens)
    forged = tokens.id_token[:-8] + "AAAAAAAA"
    refuse(client, forged, times=20)
    within = fetches(provider)

    clock.advance(RETRY + 1)
    refuse(client, forged, times=1)

    assert (within, fetches(provider)) == (2, 3)


def test_keys_that_cannot_be_fetched_are_a_provider_that_is_out_of_order(client, provider):
    sign_in(client, provider)
    tokens = tokens_of(client, provider)
    provider.lie("jwks", status=503)

    with pytest.raises(ProviderError) as caught:
        client.verify_id_token(tokens.id_token[:-8] + "AAAAAAAA")

    assert caught.value.code == "provider_unavailable.status_503"


def test_a_logout_token_by_the_new_key_is_verified(client, provider):
    sign_in(client, provider)
    replace_key(provider)

    logout_token = client.verify_logout_token(provider.logout_token(sid="one"))

    assert logout_token.session_id == "one"


def test_an_access_token_by_the_new_key_is_verified(client, provider):
    sign_in(client, provider)
    replace_key(provider)
    tokens = tokens_of(client, provider, sub="ada")

    assert client.validate_token(access_token=tokens.access_token)["sub"] == "ada"


def test_userinfo_by_the_new_key_is_verified(client, provider):
    sign_in(client, provider)
    provider.userinfo_signed = True
    replace_key(provider)
    tokens = tokens_of(client, provider, sub="ada")

    assert client.userinfo_claims(tokens.access_token)["sub"] == "ada"


def test_a_wrong_secret_has_no_keys_fetched(provider):
    client = a_client(provider, id_token_signed_response_alg="HS256")
    token = provider.sign("id_token", {"sub": "a"}, signing_key("HS256"))

    with pytest.raises(ProviderError) as caught:
        client.verify_id_token(token)

    assert caught.value.code == "id_token.signature"
    assert fetches(provider) == 0
