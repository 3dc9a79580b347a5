"""What a refused refresh says of the grant: it ends, it stays, or nobody knows yet."""

import json

import pytest

from django_genauth.protocol.errors import (
    ConfigurationError,
    DiscoveryError,
    OAuthError,
    ProviderError,
)
from django_genauth.protocol.messages import HttpResponse
from django_genauth.protocol.tokens import effect_on_grant, parse_token_set
from tests.protocol.material import NOW


def effect_of(status, answer):
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    with pytest.raises(ProviderError) as refused:
        parse_token_set(HttpResponse(status=status, body=body), now=NOW, id_token_required=False)
    return effect_on_grant(refused.value)


@pytest.mark.parametrize("status", [200, 400, 401])
@pytest.mark.parametrize(
    "word",
    [
        "invalid_grant",
        "interaction_required",
        "login_required",
        "consent_required",
        "token_inactive",
        "invalid_token",
    ],
)
def test_words_about_the_grant_end_it(word, status):
    assert effect_of(status, {"error": word}) == "ends"


def test_ory_hydra_ends_a_grant_with_a_word_of_its_own():
    with pytest.raises(OAuthError) as refused:
        parse_token_set(
            HttpResponse(status=401, body=b'{"error":"token_inactive"}'),
            now=NOW,
            id_token_required=False,
        )

    assert refused.value.code == "oauth.token_inactive"


@pytest.mark.parametrize("status", [200, 400, 401, 403])
@pytest.mark.parametrize(
    "word", ["invalid_client", "unauthorized_client", "temporarily_unavailable", "server_error"]
)
def test_words_about_the_client_or_the_server_keep_it(word, status):
    assert effect_of(status, {"error": word}) == "keeps"


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        pytest.param(400, {"error": "invalid_request"}, id="LemonLDAP::NG 2.16.1"),
        pytest.param(400, b"", id="Glewlwyd 2.7.5"),
        pytest.param(403, {"error": "invalid_code"}, id="a word of Glewlwyd's own"),
        pytest.param(401, {"error": "access_denied"}, id="Keycloak, a realm that is off"),
        pytest.param(400, b"<html>", id="400 in HTML"),
        pytest.param(403, b"", id="403 without a word"),
        pytest.param(200, {"code": 400, "message": "x"}, id="GenAuth's second shape"),
        pytest.param(200, {"statusCode": 403, "message": "x"}, id="GenAuth's third shape"),
    ],
)
def test_a_refusal_for_whatever_reason_is_unclear(status, answer):
    assert effect_of(status, answer) == "unclear"


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        pytest.param(401, b"ErrorType=invalid_client Parent=none", id="zitadel/oidc 3.52.0"),
        pytest.param(404, b"<html>", id="a gateway without a provider behind"),
        pytest.param(302, b"", id="a redirect"),
        pytest.param(429, {"error": "invalid_grant"}, id="too many requests"),
        pytest.param(500, {"error": "invalid_grant"}, id="500, whatever it says"),
        pytest.param(503, b"", id="503"),
        pytest.param(200, b"<html>", id="HTML under 200"),
        pytest.param(200, {"token_type": "Bearer"}, id="no access token"),
        pytest.param(200, {"code": 500, "message": "x"}, id="GenAuth's own 500 under 200"),
        pytest.param(200, {"statusCode": 429, "message": "x"}, id="GenAuth's own 429 under 200"),
    ],
)
def test_an_answer_that_does_not_speak_of_the_grant_keeps_it(status, answer):
    assert effect_of(status, answer) == "keeps"


@pytest.mark.parametrize(
    "error", [ConfigurationError("x"), DiscoveryError("x", reason="status_400")]
)
def test_an_error_of_something_else_keeps_it(error):
    assert effect_on_grant(error) == "keeps"


def test_an_error_that_came_without_an_answer_is_told_by_its_word():
    assert effect_on_grant(OAuthError("x", error="invalid_scope")) == "unclear"
