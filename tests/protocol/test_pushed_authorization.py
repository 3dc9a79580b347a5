"""Requests that are pushed to the provider (RFC 9126)."""

import json

import pytest

from django_genauth.protocol.client_auth import ClientCredentials
from django_genauth.protocol.errors import (
    GenAuthError,
    OAuthError,
    ProviderUnavailable,
    PushedAuthorizationError,
)
from django_genauth.protocol.messages import HttpResponse
from django_genauth.protocol.pushed_authorization import parse_pushed, pushed_request

URN = "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c"
ENDPOINT = "https://acme.genauth.ai/oidc/request"
PARAMETERS = [("client_id", "the-app"), ("state", "the-state")]


def credentials(method):
    return ClientCredentials(client_id="the-app", client_secret="secret", method=method)


def answer(status=201, **members):
    document = {"request_uri": URN, "expires_in": 60} | members
    present = {name: value for name, value in document.items() if value is not None}
    return HttpResponse(status=status, body=json.dumps(present).encode())


def parsed(response):
    return parse_pushed(response, origins=(ENDPOINT,))


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("client_secret_post", b"client_id=the-app&client_secret=secret&state=the-state"),
        ("client_secret_basic", b"client_id=the-app&state=the-state"),
        ("none", b"client_id=the-app&state=the-state"),
    ],
)
def test_the_client_is_named_once_in_the_body(method, body):
    assert pushed_request(ENDPOINT, credentials(method), PARAMETERS).body == body


@pytest.mark.parametrize(
    "request_uri",
    [
        URN,
        "URN:example:bwc4JK-ESC0w8acc191e-Y1LTC2",
        "urn:okta:a/b_c~d.e%20",
        "https://acme.genauth.ai/requests/1?x=y",
        f"urn:x1:{'a' * 1993}",
    ],
)
def test_a_name_at_the_provider_is_taken(request_uri):
    assert parsed(answer(request_uri=request_uri)) == request_uri


@pytest.mark.parametrize(
    "request_uri",
    [
        None,
        "",
        5,
        [URN],
        "6esc_11ACC5bwc014ltc14eY22c",
        "urn:",
        "urn:x",
        "urn:ietf:",
        f"{URN}#x",
        f"{URN} ",
        f"{URN}\n",
        f" {URN}",
        f"{URN}\u00fc",
        "javascript:alert(1)",
        "data:text/plain,x",
        "http://acme.genauth.ai/requests/1",
        "https://evil.example/requests/1",
        "https://acme.genauth.ai.evil.example/1",
        "https://acme.genauth.ai@evil.example/1",
        "https://acme.genauth.ai:444/1",
        "https://acme.genauth.ai\\@evil.example/",
        "//acme.genauth.ai/requests/1",
        "/requests/1",
        f"urn:x1:{'a' * 1994}",
    ],
)
def test_any_other_name_is_refused(request_uri):
    with pytest.raises(PushedAuthorizationError) as caught:
        parsed(answer(request_uri=request_uri))

    assert caught.value.code == "pushed_authorization.request_uri"


@pytest.mark.parametrize("expires_in", [None, 0, -1, True, "60", 60.5, [60]])
def test_a_name_without_an_end_is_refused(expires_in):
    with pytest.raises(PushedAuthorizationError) as caught:
        parsed(answer(expires_in=expires_in))

    assert caught.value.code == "pushed_authorization.expires_in"


@pytest.mark.parametrize(
    ("response", "error", "code"),
    [
        (answer(status=200), PushedAuthorizationError, "pushed_authorization.status_200"),
        (answer(status=302), PushedAuthorizationError, "pushed_authorization.status_302"),
        (answer(status=405), PushedAuthorizationError, "pushed_authorization.status_405"),
        (answer(status=413), PushedAuthorizationError, "pushed_authorization.status_413"),
        (answer(status=429), ProviderUnavailable, "provider_unavailable.status_429"),
        (answer(status=500), ProviderUnavailable, "provider_unavailable.status_500"),
        (answer(status=400, error="invalid_request"), OAuthError, "oauth.invalid_request"),
        (answer(status=401, error="invalid_client"), OAuthError, "oauth.invalid_client"),
        (answer(error="invalid_request"), OAuthError, "oauth.invalid_request"),
        (
            HttpResponse(status=201, body=b"<html>"),
            PushedAuthorizationError,
            "pushed_authorization.json",
        ),
    ],
)
def test_an_answer_that_is_no_success_is_an_error(response, error, code):
    with pytest.raises(GenAuthError) as caught:
        parsed(response)

    assert (type(caught.value), caught.value.code) == (error, code)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (200, "status 200 where 201 is due"),
        (401, "Compare APP_ID, APP_SECRET and TOKEN_ENDPOINT_AUTH_METHOD there."),
        (405, "Compare the endpoint address, or set it in ENDPOINTS."),
        (413, "The request is too long. Look at SCOPE and AUTHORIZE_PARAMS."),
    ],
)
def test_the_developer_is_told_what_to_do(status, words):
    with pytest.raises(PushedAuthorizationError) as caught:
        parsed(answer(status=status))

    assert words in str(caught.value)
