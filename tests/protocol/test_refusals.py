"""What a refusal means: the next step by the endpoint that refused, and the provider's words."""

import json

import pytest

from django_genauth.protocol.authorization import parse
from django_genauth.protocol.errors import (
    AccessDenied,
    AuthorizationResponseError,
    IntrospectionError,
    OAuthError,
    ProviderUnavailable,
    RevocationError,
    TokenResponseError,
)
from django_genauth.protocol.genauth import read_answer
from django_genauth.protocol.messages import HttpResponse
from django_genauth.protocol.refusals import one_line, refused

OF = {
    "token": TokenResponseError,
    "introspection": IntrospectionError,
    "revocation": RevocationError,
}


def refusal(endpoint, body, *, status=400, headers=None):
    """Return the error of an answer that an endpoint gives."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = HttpResponse(status=status, headers=headers or {}, body=text)
    with pytest.raises((OAuthError, ProviderUnavailable, OF[endpoint])) as caught:
        read_answer(response, endpoint=endpoint, error=OF[endpoint])
    return caught.value


@pytest.mark.parametrize(
    ("endpoint", "word", "step"),
    [
        pytest.param("token", "unauthorized_client", "Compare APP_SECRET there", id="Keycloak"),
        pytest.param("token", "invalid_client", "TOKEN_ENDPOINT_AUTH_METHOD", id="secret"),
        pytest.param("token", "invalid_request", "demands of a token request", id="DPoP"),
        pytest.param(
            "introspection", "invalid_request", "let the app ask about tokens", id="no right"
        ),
        pytest.param(
            "introspection", "invalid_client", "INTROSPECTION_ENDPOINT_AUTH_METHOD", id="method"
        ),
        pytest.param("revocation", "invalid_client", "REVOCATION_ENDPOINT_AUTH_METHOD", id="end"),
    ],
)
def test_the_endpoint_that_refused_decides_what_to_do_next(endpoint, word, step):
    error = refusal(endpoint, {"error": word}, status=401)

    assert step in str(error)
    assert "RESPONSE_TYPE" not in str(error)
    assert "AUTHORIZE_PARAMS" not in str(error)


@pytest.mark.parametrize(
    ("endpoint", "status", "step"),
    [
        pytest.param("token", 401, "Compare APP_ID, APP_SECRET and TOKEN_", id="token"),
        pytest.param("introspection", 401, "INTROSPECTION_ENDPOINT_AUTH_METHOD", id="zitadel"),
        pytest.param("introspection", 403, "let the app ask about tokens", id="no right"),
        pytest.param("revocation", 401, "REVOCATION_ENDPOINT_AUTH_METHOD", id="revocation"),
        pytest.param("token", 404, "Compare the endpoint address", id="no such page"),
        pytest.param("token", 302, "Compare the endpoint address", id="moved"),
    ],
)
def test_an_answer_without_json_has_a_next_step_by_its_status(endpoint, status, step):
    assert step in str(refusal(endpoint, b"ErrorType=invalid_client", status=status))


@pytest.mark.parametrize(
    ("body", "headers", "says"),
    [
        pytest.param(
            {"error": "invalid_request", "error_description": "DPoP proof is missing"},
            {},
            "DPoP proof is missing",
            id="in the body",
        ),
        pytest.param(
            {"error": "invalid_client"},
            {"www-authenticate": 'Basic error_description="No such client"'},
            "No such client",
            id="in the header",
        ),
        pytest.param(
            {"error": "x", "error_description": "a\r\n\x1b[31mb" + " word" * 100},
            {},
            "a [31mb" + " word" * 38 + " wo",
            id="one line of 200 characters",
        ),
        pytest.param({"error": "x", "error_description": 5}, {}, "", id="no text"),
        pytest.param({"error": "x"}, {}, "", id="nothing"),
        pytest.param({"message": "No such app"}, {}, "No such app", id="GenAuth's own form"),
    ],
)
def test_the_providers_own_words_are_kept_for_the_developer(body, headers, says):
    error = refusal("token", body, headers=headers)

    assert error.description == says
    assert error.with_description() == (f'{error} It says: "{says}".' if says else str(error))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"error": "x", "error_description": "Why"}, id="RFC 6749"),
        pytest.param({"code": 400, "message": "Why"}, id="GenAuth"),
    ],
)
def test_under_status_200_they_are_kept_too(body):
    assert refusal("token", body, status=200).description == "Why"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"error": ' + b"[" * 100 + b"]" * 100 + b"}", id="too deep"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"error": "x", "error": "y"}', id="a member twice"),
    ],
)
def test_an_answer_that_is_no_object_says_nothing(body):
    error = refusal("token", body)

    assert (error.code, error.description) == ("token_response.status_400", "")


def test_an_outage_may_be_explained_too():
    error = refusal("token", {"error": "server_error", "error_description": "Why"}, status=503)

    assert (error.code, error.description) == ("provider_unavailable.status_503", "Why")


@pytest.mark.parametrize(
    ("word", "kind"),
    [("invalid_request", AuthorizationResponseError), ("access_denied", AccessDenied)],
)
def test_what_the_browser_brings_is_kept_and_is_not_in_the_text(word, kind):
    parameters = {"error": word, "error_description": "Pushed\nonly", "state": "s"}

    with pytest.raises(kind) as caught:
        parse(parameters, expected_state="s", issuer="https://a.example", iss_required=False)

    assert caught.value.description == "Pushed only"
    assert "Pushed" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param(
            "Missing parameter: code_challenge_method",
            "Missing parameter: code_challenge_method",
            id="a parameter's name",
        ),
        pytest.param(f"Bad code {'aB3' * 9}", "Bad code ...", id="a token"),
        pytest.param("x" * 30, "...", id="letters alone"),
        pytest.param(None, "", id="no text"),
    ],
)
def test_what_may_be_a_token_is_not_shown(text, shown):
    assert one_line(text) == shown


def test_a_refusal_names_the_word_and_what_to_do_next():
    assert refused("token", "invalid_scope") == (
        "The provider refused the request (invalid_scope)."
        " Compare SCOPE with what the app may ask for there."
    )


def test_a_refusal_that_no_setting_helps_against_names_the_word_alone():
    assert refused("token", "server_error") == ("The provider refused the request (server_error).")


def test_a_refusal_in_the_providers_own_words_does_not_repeat_them():
    assert refused("token", "Ada has no licence") == (
        "The provider refused the request (unregistered). Look into its log."
    )
