"""The endpoints of one app's provider, over real sockets: a login's, and each way to prove who."""

from dataclasses import replace

import pytest

from django_genauth.protocol.errors import (
    AuthorizationResponseError,
    OAuthError,
    ProviderError,
)
from tests.support.clients import (
    CODE_VERIFIER,
    REDIRECT_URI,
    STATE,
    a_client,
    code_of,
    sign_in,
    tokens_of,
)
from tests.support.provider.keys import secret_key, signing_key
from tests.support.provider.scripted import CLIENT_SECRET, ScriptedProvider

ALGORITHMS = [
    *("HS256", "HS384", "HS512", "RS256", "RS384", "RS512"),
    *("PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"),
]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_person_signs_in(algorithm):
    with ScriptedProvider(alg=algorithm) as provider:
        id_token = sign_in(a_client(provider), provider, sub="ada")

    assert (id_token.subject, id_token.issuer) == ("ada", provider.issuer)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_under_another_algorithm_is_refused(algorithm):
    other = "ES256" if algorithm == "RS256" else "RS256"
    with ScriptedProvider(alg=algorithm) as provider:
        client = a_client(provider, id_token_signed_response_alg=other)

        with pytest.raises(ProviderError) as caught:
            sign_in(client, provider)

    assert caught.value.code == "id_token.alg"


def test_a_slash_at_the_end_of_the_host_does_no_harm(provider):
    client = a_client(provider, app_host=f"{provider.base_url}/")

    assert sign_in(client, provider).issuer == provider.issuer


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
@pytest.mark.parametrize(
    "secret", [CLIENT_SECRET, "a:b+c d%25&=~*é語" * 4], ids=["of digits", "of odd characters"]
)
def test_a_secret_proves_who_asks(method, secret):
    with ScriptedProvider(client_secret=secret) as provider:
        provider.auth_methods["token"] = method

        id_token = sign_in(a_client(provider, token_endpoint_auth_method=method), provider)

    assert id_token.subject == "user-1"


def test_a_public_client_names_itself_alone():
    with ScriptedProvider(client_secret=None) as provider:
        sign_in(a_client(provider), provider)

    assert provider.requests_to("token")[0].form.keys() == {
        "client_id",
        "grant_type",
        "code",
        "redirect_uri",
        "code_verifier",
    }


@pytest.mark.parametrize(
    ("accepted", "used"),
    [
        ("client_secret_basic", "client_secret_post"),
        ("client_secret_post", "client_secret_basic"),
        ("client_secret_post", "none"),
    ],
)
def test_the_wrong_way_to_prove_it_is_refused_by_the_provider(provider, accepted, used):
    provider.auth_methods["token"] = accepted

    with pytest.raises(OAuthError) as caught:
        tokens_of(a_client(provider, token_endpoint_auth_method=used), provider)

    assert caught.value.code == "oauth.invalid_client"


def test_a_wrong_secret_is_refused_by_the_provider(provider):
    with pytest.raises(OAuthError) as caught:
        tokens_of(a_client(provider, secret="x" * 32), provider)

    assert caught.value.code == "oauth.invalid_client"


def test_the_code_of_another_login_does_not_fit_the_verifier(provider):
    client = a_client(provider)
    code = code_of(client, provider)

    with pytest.raises(OAuthError) as caught:
        client.exchange_code(code, redirect_uri=REDIRECT_URI, code_verifier="w" * 43)

    assert caught.value.code == "oauth.invalid_grant"


@pytest.mark.parametrize(
    "stranger",
    [
        pytest.param(secret_key("HS256", "x" * 32), id="HS256"),
        pytest.param(signing_key("RS256", 4711), id="RS256"),
        pytest.param(signing_key("ES256", 4711), id="ES256"),
    ],
)
def test_a_token_of_another_key_is_refused(stranger):
    with ScriptedProvider(alg=stranger.alg) as provider:
        provider.forge("id_token", sign_with=replace(stranger, kid=provider.id_token_key.kid))

        with pytest.raises(ProviderError) as caught:
            sign_in(a_client(provider), provider)

    assert caught.value.code == "id_token.signature"


def test_the_time_an_id_token_is_checked_by_is_the_clocks(provider):
    client = a_client(provider, clock=lambda: 4_000_000_000.0)

    with pytest.raises(ProviderError) as caught:
        sign_in(client, provider)

    assert caught.value.code == "id_token.exp"


def test_the_end_of_an_access_token_is_counted_from_the_clocks_time(provider):
    tokens = tokens_of(a_client(provider, clock=lambda: 1_000.0), provider)

    assert tokens.expires_at == 1_000 + provider.access_token_ttl


def test_the_leeway_is_what_the_site_sets(provider):
    provider.forge("id_token", claims_edit=lambda claims: claims | {"exp": claims["iat"] - 40})

    assert sign_in(a_client(provider, leeway=60), provider).subject == "user-1"


def test_an_iss_in_the_response_is_demanded_where_it_was_announced(provider):
    provider.iss_in_response = True

    with pytest.raises(AuthorizationResponseError) as caught:
        code_of(a_client(provider), provider, iss=None)

    assert caught.value.code == "authorization_response.iss_missing"


def test_a_response_holds_what_its_type_asked_for(provider):
    brought = {"state": STATE, "code": "the-code", "id_token": "the-token"}

    response = a_client(provider).authorization_response(
        brought, expected_state=STATE, response_type="code id_token"
    )

    assert (response.code, response.id_token) == ("the-code", "the-token")


def test_further_parameters_go_with_the_code(provider):
    client = a_client(provider)
    code = code_of(client, provider)

    client.exchange_code(
        code,
        redirect_uri=REDIRECT_URI,
        code_verifier=CODE_VERIFIER,
        extra={"resource": "https://api.example/"},
    )

    assert provider.requests_to("token")[0].form["resource"] == "https://api.example/"


def test_a_token_answer_without_an_id_token_is_refused(provider):
    provider.lie("token", edit=lambda answer: answer | {"id_token": None})

    with pytest.raises(ProviderError) as caught:
        tokens_of(a_client(provider), provider)

    assert caught.value.code == "token_response.id_token"


@pytest.mark.parametrize(
    ("claim", "code"), [("nonce", "id_token.nonce"), ("at_hash", "id_token.at_hash")]
)
def test_an_id_token_of_another_login_is_refused(provider, claim, code):
    provider.forge("id_token", claims_edit=lambda claims: claims | {claim: "of-another-login"})

    with pytest.raises(ProviderError) as caught:
        sign_in(a_client(provider), provider)

    assert caught.value.code == code
