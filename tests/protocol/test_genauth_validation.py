"""GenAuth's own validation of a token, which is asked over the network."""

import json

import pytest

from django_genauth.protocol.errors import (
    ConfigurationError,
    OAuthError,
    ProviderUnavailable,
    TokenResponseError,
)
from django_genauth.protocol.genauth import parse_validation, validation_request
from django_genauth.protocol.messages import HttpResponse
from tests.protocol.material import ISSUER, SUBJECT

CLAIMS = {"iss": ISSUER, "sub": SUBJECT, "aud": "x"}


def claims_of(answer, *, status=200):
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return parse_validation(HttpResponse(status=status, body=body))


@pytest.mark.parametrize("name", ["id_token", "access_token"])
def test_one_token_is_asked_about(name):
    request = validation_request("https://acme.genauth.ai", name, "a+b.c")

    assert request.method == "GET"
    assert request.url == f"https://acme.genauth.ai/api/v2/oidc/validate_token?{name}=a%2Bb.c"
    assert request.headers == {"Accept": "application/json"}


def test_a_token_that_no_address_can_carry_is_refused():
    with pytest.raises(ConfigurationError) as refused:
        validation_request("https://acme.genauth.ai", "id_token", "\ud800")

    assert refused.value.code == "configuration.parameter"


def test_the_claims_of_a_good_token_are_read():
    assert claims_of(CLAIMS) == CLAIMS


@pytest.mark.parametrize(
    ("answer", "status", "error", "code"),
    [
        pytest.param({}, 200, TokenResponseError, "token_response.validation", id="nothing"),
        pytest.param(
            {"active": True}, 200, TokenResponseError, "token_response.validation", id="no claims"
        ),
        pytest.param(b"<html>", 200, TokenResponseError, "token_response.json", id="HTML"),
        pytest.param(CLAIMS, 404, TokenResponseError, "token_response.status_404", id="404"),
        pytest.param({"error": "invalid_token"}, 400, OAuthError, "oauth.invalid_token", id="400"),
        pytest.param(
            {"code": 400, "message": "id_token not right"},
            200,
            OAuthError,
            "oauth.unregistered",
            id="the vendor's form",
        ),
        pytest.param(
            CLAIMS, 503, ProviderUnavailable, "provider_unavailable.status_503", id="not now"
        ),
    ],
)
def test_any_other_answer_is_an_error(answer, status, error, code):
    with pytest.raises(error) as refused:
        claims_of(answer, status=status)

    assert refused.value.code == code
