"""Token answers of providers that keep RFC 6749 not quite, each with the provider's name."""

import json

import pytest

from django_genauth.protocol.errors import TokenResponseError
from django_genauth.protocol.messages import HttpResponse
from django_genauth.protocol.tokens import parse_token_set
from tests.protocol.material import NOW

GOOD = {"access_token": "SlAV32hkKG", "token_type": "Bearer", "id_token": "header.claims.signature"}
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def token_set_of(answer, *, status=200, before=b""):
    response = HttpResponse(status=status, body=before + json.dumps(answer).encode())
    return parse_token_set(response, now=NOW, id_token_required=False)


@pytest.mark.parametrize(
    "refresh_token",
    [
        pytest.param("QfglIUEY3 2050 <@`~", id="spaces inside"),
        pytest.param(" a ", id="spaces around"),
        pytest.param(" ", id="a space alone"),
    ],
)
def test_a_refresh_token_of_the_openid_foundations_suite_has_spaces(refresh_token):
    """RFC 6749 A.17: 1*VSCHAR."""
    assert token_set_of(GOOD | {"refresh_token": refresh_token}).refresh_token == refresh_token


@pytest.mark.parametrize("nothing", [None, ""], ids=["null", "empty"])
def test_keycloak_writes_an_error_of_nothing_beside_the_tokens(nothing):
    """As pyoidc 879 met it."""
    members = dict.fromkeys(["error", "error_description", "error_uri"], nothing)

    assert token_set_of(GOOD | members).access_token == "SlAV32hkKG"


def test_an_error_of_nothing_under_a_refusal_says_nothing():
    with pytest.raises(TokenResponseError) as refused:
        token_set_of({"error": None}, status=400)

    assert refused.value.code == "token_response.status_400"


@pytest.mark.parametrize("nothing", [None, ""], ids=["null", "empty"])
@pytest.mark.parametrize("name", ["refresh_token", "id_token", "scope"])
def test_casdoor_writes_empty_texts_for_what_is_missing(name, nothing):
    assert getattr(token_set_of(GOOD | {name: nothing}), name) is None


@pytest.mark.parametrize("status", [201, 202, 206, 299])
def test_supabase_and_harvest_answer_with_another_success_than_200(status):
    assert token_set_of(GOOD, status=status).access_token == "SlAV32hkKG"


def test_a_success_without_content_has_no_tokens():
    with pytest.raises(TokenResponseError) as refused:
        parse_token_set(HttpResponse(status=204), now=NOW, id_token_required=False)

    assert refused.value.code == "token_response.json"


def test_an_answer_may_begin_with_a_byte_order_mark():
    """RFC 8259 8.1 lets a reader ignore it."""
    assert token_set_of(GOOD, before=BYTE_ORDER_MARK).access_token == "SlAV32hkKG"


def test_an_answer_may_begin_with_one_byte_order_mark_alone():
    with pytest.raises(TokenResponseError) as refused:
        token_set_of(GOOD, before=BYTE_ORDER_MARK * 2)

    assert refused.value.code == "token_response.json"
