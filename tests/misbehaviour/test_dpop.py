"""A provider that misbehaves towards a site whose tokens are bound to a key (RFC 9449)."""

import json

import pytest

from django_genauth.client.proofs import nonces

pytestmark = pytest.mark.django_db

ASKS = json.dumps({"error": "use_dpop_nonce"}).encode()
ONCE, TWICE = "discovery token", "discovery token token"


@pytest.fixture(autouse=True)
def _bound(app):
    app["DPOP"] = True
    nonces._kept.clear()


def kind(value, id):
    lie = {"edit": lambda answer: answer | {"token_type": value}}
    return pytest.param(lie, "token_response.token_type", ONCE, id=id)


def asking(nonce, asked, id):
    lie = {"status": 400, "body": ASKS, "headers": {"DPoP-Nonce": nonce}}
    return pytest.param(lie, "oauth.use_dpop_nonce", asked, id=id)


@pytest.mark.parametrize(
    ("lie", "code", "asked"),
    [
        kind("Bearer", "a bearer token"),
        kind("bearer", "a bearer token in small letters"),
        kind("DPoP ", "a type with a blank"),
        kind("DPoP Bearer", "two types"),
        kind(["DPoP"], "a type in a list"),
        kind(None, "no type"),
        asking("again", TWICE, "a nonce for ever"),
        asking(None, ONCE, "no nonce"),
        asking("", ONCE, "an empty nonce"),
        asking("a b", ONCE, "a blank in a nonce"),
        asking('"a"', ONCE, "a quoted nonce"),
        asking("a\\b", ONCE, "a backslash in a nonce"),
        asking("\x7f", ONCE, "a control character for a nonce"),
        asking("ä", ONCE, "a nonce that is not ASCII"),
        asking("x" * 1_025, ONCE, "a long nonce"),
        asking("x" * 60_000, ONCE, "a very long nonce"),
        pytest.param(
            {"status": 400, "body": b'{"error": "invalid_dpop_proof"}'},
            "oauth.invalid_dpop_proof",
            ONCE,
            id="a proof that is refused",
        ),
        pytest.param(
            {"status": 200, "body": ASKS, "headers": {"DPoP-Nonce": "a"}},
            "oauth.use_dpop_nonce",
            ONCE,
            id="a nonce with a success",
        ),
        pytest.param(
            {"headers": {"DPoP-Nonce": "x" * 2**20}},
            "provider_unavailable.connection",
            ONCE,
            id="a nonce of a megabyte",
        ),
    ],
)
def test_tokens_that_are_not_bound_sign_nobody_in(visitor, provider, is_refused, lie, code, asked):
    provider.lie("token", **lie)

    response = visitor.sign_in()

    status = 503 if code.startswith("provider_unavailable") else 502
    is_refused(response, status, code, asked=asked)


def test_userinfo_that_asks_for_ever_is_asked_twice(visitor, provider, app, refusals):
    app["USERINFO"] = True
    challenge = {"DPoP-Nonce": "again", "WWW-Authenticate": 'DPoP error="use_dpop_nonce"'}
    provider.lie("userinfo", status=401, body=b"", headers=challenge)

    visitor.sign_in()

    assert len(provider.requests_to("userinfo")) == 2
    assert not visitor.is_signed_in
    assert len(refusals.codes) == 1
