"""What becomes of tokens at the provider: refreshed, asked about, revoked, and a machine's own."""

import pytest

from django_genauth.protocol.errors import GenAuthError, OAuthError, ProviderError
from tests.support.clients import a_client, authorize_url, tokens_of
from tests.support.provider import faults
from tests.support.provider.scripted import ScriptedProvider

OFFLINE = "openid offline_access"


@pytest.fixture
def client(provider):
    return a_client(provider, scope=OFFLINE)


@pytest.fixture
def tokens(client, provider):
    return tokens_of(client, provider, sub="ada")


def test_a_refresh_token_gives_fresh_tokens(client, provider, tokens):
    fresh = client.refresh(tokens.refresh_token)

    assert fresh.access_token != tokens.access_token
    assert client.userinfo_claims(fresh.access_token)["sub"] == "ada"


@pytest.mark.parametrize(
    ("rotation", "expected"),
    [
        pytest.param("omit", lambda used: None, id="omitted"),
        pytest.param("keep", lambda used: used, id="the-same"),
    ],
)
def test_a_refresh_answer_need_not_hold_a_new_refresh_token(
    client, provider, tokens, rotation, expected
):
    provider.refresh_tokens = rotation

    assert client.refresh(tokens.refresh_token).refresh_token == expected(tokens.refresh_token)


def test_a_refresh_token_that_was_used_before_ends_the_grant(client, tokens):
    fresh = client.refresh(tokens.refresh_token)

    with pytest.raises(OAuthError) as caught:
        client.refresh(tokens.refresh_token)

    assert caught.value.code == "oauth.invalid_grant"
    assert client.introspect(fresh.access_token) == {"active": False}


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_the_state_of_a_token_is_told(client, tokens, kind):
    state = client.introspect(getattr(tokens, kind))

    assert (state["active"], state["sub"]) == (True, "ada")


def test_a_token_that_nobody_issued_is_inactive(client):
    assert client.introspect("made-up") == {"active": False}


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        pytest.param({"body": b"{}"}, "introspection.active", id="silent"),
        pytest.param({"body": b'{"active": "true"}'}, "introspection.active", id="text"),
        pytest.param({"status": 302}, "introspection.status_302", id="redirect"),
        pytest.param({"status": 503}, "provider_unavailable.status_503", id="503"),
        pytest.param({"body": b"<html>"}, "introspection.json", id="html"),
        pytest.param({"fault": faults.hang}, "provider_unavailable.timeout", id="hang"),
    ],
)
def test_a_state_that_is_not_told_is_an_error(provider, lie, code):
    provider.lie("introspection", **lie)

    with pytest.raises(ProviderError) as caught:
        a_client(provider, timeout=0.4).introspect("the-token")

    assert caught.value.code == code


def test_a_token_that_was_revoked_is_inactive(client, tokens):
    client.revoke(tokens.access_token)

    assert client.introspect(tokens.access_token) == {"active": False}


def test_with_the_refresh_token_the_whole_grant_is_revoked(client, tokens):
    client.revoke(tokens.refresh_token)

    assert client.introspect(tokens.access_token) == {"active": False}


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param({"status": 503}, id="503"),
        pytest.param({"status": 302}, id="redirect"),
        pytest.param({"status": 401}, id="401"),
        pytest.param({"fault": faults.reset}, id="reset"),
        pytest.param({"fault": faults.hang}, id="hang"),
    ],
)
def test_a_revocation_that_may_have_failed_is_an_error(provider, lie):
    provider.lie("revocation", **lie)

    with pytest.raises(ProviderError):
        a_client(provider, timeout=0.4).revoke("the-token")


@pytest.mark.parametrize("endpoint", ["introspection", "revocation"])
def test_each_endpoint_has_its_own_way_to_prove_who_asks(provider, endpoint):
    provider.auth_methods[endpoint] = "client_secret_basic"
    client = a_client(provider, **{f"{endpoint}_endpoint_auth_method": "client_secret_basic"})
    ask = client.introspect if endpoint == "introspection" else client.revoke

    ask("the-token")

    assert [request.form for request in provider.requests_to(endpoint)] == [{"token": "the-token"}]


def test_a_public_client_asks_without_a_secret():
    with ScriptedProvider(client_secret=None) as provider:
        client = a_client(provider)

        client.revoke(tokens_of(client, provider).access_token)

    assert provider.requests_to("revocation")[0].form.keys() == {"client_id", "token"}


@pytest.mark.parametrize("protocol", ["oidc", "oauth"])
def test_a_machine_shows_its_own_key(protocol):
    with ScriptedProvider(protocol=protocol) as provider:
        provider.machines["the-access-key"] = "the-secret-key"

        tokens = a_client(provider, protocol=protocol).client_credentials(
            "read write", access_key="the-access-key", secret_key="the-secret-key"
        )

    assert (tokens.scope, tokens.id_token) == ("read write", None)


def test_the_app_is_no_machine(provider):
    with pytest.raises(OAuthError) as caught:
        a_client(provider).client_credentials(
            "read", access_key=provider.client_id, secret_key=provider.client_secret
        )

    assert caught.value.code == "oauth.unauthorized_client"


def test_over_oauth_tokens_come_without_an_id_token():
    with ScriptedProvider(protocol="oauth") as provider:
        client = a_client(provider, protocol="oauth")

        tokens = tokens_of(client, provider, sub="ada")

        assert tokens.id_token is None
        assert client.userinfo_claims(tokens.access_token)["sub"] == "ada"


def test_over_oauth_the_paths_are_genauths_without_asking():
    with ScriptedProvider(protocol="oauth") as provider:
        url = authorize_url(a_client(provider, protocol="oauth"))

    assert url.startswith(f"{provider.base_url}/oauth/auth?")
    assert provider.requests == []


@pytest.mark.parametrize("name", ["introspection_endpoint", "revocation_endpoint"])
def test_an_endpoint_that_the_provider_does_not_announce_is_a_matter_of_configuration(
    provider, name
):
    provider.lie("discovery", edit=lambda it: it | {name: None})
    client = a_client(provider)

    with pytest.raises(GenAuthError) as caught:
        client.endpoint(name)

    assert caught.value.code == "configuration.endpoint"
