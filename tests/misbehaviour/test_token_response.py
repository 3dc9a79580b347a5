"""What the token endpoint answers (RFC 6749 5, OIDC Core 3.1.3.3)."""

import json
import time

import pytest

from tests.provider import faults

pytestmark = pytest.mark.django_db


def without(name):
    return lambda answer: {key: value for key, value in answer.items() if key != name}


@pytest.mark.parametrize(
    ("lie", "status", "code"),
    [
        pytest.param({"status": 201}, 502, "token_response.status_201", id="201"),
        pytest.param({"status": 204}, 502, "token_response.status_204", id="204"),
        pytest.param({"body": b"<html>"}, 502, "token_response.json", id="HTML"),
        pytest.param({"body": b""}, 502, "token_response.json", id="nothing"),
        pytest.param({"body": b"[]"}, 502, "token_response.json", id="a list"),
        pytest.param({"body": b'"x"'}, 502, "token_response.json", id="a text"),
        pytest.param({"body": b"\xff{}"}, 502, "token_response.json", id="no UTF-8"),
        pytest.param({"body": b"[" * 60_000}, 502, "token_response.nesting", id="nesting"),
        pytest.param(
            {"body": b'{"a":' + b"1" * 6_000 + b"}"}, 502, "token_response.json", id="6,000 digits"
        ),
        pytest.param({"body": b'{"a":1,"a":2}'}, 502, "token_response.json", id="a member twice"),
        pytest.param({"body": b'{"a":NaN}'}, 502, "token_response.json", id="NaN"),
        pytest.param(
            {"edit": without("access_token")},
            502,
            "token_response.access_token",
            id="no access token",
        ),
        pytest.param(
            {"edit": lambda answer: answer | {"access_token": ""}},
            502,
            "token_response.access_token",
            id="an empty access token",
        ),
        pytest.param(
            {"edit": lambda answer: answer | {"access_token": "a\r\nX: y"}},
            502,
            "token_response.access_token",
            id="a header in the access token",
        ),
        pytest.param(
            {"edit": without("token_type")}, 502, "token_response.token_type", id="no token type"
        ),
        pytest.param(
            {"edit": lambda answer: answer | {"token_type": "mac"}},
            502,
            "token_response.token_type",
            id="an unknown token type",
        ),
        pytest.param(
            {"edit": without("id_token")}, 502, "token_response.id_token", id="no ID token"
        ),
        pytest.param(
            {"edit": lambda answer: answer | {"id_token": {"a": 1}}},
            502,
            "token_response.id_token",
            id="an object for an ID token",
        ),
        pytest.param(
            {"edit": lambda answer: answer | {"refresh_token": 7}},
            502,
            "token_response.refresh_token",
            id="a number for a refresh token",
        ),
        pytest.param(
            {"body": b'{"error":"invalid_client","error_description":"<b>"}'},
            502,
            "oauth.invalid_client",
            id="an OAuth error under 200",
        ),
        pytest.param(
            {"body": b'{"code":400,"message":"no"}'}, 502, "oauth.unregistered", id="GenAuth's v2"
        ),
        pytest.param(
            {"body": b'{"statusCode":401,"apiCode":1,"message":"no"}'},
            502,
            "oauth.unregistered",
            id="GenAuth's v3",
        ),
        pytest.param(
            {"status": 400, "body": b'{"error":"invalid_grant"}'},
            400,
            "oauth.invalid_grant",
            id="a code that is no good",
        ),
        pytest.param(
            {"status": 401, "body": b'{"error":"invalid_client"}'},
            502,
            "oauth.invalid_client",
            id="a client that is not known",
        ),
        pytest.param(
            {"status": 400, "body": b"<html>"}, 502, "token_response.status_400", id="400 in HTML"
        ),
        pytest.param(
            {"status": 429}, 503, "provider_unavailable.status_429", id="too many requests"
        ),
        pytest.param({"status": 500}, 503, "provider_unavailable.status_500", id="500"),
        pytest.param({"status": 503}, 503, "provider_unavailable.status_503", id="503"),
        pytest.param({"fault": faults.close}, 503, "provider_unavailable.connection", id="close"),
        pytest.param({"fault": faults.reset}, 503, "provider_unavailable.connection", id="reset"),
        pytest.param(
            {"fault": faults.short_body}, 503, "provider_unavailable.connection", id="truncated"
        ),
        pytest.param(
            {"fault": faults.short_chunk},
            503,
            "provider_unavailable.connection",
            id="truncated in a chunk",
        ),
        pytest.param({"fault": faults.hang}, 503, "provider_unavailable.timeout", id="hang"),
        pytest.param(
            {"fault": faults.hang_in_body},
            503,
            "provider_unavailable.timeout",
            id="hang in the body",
        ),
        pytest.param(
            {"fault": faults.oversize(megabytes=64)}, 502, "provider.too_large", id="64 MB"
        ),
        pytest.param(
            {"fault": faults.bomb(megabytes=8)}, 502, "provider.too_large", id="a gzip bomb"
        ),
        pytest.param(
            {"headers": {"Content-Encoding": "br"}}, 502, "provider.encoding", id="brotli"
        ),
    ],
)
def test_an_answer_that_does_not_hold_is_refused(visitor, provider, is_refused, lie, status, code):
    url = visitor.begin()
    provider.lie("token", **lie)
    provider.forget_requests()
    began = time.monotonic()

    response = visitor.come_back(provider.authorize(url))

    is_refused(response, status, code)
    assert len(provider.requests_to("token")) == 1
    assert time.monotonic() - began < 1 + 1  # TIMEOUT and a second


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("host", ["same", "other"])
def test_a_redirect_is_never_followed(visitor, provider, is_refused, status, host):
    url = visitor.begin()
    target = provider.base_url if host == "same" else "https://evil.example"
    provider.lie("token", status=status, headers={"Location": f"{target}/oidc/me"})
    provider.forget_requests()

    response = visitor.come_back(provider.authorize(url))

    is_refused(response, 502, f"token_response.status_{status}")
    assert [request.path for request in provider.requests] == ["/oidc/token"]


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda answer: answer | {"token_type": "bEARER"}, id="token_type in any case"),
        pytest.param(without("expires_in"), id="no expires_in"),
        pytest.param(lambda answer: answer | {"expires_in": "3600"}, id="expires_in as text"),
        pytest.param(lambda answer: answer | {"expires_in": 3600.5}, id="expires_in as a float"),
        pytest.param(lambda answer: answer | {"expires_in": -1}, id="expires_in that is none"),
        pytest.param(without("refresh_token"), id="no refresh token"),
        pytest.param(lambda answer: answer | {"refresh_token": None}, id="null refresh token"),
        pytest.param(without("scope"), id="no scope"),
        pytest.param(lambda answer: answer | {"new": {"a": [1]}}, id="an unknown member"),
    ],
)
def test_what_a_specification_leaves_open_is_accepted(visitor, provider, edit):
    provider.lie("token", edit=edit)

    visitor.sign_in()

    assert visitor.is_signed_in


def test_a_packed_answer_is_unpacked(visitor, provider):
    import gzip

    provider.lie(
        "token",
        edit=lambda answer: gzip.compress(json.dumps(answer).encode()),
        headers={"Content-Encoding": "gzip"},
    )

    visitor.sign_in()

    assert visitor.is_signed_in
