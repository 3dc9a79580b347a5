"""getAccessTokenByCode and exchangeAuthorizationCodeWithPkce: a code becomes tokens."""

import pytest

from tests.client.sdk.material import CALLBACK, code_from, online
from tests.support.provider.scripted import ScriptedProvider


def test_a_code_is_exchanged(either):
    client = online(either)
    code, verifier, _ = code_from(either, client)

    tokens = client.get_access_token_by_code(code, code_verifier=verifier)

    assert (tokens.access_token != "", tokens.token_type, tokens.code) == (True, "Bearer", code)
    assert (tokens.claims() is None) == (either.protocol == "oauth")


@pytest.mark.parametrize(
    ("method", "form", "header"),
    [
        pytest.param(
            "client_secret_post",
            ["client_id", "client_secret", "grant_type", "code", "redirect_uri", "code_verifier"],
            False,
            id="post",
        ),
        pytest.param(
            "client_secret_basic",
            ["grant_type", "code", "redirect_uri", "code_verifier"],
            True,
            id="basic",
        ),
    ],
)
def test_the_token_request_is_that_of_genauths_library(provider, method, form, header):
    provider.auth_methods["token"] = method
    client = online(provider, token_endpoint_auth_method=method)
    code, verifier, _ = code_from(provider, client)

    client.get_access_token_by_code(code, code_verifier=verifier)

    (request,) = provider.requests_to("token")
    assert [name for name, _ in request.pairs] == form
    assert ("Authorization" in request.headers) == header


def test_a_public_client_names_itself_alone():
    with ScriptedProvider(client_secret=None) as provider:
        client = online(provider)
        code, verifier, _ = code_from(provider, client)

        tokens = client.exchange_authorization_code_with_pkce(
            code=code, redirect_uri=CALLBACK, code_verifier=verifier
        )

    (request,) = provider.requests_to("token")
    assert [name for name, _ in request.pairs][:2] == ["client_id", "grant_type"]
    assert tokens.id_token_payload["sub"] == "user-1"
