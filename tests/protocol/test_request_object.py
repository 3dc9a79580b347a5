"""Authorization requests as signed tokens (RFC 9101)."""

import pytest

from django_genauth.protocol.authorization import AuthorizationRequest
from django_genauth.protocol.client_keys import generate_key
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.protocol.request_object import request_object, signed_parameters
from django_genauth.testing.provider.assertions import open_signed

ISSUER = "https://acme.genauth.ai/oidc"
NOW = 1_800_000_000
SECRET = "a secret of 32 letters and more ones"
KEYS = {algorithm: generate_key(algorithm)[1] for algorithm in ("ES256", "PS256", "EdDSA")}


def a_request(**changes):
    values = {
        "authorization_endpoint": f"{ISSUER}/auth",
        "client_id": "the-app",
        "redirect_uri": "https://site.example/callback/",
        "scope": "openid email",
        "state": "the-state",
        "nonce": "the-nonce",
        "response_mode": "jwt",
        "code_challenge": "c" * 43,
        "code_challenge_method": "S256",
    }
    return AuthorizationRequest(**(values | changes))


def opened(request, key=KEYS["ES256"], algorithm="ES256"):
    token = request_object(request, key, algorithm=algorithm, issuer=ISSUER, now=NOW)
    return open_signed(token, key if isinstance(key, str) else [key.public()])


def test_all_parameters_of_the_request_are_inside():
    _, claims = opened(a_request())

    names = {"aud", "iss", "jti", "iat", "nbf", "exp"}
    assert {name: value for name, value in claims.items() if name not in names} == {
        "client_id": "the-app",
        "redirect_uri": "https://site.example/callback/",
        "response_type": "code",
        "response_mode": "jwt",
        "scope": "openid email",
        "state": "the-state",
        "nonce": "the-nonce",
        "code_challenge": "c" * 43,
        "code_challenge_method": "S256",
    }


def test_the_client_signs_for_the_provider_and_for_five_minutes():
    _, claims = opened(a_request())

    assert (claims["iss"], claims["aud"]) == ("the-app", ISSUER)
    assert (claims["nbf"], claims["iat"], claims["exp"]) == (NOW - 30, NOW, NOW + 300)


def test_no_two_objects_have_one_id():
    first, second = (opened(a_request())[1]["jti"] for _ in range(2))

    assert first != second


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_private_key_signs(algorithm):
    key = KEYS[algorithm]

    header, _ = opened(a_request(), key, algorithm)

    assert header == {"alg": algorithm, "typ": "oauth-authz-req+jwt", "kid": key.kid}


def test_the_secret_signs():
    header, _ = opened(a_request(), SECRET, "HS256")

    assert header == {"alg": "HS256", "typ": "oauth-authz-req+jwt"}


def test_numbers_and_objects_are_json():
    extra = {"max_age": "60", "claims": '{"id_token":{"acr":null}}', "authorization_details": "[]"}

    _, claims = opened(a_request(extra=extra))

    assert claims["max_age"] == 60
    assert claims["claims"] == {"id_token": {"acr": None}}
    assert claims["authorization_details"] == []


def test_a_parameter_that_repeats_is_a_list():
    _, claims = opened(a_request(extra={"resource": ["a", "b", "c"], "audience": ["d"]}))

    assert (claims["resource"], claims["audience"]) == (["a", "b", "c"], "d")


@pytest.mark.parametrize(
    "extra",
    [{"aud": "https://evil.example"}, {"exp": 0}, {"iss": "x"}, {"claims": "{"}, {"request": "x"}],
    ids=lambda extra: next(iter(extra)),
)
def test_what_cannot_stand_inside_is_refused(extra):
    with pytest.raises(ConfigurationError) as caught:
        opened(a_request(extra=extra))

    assert caught.value.code == "configuration.authorize_params"


def test_outside_stands_what_openid_connect_demands():
    assert signed_parameters(a_request(), "the.signed.object") == [
        ("client_id", "the-app"),
        ("response_type", "code"),
        ("scope", "openid"),
        ("request", "the.signed.object"),
    ]


def test_outside_stands_the_client_alone_over_oauth():
    assert signed_parameters(a_request(scope="user"), "the.signed.object") == [
        ("client_id", "the-app"),
        ("request", "the.signed.object"),
    ]
