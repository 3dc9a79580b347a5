"""What an operator does with the provider's documents: load, fetch and drop them."""

import pytest

from django_genauth.protocol.errors import DiscoveryError, ProviderUnavailable
from tests.support.clients import a_client, sign_in
from tests.support.documents import Clock, ClockedCache


def test_both_documents_are_loaded_ahead_of_a_login(provider):
    client = a_client(provider)

    client.provider.documents.load()

    before = list(provider.asked)
    provider.forget_requests()
    sign_in(client, provider)
    assert (before, provider.asked) == (["discovery", "jwks"], ["token"])


def test_what_is_in_memory_is_not_fetched_again(provider):
    client = a_client(provider)
    client.provider.documents.load()

    client.provider.documents.load()

    assert provider.asked == ["discovery", "jwks"]


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        pytest.param({"id_token_signed_response_alg": "HS256"}, ["discovery"], id="no keys"),
        pytest.param({"discovery": False}, ["jwks"], id="no configuration"),
        pytest.param({"protocol": "oauth"}, [], id="neither"),
    ],
)
def test_what_the_app_does_not_need_is_not_loaded(provider, changes, asked):
    jwks = {"jwks_uri": f"{provider.issuer}/.well-known/jwks.json"}
    client = a_client(provider, endpoints=jwks, **changes)

    client.provider.documents.load()

    assert provider.asked == asked


@pytest.mark.parametrize(
    ("changes", "asked", "is_published"),
    [
        pytest.param({}, ["discovery"], True, id="the configuration"),
        pytest.param({"discovery": False}, ["jwks"], True, id="or the keys"),
        pytest.param({"protocol": "oauth"}, [], False, id="or nothing"),
    ],
)
def test_the_provider_is_asked_whatever_is_in_memory(provider, changes, asked, is_published):
    jwks = {"jwks_uri": f"{provider.issuer}/.well-known/jwks.json"}
    client = a_client(provider, endpoints=jwks, **changes)
    client.provider.documents.load()
    provider.forget_requests()

    found = client.provider.documents.fetch()

    assert (found, provider.asked) == (is_published, asked)


def test_a_provider_that_does_not_answer_leaves_what_is_kept(provider):
    client = a_client(provider)
    client.metadata()
    provider.lie("discovery", status=503)

    with pytest.raises(ProviderUnavailable):
        client.provider.documents.fetch()

    assert client.metadata().issuer == provider.issuer


def test_a_configuration_that_cannot_be_accepted_is_an_error(provider):
    provider.lie("discovery", edit=lambda document: document | {"issuer": "https://evil.example"})

    with pytest.raises(DiscoveryError):
        a_client(provider).provider.documents.fetch()


def test_another_process_fetches_both_anew_after_a_drop(provider):
    clock = Clock()
    shared = ClockedCache(clock)
    first, second = (a_client(provider, shared_cache=shared, clock=clock) for _ in range(2))
    second.provider.documents.load()
    provider.forget_requests()

    first.provider.documents.drop()
    clock.advance(1)
    second.provider.documents.load()

    assert provider.asked == ["discovery", "jwks"]
