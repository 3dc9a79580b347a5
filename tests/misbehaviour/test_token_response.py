"""What the token endpoint answers (RFC 6749 5, OIDC Core 3.1.3.3)."""

import gzip
import json
import zlib

import pytest

from tests.support.provider import faults

pytestmark = pytest.mark.django_db

JSON = "token_response.json"
CONNECTION = "provider_unavailable.connection"
TIMEOUT = "provider_unavailable.timeout"


def without(name):
    return lambda answer: {key: value for key, value in answer.items() if key != name}


def body(octets, code, id):
    return pytest.param({"body": octets}, code, id=id)


def member(name, value, id, code=None):
    """Return a row: a member of the answer that is not as it should be, None for a missing one."""
    edit = without(name) if value is None else lambda answer: answer | {name: value}
    return pytest.param({"edit": edit}, code or f"token_response.{name}", id=id)


def spoilt(change, id):
    """Return a row: the true answer, tokens and all, with a fault in its form."""
    return pytest.param({"edit": lambda answer: change(json.dumps(answer).encode())}, JSON, id=id)


def refusal(status, octets, code, id):
    return pytest.param({"status": status, "body": octets}, code, id=id)


def encoded(coding, octets, id):
    lie = {"headers": {"Content-Encoding": coding}, "body": octets}
    return pytest.param(lie, "provider.encoding", id=id)


def fault(broken, code, id):
    return pytest.param({"fault": broken}, code, id=id)


@pytest.fixture
def answered(visitor, provider):
    """Sign in while the token endpoint lies."""

    def sign_in(lie):
        provider.lie("token", **lie)
        return visitor.sign_in()

    return sign_in


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        body(b"", JSON, "nothing"),
        body(b" ", JSON, "a space"),
        body(b"<html>", JSON, "HTML"),
        body(b"null", JSON, "null"),
        body(b"true", JSON, "a boolean"),
        body(b"7", JSON, "a number"),
        body(b'"x"', JSON, "a text"),
        body(b"[]", JSON, "a list"),
        body(b"[{}]", JSON, "an object in a list"),
        body(b"{", JSON, "half an object"),
        body(b"{}{}", JSON, "two objects"),
        body(b"{}\x00", JSON, "NUL behind the object"),
        body(b"{'a':1}", JSON, "other quotes"),
        body(b'{"a":1,}', JSON, "a comma too many"),
        body(b"/**/{}", JSON, "a comment"),
        body(b"access_token=a&token_type=bearer", JSON, "a form"),
        body(b"\xff{}", JSON, "no UTF-8"),
        body(b"\xef\xbb\xbf{}", "token_response.token_type", "a byte order mark and no tokens"),
        body(b"\xef\xbb\xbf" * 2 + b"{}", JSON, "two byte order marks"),
        body('{"a":1}'.encode("utf-16"), JSON, "UTF-16"),
        body(b'{"a":1,"a":2}', JSON, "a member twice"),
        body(b'{"a":1,"\\u0061":2}', JSON, "a member twice, in two spellings"),
        body(b'{"a":{"b":1,"b":1}}', JSON, "a member twice further in"),
        body(b'{"a":NaN}', JSON, "NaN"),
        body(b'{"a":-Infinity}', JSON, "Infinity"),
        body(b'{"a":1e999}', JSON, "a number beyond all numbers"),
        body(b'{"a":' + b"1" * 6_000 + b"}", JSON, "6,000 digits"),
        body(b'{"a":"\n"}', JSON, "a line end in a text"),
        body(b"[" * 60_000, "token_response.nesting", "60,000 arrays"),
        body(b'{"a":' * 60_000, "token_response.nesting", "60,000 objects"),
        body(b'{"a":' * 65 + b"1" + b"}" * 65, "token_response.nesting", "65 levels"),
        spoilt(lambda text: text[:-1], "an object without its end"),
        spoilt(lambda text: text + b"x", "a letter behind the object"),
        spoilt(lambda text: text + b"\xff", "no UTF-8 behind the object"),
        spoilt(lambda text: text.replace(b":", b"=", 1), "another sign for a colon"),
        member("access_token", None, "no access token"),
        member("access_token", "", "an empty access token"),
        member("access_token", "a\r\nX: y", "a header in the access token"),
        member("access_token", "a b", "a space in the access token"),
        member("access_token", "a\x00", "NUL in the access token"),
        member("access_token", "é", "a letter beyond ASCII in the access token"),
        member("access_token", ["a"], "a list for an access token"),
        member("access_token", True, "a boolean for an access token"),
        member("access_token", "a" * 100_001, "an access token without end"),
        member("token_type", None, "no token type"),
        member("token_type", "", "an empty token type"),
        member("token_type", "mac", "an unknown token type"),
        member("token_type", "DPoP", "a token type that was not asked for"),
        member("token_type", "Bearer ", "a space behind the token type"),
        member("token_type", ["Bearer"], "a list for a token type"),
        member("id_token", None, "no ID token"),
        member("id_token", "", "an empty ID token"),
        member("id_token", {"a": 1}, "an object for an ID token"),
        member("id_token", ["a.b.c"], "a list for an ID token"),
        member("id_token", "a" * 100_001, "an ID token without end"),
        member("refresh_token", 7, "a number for a refresh token"),
        member("refresh_token", "a\nb", "a line end in the refresh token"),
        member("error", "server_error", "an error beside the tokens", "oauth.server_error"),
        member("error", 7, "a number for an error", "oauth.unregistered"),
        body(b'{"error":"invalid_client"}', "oauth.invalid_client", "an OAuth error under 200"),
        body(b'{"error":"\\u003cb\\u003e"}', "oauth.unregistered", "markup for an error"),
        body(b'{"code":400,"message":"no"}', "oauth.unregistered", "GenAuth's v2"),
        body(b'{"statusCode":401,"apiCode":1,"message":"no"}', "oauth.unregistered", "its v3"),
        refusal(401, b'{"error":"invalid_client"}', "oauth.invalid_client", "an unknown client"),
        refusal(400, b'{"error":"access_denied"}', "oauth.access_denied", "a no of the provider"),
        refusal(400, b'{"error":["a"]}', "oauth.unregistered", "a list for an error"),
        refusal(400, b'{"error":"x","error":"y"}', "token_response.status_400", "two errors"),
        refusal(400, b"[" * 60_000, "token_response.status_400", "arrays for an error"),
        refusal(400, b"<html>", "token_response.status_400", "400 in HTML"),
        refusal(403, b"", "token_response.status_403", "403"),
        refusal(201, b"{}", "token_response.token_type", "201 without tokens"),
        refusal(204, b"", JSON, "204"),
        refusal(206, b"{}", "token_response.token_type", "a part of the answer"),
        refusal(201, b'{"error":"invalid_client"}', "oauth.invalid_client", "an error under 201"),
        refusal(304, b"", "token_response.status_304", "not modified"),
        refusal(418, b"", "token_response.status_418", "a teapot"),
        encoded("br", b"{}", "brotli"),
        encoded("gzip, gzip", b"{}", "packed twice"),
        encoded("gzip", b"{}", "packed by its header alone"),
        encoded("gzip", gzip.compress(b"{}")[:-4], "packed and cut short"),
        encoded("deflate", zlib.compress(b"{}")[2:-4], "deflate without a frame"),
        fault(faults.oversize(megabytes=64), "provider.too_large", "64 MB"),
        fault(faults.bomb(megabytes=8), "provider.too_large", "a gzip bomb"),
    ],
)
def test_an_answer_that_does_not_hold_is_refused(answered, is_refused, lie, code):
    response = answered(lie)

    is_refused(response, 502, code, asked="discovery token")


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        refusal(429, b"", "provider_unavailable.status_429", "too many requests"),
        refusal(500, b"", "provider_unavailable.status_500", "500"),
        refusal(500, b'{"error":"invalid_grant"}', "provider_unavailable.status_500", "worded"),
        refusal(503, b"", "provider_unavailable.status_503", "503"),
        refusal(599, b"", "provider_unavailable.status_599", "599"),
        fault(faults.close, CONNECTION, "close"),
        fault(faults.reset, CONNECTION, "reset"),
        fault(faults.reset_in_body, CONNECTION, "reset in the body"),
        fault(faults.short_body, CONNECTION, "truncated"),
        fault(faults.short_chunk, CONNECTION, "truncated in a chunk"),
        fault(faults.no_last_chunk, CONNECTION, "without the last chunk"),
        fault(faults.endless_headers, CONNECTION, "headers without end"),
        fault(faults.raw(b"SSH-2.0-OpenSSH\r\n"), CONNECTION, "another protocol"),
        fault(faults.raw(b'{"access_token":"a"}'), CONNECTION, "a body without a head"),
        fault(faults.raw(b"HTTP/1.1 abc\r\n\r\n"), CONNECTION, "a status that is no number"),
        fault(faults.hang, TIMEOUT, "hang"),
        fault(faults.hang_in_body, TIMEOUT, "hang in the body"),
    ],
)
def test_no_whole_answer_is_a_provider_that_is_out_of_order(answered, is_refused, lie, code):
    response = answered(lie)

    is_refused(response, 503, code, asked="discovery token")


def test_a_code_that_is_no_good_is_the_browsers_fault(answered, is_refused):
    response = answered({"status": 400, "body": b'{"error":"invalid_grant"}'})

    is_refused(response, 400, "oauth.invalid_grant", asked="discovery token")


@pytest.mark.parametrize(
    ("told", "handed_on"),
    [
        pytest.param("120", "120", id="seconds"),
        pytest.param("99999999", "86400", id="years"),
        pytest.param("Fri, 31 Dec 9999 23:59:59 GMT", "30", id="a date"),
        pytest.param("-1", "30", id="a time that is over"),
        pytest.param("1e9", "30", id="a number in another form"),
        pytest.param("9" * 5_000, "30", id="5,000 digits"),
        pytest.param("\xb2", "30", id="a digit beyond ASCII"),
    ],
)
def test_the_time_to_come_back_is_a_number_of_ours(answered, told, handed_on):
    response = answered({"status": 503, "headers": {"Retry-After": told}})

    assert response["Retry-After"] == handed_on


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["{provider}/oidc/me", "https://evil.example/", "//evil", ""])
def test_a_redirect_is_never_followed(answered, provider, is_refused, status, target):
    location = target.format(provider=provider.base_url)

    response = answered({"status": status, "headers": {"Location": location}})

    is_refused(response, 502, f"token_response.status_{status}", asked="discovery token")


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Location": "https://evil.example/"}, id="an address without a redirect"),
        pytest.param({"Refresh": "0; url=https://evil.example/"}, id="a refresh"),
        pytest.param({"Set-Cookie": "a=b; Domain=127.0.0.1"}, id="a cookie"),
        pytest.param({"Content-Type": "text/html"}, id="another type"),
        pytest.param({"Content-Type": None}, id="no type"),
        pytest.param({"Content-Type": "application/json; charset=utf-16"}, id="another charset"),
    ],
)
def test_headers_that_mean_nothing_here_do_nothing(visitor, provider, headers):
    provider.lie("token", headers=headers)

    visitor.sign_in()

    assert visitor.is_signed_in
    assert provider.asked == ["discovery", "token", "jwks"]
    assert not any(request.headers["Cookie"] for request in provider.requests)


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
        pytest.param(
            lambda answer: answer | {"refresh_token": "QfglIUEY3 2050 <@`~"},
            id="spaces in the refresh token, the OpenID Foundation's suite",
        ),
        pytest.param(lambda answer: answer | {"refresh_token": ""}, id="empty texts, Casdoor"),
        pytest.param(lambda answer: answer | {"error": None}, id="a null error, Keycloak"),
        pytest.param(lambda answer: answer | {"error": ""}, id="an empty error"),
        pytest.param(lambda answer: answer | {"scope": ""}, id="an empty scope"),
        pytest.param(lambda answer: answer | {"scope": None}, id="a null scope"),
        pytest.param(lambda answer: answer | {"expires_in": 0}, id="a lifetime of nothing"),
        pytest.param(
            lambda answer: b"\xef\xbb\xbf" + json.dumps(answer).encode(), id="a byte order mark"
        ),
        pytest.param(without("scope"), id="no scope"),
        pytest.param(lambda answer: answer | {"new": {"a": [1]}}, id="an unknown member"),
    ],
)
def test_what_a_specification_leaves_open_is_accepted(visitor, provider, edit):
    provider.lie("token", edit=edit)

    visitor.sign_in()

    assert visitor.is_signed_in


@pytest.mark.parametrize("status", [201, 202, 206])
def test_another_status_of_a_success_is_one(visitor, provider, status):
    """As Supabase and Harvest have it, 201."""
    provider.lie("token", status=status)

    visitor.sign_in()

    assert visitor.is_signed_in


def test_a_packed_answer_is_unpacked(visitor, provider):
    provider.lie(
        "token",
        edit=lambda answer: gzip.compress(json.dumps(answer).encode()),
        headers={"Content-Encoding": "gzip"},
    )

    visitor.sign_in()

    assert visitor.is_signed_in
