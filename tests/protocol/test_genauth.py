"""GenAuth's own paths and defaults, and the three shapes of its errors."""

import json

import pytest

from django_genauth.protocol.discovery import ProviderMetadata
from django_genauth.protocol.errors import (
    ConfigurationError,
    OAuthError,
    ProviderUnavailable,
    TokenResponseError,
    UserInfoError,
)
from django_genauth.protocol.genauth import (
    DEFAULT_SCOPE,
    check_status,
    default_issuer,
    fixed_metadata,
    hosted_logout_url,
    read_answer,
)
from django_genauth.protocol.messages import HttpResponse
from tests.protocol.material import all_that_shows

HOST = "https://acme.genauth.ai"


def answer_of(body, *, status=200, error=TokenResponseError, headers=None):
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = HttpResponse(status=status, headers=headers or {}, body=text)
    return read_answer(response, endpoint="token", error=error)


def test_the_scopes_are_the_vendors():
    assert DEFAULT_SCOPE == {"oidc": "openid profile email phone address", "oauth": "user"}


def test_the_issuer_of_an_app():
    assert default_issuer(HOST) == "https://acme.genauth.ai/oidc"


def test_the_paths_of_an_openid_connect_app():
    metadata = fixed_metadata(HOST, protocol="oidc", issuer="https://acme.genauth.ai/oidc")

    assert metadata == ProviderMetadata(
        issuer="https://acme.genauth.ai/oidc",
        authorization_endpoint="https://acme.genauth.ai/oidc/auth",
        token_endpoint="https://acme.genauth.ai/oidc/token",
        userinfo_endpoint="https://acme.genauth.ai/oidc/me",
        jwks_uri="https://acme.genauth.ai/oidc/.well-known/jwks.json",
        introspection_endpoint="https://acme.genauth.ai/oidc/token/introspection",
        revocation_endpoint="https://acme.genauth.ai/oidc/token/revocation",
        end_session_endpoint="https://acme.genauth.ai/oidc/session/end",
        authorization_response_iss_parameter_supported=False,
    )


def test_the_paths_of_an_oauth_app():
    metadata = fixed_metadata(HOST, protocol="oauth", issuer="https://issuer.example")

    assert metadata == ProviderMetadata(
        issuer="https://issuer.example",
        authorization_endpoint="https://acme.genauth.ai/oauth/auth",
        token_endpoint="https://acme.genauth.ai/oauth/token",
        userinfo_endpoint="https://acme.genauth.ai/oauth/me",
        jwks_uri="https://acme.genauth.ai/oidc/.well-known/jwks.json",
        introspection_endpoint="https://acme.genauth.ai/oauth/token/introspection",
        revocation_endpoint="https://acme.genauth.ai/oauth/token/revocation",
        end_session_endpoint="https://acme.genauth.ai/oidc/session/end",
        authorization_response_iss_parameter_supported=False,
    )


def test_the_vendors_own_sign_out_page_and_the_way_back():
    url = hosted_logout_url(HOST, redirect_uri="https://site.example/bye?a=1&b=2")

    assert url == (
        "https://acme.genauth.ai/login/profile/logout"
        "?redirect_uri=https%3A%2F%2Fsite.example%2Fbye%3Fa%3D1%26b%3D2"
    )


@pytest.mark.parametrize("redirect_uri", [None, ""], ids=["none", "empty"])
def test_the_vendors_own_sign_out_page_without_a_way_back(redirect_uri):
    url = hosted_logout_url(HOST, redirect_uri=redirect_uri)

    assert url == "https://acme.genauth.ai/login/profile/logout"


def test_a_way_back_that_no_address_can_carry_is_refused():
    with pytest.raises(ConfigurationError) as refused:
        hosted_logout_url(HOST, redirect_uri="https://site.example/\ud800")

    assert refused.value.code == "configuration.parameter"


@pytest.mark.parametrize("status", [100, 200, 204, 302, 400, 401, 403, 404, 428, 430, 499])
def test_a_status_that_is_an_answer_passes(status):
    assert check_status(HttpResponse(status=status)) is None


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 599])
def test_a_status_that_says_not_now_is_no_answer(status):
    with pytest.raises(ProviderUnavailable) as refused:
        check_status(HttpResponse(status=status))

    assert refused.value.code == f"provider_unavailable.status_{status}"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param("120", 120, id="seconds"),
        pytest.param("0", 0, id="at once"),
        pytest.param("86400", 86_400, id="a day"),
        pytest.param("86401", 86_400, id="more than a day"),
        pytest.param("99999999", 86_400, id="years"),
        pytest.param("100000000", None, id="nine digits"),
        pytest.param("9" * 6000, None, id="6,000 digits"),
        pytest.param("Wed, 21 Oct 2026 07:28:00 GMT", None, id="a date"),
        pytest.param("", None, id="empty"),
        pytest.param("-1", None, id="negative"),
        pytest.param("1.5", None, id="a fraction"),
        pytest.param("²", None, id="a digit beyond ASCII"),
        pytest.param("\u0661", None, id="another digit beyond ASCII"),
    ],
)
def test_the_time_that_a_provider_names_is_told(header, seconds):
    with pytest.raises(ProviderUnavailable) as refused:
        check_status(HttpResponse(status=503, headers={"retry-after": header}))

    assert refused.value.retry_after == seconds


def test_a_provider_that_names_no_time():
    with pytest.raises(ProviderUnavailable) as refused:
        check_status(HttpResponse(status=429))

    assert refused.value.retry_after is None


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({}, id="empty"),
        pytest.param({"active": False}, id="RFC 7662 2.2, inactive"),
        pytest.param(
            {
                "active": True,
                "client_id": "l238j323ds-23ij4",
                "username": "jdoe",
                "scope": "read write dolphin",
                "sub": "Z5O3upPC88QrAjx00dis",
                "aud": "https://protected.example.net/resource",
                "iss": "https://server.example.com/",
                "exp": 1419356238,
                "iat": 1419350238,
                "extension_field": "twenty-seven",
            },
            id="RFC 7662 2.2",
        ),
        pytest.param({"message": "hello"}, id="a message without a code"),
        pytest.param({"code": 400}, id="a code without a message"),
        pytest.param({"statusCode": 403, "apiCode": 1}, id="a status without a message"),
        pytest.param({"code": 200, "message": "ok"}, id="a code that says it is good"),
        pytest.param({"statusCode": 200, "message": "ok"}, id="a status that says it is good"),
        pytest.param({"code": "the code", "message": None}, id="a code that is text"),
        pytest.param({"error_description": "x"}, id="a description without an error"),
    ],
)
def test_an_answer_is_read(answer):
    assert answer_of(answer) == answer


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404])
def test_the_protocols_own_error_is_told_under_any_status(status):
    with pytest.raises(OAuthError) as refused:
        answer_of({"error": "invalid_grant", "error_description": "used"}, status=status)

    assert refused.value.code == "oauth.invalid_grant"


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    "error",
    ["used: SplxlOBeZQQYbYS6WxSbIA", 5, 0, False, [], {}],
    ids=["a sentence", "a number", "zero", "false", "a list", "an object"],
)
def test_an_error_that_no_specification_knows_is_told_as_such(status, error):
    with pytest.raises(OAuthError) as refused:
        answer_of({"error": error, "access_token": "a"}, status=status)

    assert refused.value.code == "oauth.unregistered"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"code": 400, "message": "x"}, id="the second shape"),
        pytest.param({"code": 0, "message": "x"}, id="the second shape, zero"),
        pytest.param({"code": 2020, "message": None, "data": {}}, id="the second shape, and data"),
        pytest.param({"statusCode": 403, "apiCode": 1, "message": "x"}, id="the third shape"),
        pytest.param({"statusCode": 403, "code": 200, "message": "x"}, id="both, one good"),
    ],
)
def test_an_error_in_the_vendors_form_under_status_200_is_a_refusal(answer):
    with pytest.raises(OAuthError) as refused:
        answer_of(answer | {"access_token": "a", "token_type": "Bearer"})

    assert refused.value.code == "oauth.unregistered"


@pytest.mark.parametrize("status", [100, 201, 204, 301, 302, 307, 308, 400, 401, 403, 404])
@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b'{"code":400,"message":"x"}'],
    ids=["nothing", "HTML", "a list", "the vendor's form"],
)
def test_any_other_status_than_200_is_refused(status, body):
    with pytest.raises(UserInfoError) as refused:
        answer_of(body, status=status, error=UserInfoError)

    assert refused.value.code == f"userinfo.status_{status}"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_provider_that_cannot_answer_is_unavailable_whatever_it_says(status):
    with pytest.raises(ProviderUnavailable) as refused:
        answer_of({"error": "invalid_grant"}, status=status, headers={"retry-after": "7"})

    assert refused.value.code == f"provider_unavailable.status_{status}"
    assert refused.value.retry_after == 7


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b'{"a":1,"a":1}', b"\xff"],
    ids=["nothing", "HTML", "a list", "a member twice", "no UTF-8"],
)
def test_what_is_no_json_object_is_refused(body):
    with pytest.raises(UserInfoError) as refused:
        answer_of(body, error=UserInfoError)

    assert refused.value.code == "userinfo.json"


@pytest.mark.parametrize("status", [200, 400, 404, 500])
@pytest.mark.parametrize(
    "body",
    [
        b'{"error":"hidden-away","error_description":"hidden-away"}',
        b'{"code":500,"message":"hidden-away"}',
        b"hidden-away",
        b'["hidden-away"]',
    ],
    ids=["the protocol's form", "the vendor's form", "no JSON", "a list"],
)
def test_what_the_provider_wrote_is_not_shown(status, body):
    shown = all_that_shows(lambda: answer_of(body, status=status))

    assert "Error" in shown or "ProviderUnavailable" in shown
    assert "hidden-away" not in shown
