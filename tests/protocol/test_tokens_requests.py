"""The token requests, and what a token set shows once it is put together."""

import dataclasses

import pytest

from django_genauth.protocol.client_auth import ClientCredentials
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.protocol.tokens import (
    TokenSet,
    client_credentials_request,
    code_request,
    refresh_request,
)

CREDENTIALS = ClientCredentials(client_id="us", client_secret="s e", method="client_secret_post")


def request_of(*, code_verifier, **further):
    return code_request(
        "https://server.example.com/token",
        CREDENTIALS,
        "SplxlOBeZQQYbYS6WxSbIA",
        redirect_uri="https://client.example.com/cb",
        code_verifier=code_verifier,
        **further,
    )


def test_a_code_is_exchanged_with_its_verifier():
    request = request_of(code_verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")

    assert request.method == "POST"
    assert request.url == "https://server.example.com/token"
    assert request.body == (
        b"client_id=us&client_secret=s+e&grant_type=authorization_code"
        b"&code=SplxlOBeZQQYbYS6WxSbIA&redirect_uri=https%3A%2F%2Fclient.example.com%2Fcb"
        b"&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    )


def test_a_code_is_exchanged_without_a_verifier_where_there_is_none():
    assert b"code_verifier" not in request_of(code_verifier=None).body


def test_a_code_is_exchanged_with_further_parameters():
    request = request_of(code_verifier=None, extra={"resource": "https://a.example/"})

    assert request.body.endswith(b"%2Fcb&resource=https%3A%2F%2Fa.example%2F")


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param({"client_id": "x"}, id="client_id"),
        pytest.param({"client_secret": "x"}, id="client_secret"),
        pytest.param({"grant_type": "x"}, id="grant_type"),
        pytest.param({"code": "x"}, id="code"),
        pytest.param({"redirect_uri": "x"}, id="redirect_uri"),
        pytest.param({"code_verifier": "x"}, id="code_verifier"),
        pytest.param({"resource": "x", "code": "x"}, id="among others"),
        pytest.param({"resource": 5}, id="a number"),
        pytest.param({"resource": ["x"]}, id="a list"),
        pytest.param({"resource": None}, id="null"),
    ],
)
def test_a_further_parameter_that_stands_already_or_is_no_text_is_refused(extra):
    with pytest.raises(ConfigurationError) as refused:
        request_of(code_verifier=None, extra=extra)

    assert refused.value.code == "configuration.token_endpoint_parameters"


def test_a_refresh_token_is_exchanged():
    request = refresh_request("https://server.example.com/token", CREDENTIALS, "8xLOxBtZp8")

    assert (request.method, request.url) == ("POST", "https://server.example.com/token")
    assert request.body == (
        b"client_id=us&client_secret=s+e&grant_type=refresh_token&refresh_token=8xLOxBtZp8"
    )


def test_a_machine_asks_for_itself():
    request = client_credentials_request("https://server.example.com/token", CREDENTIALS, "a b")

    assert (request.method, request.url) == ("POST", "https://server.example.com/token")
    assert request.body == (
        b"client_id=us&client_secret=s+e&grant_type=client_credentials&scope=a+b"
    )


def test_a_machine_that_asks_for_no_scope_sends_none():
    """Keycloak 26.7.3 answers an empty one with invalid_scope."""
    request = client_credentials_request("https://server.example.com/token", CREDENTIALS, "")

    assert request.body == b"client_id=us&client_secret=s+e&grant_type=client_credentials"


def test_a_token_set_tells_the_claims_that_were_verified():
    token_set = TokenSet(access_token="a", token_type="Bearer", id_token_payload={"sub": "x"})

    assert token_set.claims() == {"sub": "x"}


def test_a_token_set_shows_neither_claims_nor_code_nor_state():
    token_set = TokenSet(
        access_token="a",
        token_type="Bearer",
        id_token_payload={"sub": "hidden-away"},
        code="hidden-away",
        state="hidden-away",
    )

    assert "hidden-away" not in repr(token_set)


def test_a_token_set_does_not_change():
    token_set = TokenSet(access_token="a", token_type="Bearer")

    with pytest.raises(dataclasses.FrozenInstanceError):
        token_set.access_token = "another"
