"""introspectToken and revokeToken: an answer that is no answer is an error."""

import pytest

from django_genauth.protocol.errors import ProviderError
from tests.client.sdk.material import online, tokens_from


def test_the_state_of_a_token_is_told(either):
    client = online(either)
    tokens = tokens_from(either, client)

    answer = client.introspect_token(tokens.access_token)

    (request,) = either.requests_to("introspection")
    assert (answer["active"], answer["sub"]) == (True, "user-1")
    assert [name for name, _ in request.pairs] == ["client_id", "client_secret", "token"]


def test_a_token_that_is_none_is_inactive(either):
    assert online(either).introspect_token("no-token") == {"active": False}


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        pytest.param({"edit": lambda a: {}}, "introspection.active", id="no active"),
        pytest.param({"edit": lambda a: {"active": "true"}}, "introspection.active", id="text"),
        pytest.param({"edit": lambda a: {"active": 1}}, "introspection.active", id="one"),
        pytest.param({"body": b"<html>"}, "introspection.json", id="HTML"),
        pytest.param({"status": 500}, "provider_unavailable.status_500", id="500"),
        pytest.param({"status": 401}, "introspection.status_401", id="401"),
    ],
)
def test_an_introspection_that_does_not_say_is_an_error(provider, lie, code):
    provider.lie("introspection", **lie)

    with pytest.raises(ProviderError) as caught:
        online(provider).introspect_token("the-token")

    assert caught.value.code.startswith(code)


def test_a_token_is_revoked(either):
    client = online(either)
    tokens = tokens_from(either, client)

    answer = client.revoke_token(tokens.access_token)

    (request,) = either.requests_to("revocation")
    assert answer is True
    assert client.introspect_token(tokens.access_token) == {"active": False}
    assert [name for name, _ in request.pairs] == ["client_id", "client_secret", "token"]


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        pytest.param({"status": 503}, "provider_unavailable.status_503", id="503"),
        pytest.param({"status": 400}, "revocation.status_400", id="400"),
        pytest.param({"status": 202, "body": b""}, "revocation.status_202", id="202"),
        pytest.param({"body": b'{"code":400,"message":"x"}'}, "oauth.unregistered", id="v2"),
        pytest.param({"body": b'{"error":"invalid_client"}'}, "oauth.invalid_client", id="error"),
        pytest.param({"body": b"{"}, "revocation.json", id="half an object"),
    ],
)
def test_a_revocation_that_may_have_failed_is_an_error(provider, lie, code):
    provider.lie("revocation", **lie)

    with pytest.raises(ProviderError) as caught:
        online(provider).revoke_token("the-token")

    assert caught.value.code == code


@pytest.mark.parametrize("body", [b"", b"OK", b"{}", b'{"revoked": true}'])
def test_what_else_stands_in_a_success_is_not_looked_at(provider, body):
    provider.lie("revocation", status=200, body=body)

    assert online(provider).revoke_token("the-token") is True
