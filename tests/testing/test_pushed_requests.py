"""The fake and the honest provider where requests are pushed or signed, and answers are signed."""

import time
from dataclasses import replace

import pytest

from django_genauth.protocol.authorization import AuthorizationRequest
from django_genauth.protocol.client_keys import generate_key
from django_genauth.protocol.jws import signed
from django_genauth.protocol.request_object import request_object
from django_genauth.testing import FakeGenAuth, genauth_login
from django_genauth.testing.provider.grants import Refused
from django_genauth.testing.provider.honest import HonestProvider
from django_genauth.testing.provider.messages import Request
from django_genauth.testing.provider.pushed import PushedRequests

TEXT, KEY = generate_key("ES256")
_, OTHER = generate_key("ES256")
PUSH = {"PUSHED_AUTHORIZATION": True}
SIGN = {"CLIENT_KEYS": [TEXT], "REQUEST_OBJECT_SIGNING_ALG": "ES256"}
ISSUER = "https://op.example/oidc"
ASKED = AuthorizationRequest(
    authorization_endpoint=f"{ISSUER}/auth",
    client_id="the-client",
    redirect_uri="https://site.example/callback/",
    scope="openid",
    state="the-state",
    nonce="the-nonce",
    code_challenge="c" * 43,
    code_challenge_method="S256",
)


@pytest.fixture
def provider():
    """Run nothing: an honest provider is functions."""
    made = HonestProvider("the-client", None, "RS256", "oidc")
    made.base_url = "https://op.example"
    made.client_keys = [KEY.public()]
    return made


def an_object(request=ASKED, key=KEY, *, issuer=ISSUER, now=None):
    now = time.time() if now is None else now
    return request_object(request, key, algorithm="ES256", issuer=issuer, now=now)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        PUSH,
        SIGN,
        PUSH | SIGN,
        {"RESPONSE_MODE": "jwt"},
        {"RESPONSE_MODE": "form_post.jwt"},
        {"RESPONSE_MODE": "jwt", "RESPONSE_TYPE": "code id_token"},
        PUSH | SIGN | {"RESPONSE_MODE": "query.jwt"},
        {"PUSHED_AUTHORIZATION": True, "REQUEST_OBJECT_SIGNING_ALG": "HS256"},
        PUSH
        | SIGN
        | {
            "PROTOCOL": "oauth",
            "ENDPOINTS": {
                "pushed_authorization_request_endpoint": "https://acme.genauth.ai/oauth/request"
            },
        },
    ],
)
def test_a_test_signs_in_whatever_the_settings_say(client, settings, changes):
    app = {
        "APP_ID": "the-app",
        "APP_SECRET": "a secret of 32 letters and more ones",
        "APP_HOST": "https://acme.genauth.ai",
    }
    settings.GENAUTH = {"default": app | changes}

    with FakeGenAuth():
        user = genauth_login(client, sub="ada")

    assert user.is_authenticated


def test_a_name_is_good_once():
    pushed = PushedRequests()
    name = pushed.keep({"state": "s"})
    pushed.take(name)

    with pytest.raises(Refused, match="invalid_request_uri"):
        pushed.take(name)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(lambda: "junk", "no signed token", id="junk"),
        pytest.param(lambda: an_object(key=OTHER), "a registered key", id="another key"),
        pytest.param(
            lambda: an_object(replace(ASKED, client_id="b")), "another client's", id="client"
        ),
        pytest.param(lambda: an_object(issuer="https://b.example"), "somebody else", id="audience"),
        pytest.param(lambda: an_object(now=time.time() - 600), "is over", id="old"),
        pytest.param(lambda: an_object(now=time.time() + 600), "is over", id="not yet"),
        pytest.param(
            lambda: signed({}, KEY.jwk, header={"alg": "ES256", "kid": KEY.kid}),
            "another type",
            id="type",
        ),
        pytest.param(
            lambda: signed(
                {
                    "iss": "the-client",
                    "client_id": "the-client",
                    "aud": ISSUER,
                    "nbf": time.time(),
                    "exp": time.time() + 60,
                },
                KEY.jwk,
                header={"alg": "ES256", "kid": KEY.kid, "typ": "oauth-authz-req+jwt"},
            ),
            "no jti",
            id="jti",
        ),
    ],
)
def test_a_bad_object_is_refused(provider, text, why):
    url = ASKED.url([("client_id", "the-client"), ("request", text())])

    with pytest.raises(Refused, match=f"invalid_request_object: .*{why}"):
        provider.read(url)


def test_a_plain_request_is_refused_where_it_has_to_be_pushed(provider):
    provider.require_pushed = True

    with pytest.raises(Refused, match="has to be pushed"):
        provider.read(ASKED.url())


def test_an_unsigned_request_is_refused_where_it_has_to_be_signed(provider):
    provider.require_signed = True

    with pytest.raises(Refused, match="has to be signed"):
        provider.read(ASKED.url())


def test_what_stands_beside_the_name_of_a_request_is_refused(provider):
    name = provider.pushed.keep(dict(ASKED.parameters()))
    url = ASKED.url([("client_id", "the-client"), ("request_uri", name), ("scope", "all")])

    with pytest.raises(Refused, match="more than client_id and request_uri"):
        provider.read(url)


@pytest.mark.parametrize("body", [b"client_id=the-client&request_uri=urn:x1:a", b"state=s"])
def test_a_push_of_a_name_or_of_nobody_is_refused(provider, body):
    request = Request(method="POST", target="/oidc/request", headers={}, body=body)

    answer = provider.answer("pushed_authorization", request)

    assert answer.status in (400, 401)
