"""What the userinfo endpoint answers (OIDC Core 5.3)."""

import json
import time

import pytest

from tests.misbehaviour.forgeries import with_members
from tests.support.provider import faults
from tests.support.provider.bombs import jwe_bomb
from tests.support.provider.keys import secret_key, signing_key
from tests.support.provider.scripted import CLIENT_SECRET

pytestmark = pytest.mark.django_db

BEFORE = "discovery token jwks"
JWT = {"Content-Type": "application/jwt"}


@pytest.fixture
def app(app):
    app["USERINFO"] = True
    return app


def sub(value, id):
    edit = {"edit": lambda answer: answer | {"sub": value}}
    return pytest.param(edit, "userinfo.sub", id=id)


def lie(code, id, **what):
    return pytest.param(what, code, id=id)


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        sub("other", "another sub"),
        sub("USER-1", "a sub in capital letters"),
        sub("user-1 ", "a space behind the sub"),
        sub("user-1\x00", "NUL behind the sub"),
        sub(["user-1"], "a list for a sub"),
        sub(None, "null for a sub"),
        sub("", "an empty sub"),
        sub(True, "a boolean for a sub"),
        lie("userinfo.sub", "no sub", edit=lambda answer: {"name": "x"}),
        lie("userinfo.json", "HTML", body=b"<html>"),
        lie("userinfo.json", "nothing", body=b""),
        lie("userinfo.json", "a list", edit=lambda answer: [answer]),
        lie("userinfo.json", "a sub twice", body=b'{"sub":"user-1","sub":"user-2"}'),
        lie("userinfo.json", "6,000 digits", body=b'{"a":' + b"1" * 6_000 + b"}"),
        lie("userinfo.json", "NaN", body=b'{"sub":"user-1","a":NaN}'),
        lie("userinfo.json", "half of it", edit=lambda answer: json.dumps(answer)[:-1].encode()),
        lie("userinfo.nesting", "60,000 arrays", body=b"[" * 60_000),
        lie("oauth.invalid_token", "an error under 200", body=b'{"error":"invalid_token"}'),
        lie("oauth.unregistered", "GenAuth's v2 error", body=b'{"code":401,"message":"no"}'),
        lie("oauth.invalid_token", "401", status=401, body=b'{"error":"invalid_token"}'),
        lie("userinfo.status_401", "401 in HTML", status=401, body=b"<html>"),
        lie(
            "userinfo.status_401",
            "401 with a challenge that holds markup, control characters and a token",
            status=401,
            headers={
                "WWW-Authenticate": 'Bearer error="<b>", error_description="<script>\x1b[31m \x07'
                ' eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyLTEifQ.c2lnbmF0dXJl"'
            },
            body=b"",
        ),
        lie("userinfo.status_403", "403 without a word", status=403, body=b""),
        lie("userinfo.status_201", "201", status=201),
        lie("userinfo.framing", "no token", headers=JWT, body=b"<html>"),
        lie("userinfo.framing", "JSON for a token", headers=JWT),
        lie("userinfo.framing", "octets for a token", headers=JWT, body=b"\xff.\xff.\xff"),
        lie("userinfo.too_long", "a token without end", headers=JWT, body=b"a" * 100_001),
        lie(
            "userinfo.encrypted",
            "a JWE bomb",
            headers=JWT,
            body=jwe_bomb(CLIENT_SECRET, megabytes=48).encode(),
        ),
        lie("provider.too_large", "8 MB", fault=faults.oversize(megabytes=8)),
        lie("provider.encoding", "brotli", headers={"Content-Encoding": "br"}),
    ],
)
def test_an_answer_that_does_not_hold_is_refused(visitor, provider, is_refused, lie, code):
    provider.lie("userinfo", **lie)

    response = visitor.sign_in()

    is_refused(response, 502, code, asked=f"{BEFORE} userinfo")


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        lie("status_500", "500", status=500),
        lie("status_429", "429", status=429),
        lie("status_503", "503 with a token", status=503, headers=JWT),
        lie("connection", "truncated", fault=faults.short_body),
    ],
)
def test_no_answer_is_a_provider_that_is_out_of_order(visitor, provider, is_refused, lie, code):
    provider.lie("userinfo", **lie)

    response = visitor.sign_in()

    is_refused(response, 503, f"provider_unavailable.{code}", asked=f"{BEFORE} userinfo")


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        lie("connection", "reset", fault=faults.reset),
        lie("timeout", "hang", fault=faults.hang),
    ],
)
def test_without_a_byte_of_an_answer_it_is_asked_once_more(
    visitor, provider, is_refused, lie, code
):
    # The connection may have been forgotten on its way, and a GET changes nothing.
    provider.lie("userinfo", **lie)

    response = visitor.sign_in()

    asked = f"{BEFORE} userinfo userinfo"
    is_refused(response, 503, f"provider_unavailable.{code}", asked=asked)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["https://evil.example/", "/oidc/token", "?access_token=1"])
def test_the_token_follows_no_redirect(visitor, provider, is_refused, status, location):
    provider.lie("userinfo", status=status, headers={"Location": location})

    response = visitor.sign_in()

    is_refused(response, 502, f"userinfo.status_{status}", asked=f"{BEFORE} userinfo")


def test_the_token_travels_in_a_header(visitor, provider):
    visitor.sign_in()

    (request,) = provider.requests_to("userinfo")
    assert request.headers["Authorization"].startswith("Bearer ")
    assert (request.method, request.target, request.body) == ("GET", "/oidc/me", b"")


def test_what_userinfo_says_of_the_token_itself_replaces_nothing(visitor, provider, settings):
    settings.GENAUTH["default"]["AUTHORIZE_PARAMS"] = {"max_age": 60}
    said = {"auth_time": 1, "iss": "https://evil.example", "aud": "other", "exp": 1, "nonce": "x"}
    provider.lie("userinfo", edit=lambda answer: answer | said)

    visitor.sign_in()

    assert visitor.is_signed_in


@pytest.fixture
def signed(provider):
    """Let the provider sign its answers."""
    provider.userinfo_signed = True
    return provider


def test_a_signed_answer_is_accepted(visitor, signed):
    visitor.sign_in()

    assert visitor.is_signed_in


def forged(code, id, **forgery):
    return pytest.param(forgery, code, id=id)


def claims(code, id, **changes):
    return forged(f"userinfo.{code}", id, claims_edit=with_members(**changes))


@pytest.mark.parametrize(
    ("forgery", "code"),
    [
        forged("userinfo.alg", "alg none", header_edit=with_members(alg="none")),
        forged("userinfo.alg", "a secret", sign_with=secret_key("HS256", CLIENT_SECRET)),
        forged("userinfo.typ", "an access token", header_edit=with_members(typ="at+jwt")),
        forged("userinfo.crit", "a critical extension", header_edit=with_members(crit=["a"])),
        forged("userinfo.json", "a list of claims", claims_edit=lambda honest: b"[]"),
        claims("aud", "for somebody else", aud="other"),
        claims("iss", "by somebody else", iss="https://evil.example"),
        claims("sub", "about somebody else", sub="other"),
        claims("sub", "about nobody", sub=None),
        claims("exp", "expired", exp=time.time() - 60),
        claims("exp", "an end that is no date", exp="soon"),
        claims("iat", "too early", iat=time.time() + 86_400),
        claims("nbf", "not yet", nbf=time.time() + 86_400),
    ],
)
def test_a_signed_answer_that_does_not_hold_is_refused(visitor, signed, is_refused, forgery, code):
    signed.forge("userinfo", **forgery)

    response = visitor.sign_in()

    is_refused(response, 502, code, asked=f"{BEFORE} userinfo")


def test_a_signed_answer_without_a_signature_is_refused(visitor, signed, is_refused):
    signed.forge("userinfo", sign_with="nobody")

    response = visitor.sign_in()

    # The keys of the moment before are fetched anew: one may have been replaced under its kid.
    is_refused(response, 502, "userinfo.signature", asked=f"{BEFORE} userinfo jwks")


def test_a_signed_answer_by_an_unknown_key_is_refused(visitor, signed, is_refused):
    signed.forge("userinfo", sign_with=signing_key("RS256", 9))

    response = visitor.sign_in()

    is_refused(response, 502, "id_token.key_unknown", asked=f"{BEFORE} userinfo jwks")
