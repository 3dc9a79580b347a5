"""The token response: what is read from it, and what is refused."""

import json

import pytest

from django_genauth.protocol.errors import OAuthError, ProviderUnavailable, TokenResponseError
from django_genauth.protocol.messages import HttpResponse
from django_genauth.protocol.tokens import TokenSet, parse_token_set
from tests.protocol.material import NOW, all_that_shows, without

GOOD = {
    "access_token": "SlAV32hkKG",
    "token_type": "Bearer",
    "expires_in": 3600,
    "scope": "openid profile",
    "refresh_token": "8xLOxBtZp8",
    "id_token": "header.claims.signature",
}
TOKENS = ("access_token", "refresh_token", "id_token")


def token_set_of(answer, *, status=200, id_token_required=True):
    text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    response = HttpResponse(status=status, body=text)
    return parse_token_set(response, now=NOW, id_token_required=id_token_required)


def test_a_token_set_has_no_claims_before_its_id_token_is_verified():
    assert token_set_of(GOOD).claims() is None


def test_a_token_set_is_read():
    assert token_set_of(GOOD) == TokenSet(
        access_token="SlAV32hkKG",
        token_type="Bearer",
        expires_in=3600,
        expires_at=NOW + 3600,
        scope="openid profile",
        refresh_token="8xLOxBtZp8",
        id_token="header.claims.signature",
        extra={},
    )


def test_the_successful_response_of_rfc_6750_4_is_read():
    token_set = token_set_of(
        b'{"access_token":"mF_9.B5f-4.1JqM","token_type":"Bearer","expires_in":3600,'
        b'"refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA"}',
        id_token_required=False,
    )

    assert token_set.access_token == "mF_9.B5f-4.1JqM"
    assert token_set.refresh_token == "tGzv3JOkF0XG5Qx2TlKWIA"


def test_the_successful_response_of_rfc_6749_5_1_is_of_a_type_that_nobody_understands():
    with pytest.raises(TokenResponseError) as refused:
        token_set_of(
            b'{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"example","expires_in":3600,'
            b'"refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA","example_parameter":"example_value"}',
            id_token_required=False,
        )

    assert refused.value.code == "token_response.token_type"


def test_the_least_that_an_answer_can_hold():
    token_set = token_set_of({"access_token": "a", "token_type": "Bearer"}, id_token_required=False)

    assert token_set == TokenSet(access_token="a", token_type="Bearer")


def test_members_that_are_null_are_missing():
    names = ("expires_in", "scope", "refresh_token", "id_token")

    token_set = token_set_of(GOOD | dict.fromkeys(names), id_token_required=False)

    assert token_set == TokenSet(access_token="SlAV32hkKG", token_type="Bearer")


@pytest.mark.parametrize("token_type", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_token_type_is_accepted_in_any_case(token_type):
    assert token_set_of(GOOD | {"token_type": token_type}).token_type == token_type


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        pytest.param(1, 1, id="a number"),
        pytest.param(0, 0, id="zero"),
        pytest.param(3599.9, 3599, id="a float"),
        pytest.param("3600", 3600, id="text"),
        pytest.param("0", 0, id="text zero"),
        pytest.param("0000003600", 3600, id="ten digits of text"),
        pytest.param(315_360_000, 315_360_000, id="ten years"),
        pytest.param("315360000", 315_360_000, id="ten years, as text"),
        pytest.param(315_360_001, None, id="more than ten years"),
        pytest.param(315_360_000.5, None, id="more than ten years, as a float"),
        pytest.param("9999999999", None, id="ten digits, more than ten years"),
        pytest.param("0" * 10 + "1", None, id="eleven digits"),
        pytest.param("9" * 6000, None, id="6,000 digits of text"),
        pytest.param(10**4000, None, id="4,000 digits"),
        pytest.param(1e300, None, id="a huge float"),
        pytest.param(-1, None, id="negative"),
        pytest.param(-0.5, None, id="negative, as a float"),
        pytest.param("-1", None, id="negative, as text"),
        pytest.param("3599.9", 3599, id="a float as text"),
        pytest.param("1.", None, id="half a float as text"),
        pytest.param("1e3", None, id="an exponent as text"),
        pytest.param(" 1", None, id="a space"),
        pytest.param("²", None, id="a digit beyond ASCII"),
        pytest.param("\u0661", None, id="another digit beyond ASCII"),
        pytest.param("", None, id="empty"),
        pytest.param("soon", None, id="a word"),
        pytest.param(True, None, id="a boolean"),
        pytest.param([3600], None, id="a list"),
        pytest.param({}, None, id="an object"),
    ],
)
def test_the_lifetime_is_read_leniently(expires_in, seconds):
    assert token_set_of(GOOD | {"expires_in": expires_in}).expires_in == seconds


def test_the_end_is_counted_from_now():
    assert token_set_of(GOOD | {"expires_in": 1.5}).expires_at == NOW + 1


@pytest.mark.parametrize(
    "answer",
    [without(GOOD, "expires_in"), GOOD | {"expires_in": -1}],
    ids=["missing", "negative"],
)
def test_without_a_lifetime_there_is_no_end(answer):
    assert token_set_of(answer).expires_at is None


@pytest.mark.parametrize(
    "scope", [["openid"], 5, True, {}], ids=["a list", "a number", "a boolean", "an object"]
)
def test_a_scope_that_is_no_text_is_left_out(scope):
    assert token_set_of(GOOD | {"scope": scope}).scope is None


def test_members_that_nobody_knows_are_kept_apart():
    answer = GOOD | {"session_state": "x", "nested": {"deep": [1]}}

    assert token_set_of(answer).extra == {"session_state": "x", "nested": {"deep": [1]}}


@pytest.mark.parametrize("name", TOKENS)
@pytest.mark.parametrize("token", ["a", "!~" * 50_000], ids=["one character", "100,000 characters"])
def test_a_token_of_any_printable_text_is_accepted(name, token):
    assert getattr(token_set_of(GOOD | {name: token}), name) == token


@pytest.mark.parametrize("name", TOKENS)
@pytest.mark.parametrize(
    "token",
    [
        pytest.param("a" * 100_001, id="100,001 characters"),
        pytest.param("a\r\nX-Header: b", id="a header slipped in"),
        pytest.param("a\x00", id="NUL"),
        pytest.param("a\x7f", id="DEL"),
        pytest.param("é", id="a letter beyond ASCII"),
        pytest.param("\ud800", id="half of a surrogate pair"),
        pytest.param(5, id="a number"),
        pytest.param(True, id="a boolean"),
        pytest.param(["a"], id="a list"),
        pytest.param({"value": "a"}, id="an object"),
    ],
)
def test_a_token_that_no_header_could_carry_is_refused(name, token):
    with pytest.raises(TokenResponseError) as refused:
        token_set_of(GOOD | {name: token})

    assert refused.value.code == f"token_response.{name}"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(without(GOOD, "access_token"), "access_token", id="access_token missing"),
        pytest.param(GOOD | {"access_token": None}, "access_token", id="access_token null"),
        pytest.param(GOOD | {"access_token": ""}, "access_token", id="access_token empty"),
        pytest.param(
            GOOD | {"access_token": "a b"}, "access_token", id="access_token with a space"
        ),
        pytest.param(GOOD | {"id_token": "a b"}, "id_token", id="id_token with a space"),
        pytest.param(without(GOOD, "token_type"), "token_type", id="token_type missing"),
        pytest.param(GOOD | {"token_type": None}, "token_type", id="token_type null"),
        pytest.param(GOOD | {"token_type": ""}, "token_type", id="token_type empty"),
        pytest.param(GOOD | {"token_type": "mac"}, "token_type", id="token_type mac"),
        pytest.param(GOOD | {"token_type": "DPoP"}, "token_type", id="token_type DPoP"),
        pytest.param(GOOD | {"token_type": "N_A"}, "token_type", id="token_type N_A"),
        pytest.param(GOOD | {"token_type": "Bearer "}, "token_type", id="token_type and a space"),
        pytest.param(GOOD | {"token_type": ["Bearer"]}, "token_type", id="token_type a list"),
        pytest.param(without(GOOD, "id_token"), "id_token", id="id_token missing"),
        pytest.param(GOOD | {"id_token": None}, "id_token", id="id_token null"),
        pytest.param(GOOD | {"id_token": ""}, "id_token", id="id_token empty"),
        pytest.param(b"", "json", id="nothing"),
        pytest.param(b"<html>", "json", id="HTML"),
        pytest.param(b"access_token=a&token_type=Bearer", "json", id="a form"),
        pytest.param([GOOD], "json", id="a list"),
        pytest.param(json.dumps(GOOD).encode()[:-1], "json", id="cut off"),
        pytest.param(b'{"access_token":"a","access_token":"b"}', "json", id="a token twice"),
    ],
)
def test_an_answer_that_breaks_one_rule_is_refused_for_that_rule(answer, reason):
    with pytest.raises(TokenResponseError) as refused:
        token_set_of(answer)

    assert refused.value.code == f"token_response.{reason}"


@pytest.mark.parametrize("status", [100, 199, 300, 302, 400, 401, 403, 404])
def test_a_status_that_is_no_success_is_refused_though_it_holds_tokens(status):
    with pytest.raises(TokenResponseError) as refused:
        token_set_of(GOOD, status=status)

    assert refused.value.code == f"token_response.status_{status}"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_provider_that_cannot_answer_is_unavailable(status):
    with pytest.raises(ProviderUnavailable) as refused:
        token_set_of(GOOD, status=status)

    assert refused.value.code == f"provider_unavailable.status_{status}"


@pytest.mark.parametrize("status", [200, 400])
def test_the_error_response_of_rfc_6749_5_2_is_a_refusal(status):
    with pytest.raises(OAuthError) as refused:
        token_set_of({"error": "invalid_request"}, status=status)

    assert refused.value.code == "oauth.invalid_request"


@pytest.mark.parametrize(
    "shape", [{"code": 400}, {"statusCode": 403, "apiCode": 1}], ids=["second", "third"]
)
def test_an_error_in_the_vendors_form_is_a_refusal_though_tokens_stand_beside_it(shape):
    with pytest.raises(OAuthError) as refused:
        token_set_of(GOOD | shape | {"message": "x"})

    assert refused.value.code == "oauth.unregistered"


def test_a_token_set_shows_no_token():
    shown = repr(token_set_of(GOOD | {"another_token": "hidden-away"}))

    assert shown == (
        f"TokenSet(token_type='Bearer', expires_in=3600, expires_at={NOW + 3600},"
        " scope='openid profile')"
    )


@pytest.mark.parametrize("name", TOKENS)
def test_a_refused_token_is_not_shown(name):
    token = "hidden\naway"

    shown = all_that_shows(lambda: token_set_of(GOOD | {name: token}))

    assert f"token_response.{name}" in shown
    assert "hidden" not in shown
