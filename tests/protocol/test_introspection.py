"""A token's state: what is asked, and that only a boolean is an answer."""

import json

import pytest

from django_genauth.protocol.client_auth import ClientCredentials
from django_genauth.protocol.errors import IntrospectionError, OAuthError, ProviderUnavailable
from django_genauth.protocol.introspection import introspection_request, parse_introspection
from django_genauth.protocol.messages import HttpResponse
from tests.protocol.material import all_that_a_refusal_shows


def state_of(answer, *, status=200):
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return parse_introspection(HttpResponse(status=status, body=body))


def test_the_token_travels_in_the_body():
    request = introspection_request(
        "https://server.example.com/introspect",
        ClientCredentials(client_id="s6BhdRkqt3", client_secret="x", method="client_secret_post"),
        "2YotnFZFEjr1zCsicMWpAA",
    )

    assert (request.method, request.url) == ("POST", "https://server.example.com/introspect")
    assert request.body == b"client_id=s6BhdRkqt3&client_secret=x&token=2YotnFZFEjr1zCsicMWpAA"


@pytest.mark.parametrize("hint", ["access_token", "refresh_token"])
def test_keycloak_is_told_the_kind_of_token(hint):
    """Without the hint it calls every live refresh token inactive (26.7.3)."""
    request = introspection_request(
        "https://server.example.com/introspect",
        ClientCredentials(client_id="s6BhdRkqt3", client_secret="x", method="client_secret_basic"),
        "2YotnFZFEjr1zCsicMWpAA",
        token_type_hint=hint,
    )

    assert request.body == b"token=2YotnFZFEjr1zCsicMWpAA&token_type_hint=" + hint.encode()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"active": False}, id="inactive, as RFC 7662 2.2 prints it"),
        pytest.param({"active": True}, id="active and nothing more"),
        pytest.param({"active": True, "scope": "a,b", "sub": None}, id="with members"),
        pytest.param({"active": False, "scope": 5, "x": {}}, id="with members that nobody knows"),
    ],
)
def test_an_answer_is_read(answer):
    assert state_of(answer) == answer


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({}, id="missing"),
        pytest.param({"Active": True}, id="in another case"),
        pytest.param({"active": None}, id="null"),
        pytest.param({"active": "true"}, id="text"),
        pytest.param({"active": 1}, id="one"),
        pytest.param({"active": 0}, id="zero"),
        pytest.param({"active": [True]}, id="a list"),
    ],
)
def test_an_active_that_is_no_boolean_is_refused(answer):
    with pytest.raises(IntrospectionError) as refused:
        state_of(answer)

    assert refused.value.code == "introspection.active"


@pytest.mark.parametrize(
    ("answer", "status", "error", "code"),
    [
        pytest.param(b"<html>", 200, IntrospectionError, "introspection.json", id="HTML"),
        pytest.param(b"", 200, IntrospectionError, "introspection.json", id="nothing"),
        pytest.param(
            {"active": True}, 404, IntrospectionError, "introspection.status_404", id="404"
        ),
        pytest.param(
            {"error": "invalid_client"}, 401, OAuthError, "oauth.invalid_client", id="401"
        ),
        pytest.param(
            {"active": True}, 500, ProviderUnavailable, "provider_unavailable.status_500", id="500"
        ),
    ],
)
def test_any_other_answer_is_an_error(answer, status, error, code):
    with pytest.raises(error) as refused:
        state_of(answer, status=status)

    assert refused.value.code == code


def test_a_refused_answer_is_not_shown():
    answer = {"active": "hidden-away", "username": "hidden-away"}

    shown = all_that_a_refusal_shows(lambda: state_of(answer))

    assert "introspection.active" in shown
    assert "hidden-away" not in shown
