"""Authorization responses of every response type: what each has to hold, and must not."""

import dataclasses

import pytest

from django_genauth.protocol.authorization import (
    RESPONSE_MODES,
    RESPONSE_TYPES,
    AuthorizationResponse,
    check_extra,
    parse,
    response_type_of,
)
from django_genauth.protocol.errors import (
    AccessDenied,
    AuthorizationResponseError,
    ConfigurationError,
)
from tests.protocol.material import ISSUER, without

STATE = "af0ifjsldkj"
CODE = {"code": "c"}
ID_TOKEN = {"id_token": "i"}
TOKEN = {"access_token": "a", "token_type": "Bearer"}
# A type and the members that it asks for.
TYPES = [
    pytest.param("code", CODE, id="code"),
    pytest.param("code id_token", CODE | ID_TOKEN, id="code id_token"),
    pytest.param("code id_token token", CODE | ID_TOKEN | TOKEN, id="code id_token token"),
    pytest.param("code token", CODE | TOKEN, id="code token"),
    pytest.param("id_token", ID_TOKEN, id="id_token"),
    pytest.param("id_token token", ID_TOKEN | TOKEN, id="id_token token"),
    pytest.param("token", TOKEN, id="token"),
    pytest.param("none", {}, id="none"),
]
NEEDED = [
    ("code", CODE, "code"),
    ("code id_token", CODE | ID_TOKEN, "code"),
    ("code id_token", CODE | ID_TOKEN, "id_token"),
    ("code id_token token", CODE | ID_TOKEN | TOKEN, "code"),
    ("code id_token token", CODE | ID_TOKEN | TOKEN, "id_token"),
    ("code id_token token", CODE | ID_TOKEN | TOKEN, "access_token"),
    ("code token", CODE | TOKEN, "code"),
    ("code token", CODE | TOKEN, "access_token"),
    ("id_token", ID_TOKEN, "id_token"),
    ("id_token token", ID_TOKEN | TOKEN, "id_token"),
    ("id_token token", ID_TOKEN | TOKEN, "access_token"),
    ("token", TOKEN, "access_token"),
]
UNASKED = [
    ("code", CODE, "id_token"),
    ("code", CODE, "access_token"),
    ("code", CODE, "token_type"),
    ("code", CODE, "refresh_token"),
    ("code id_token", CODE | ID_TOKEN, "access_token"),
    ("code id_token", CODE | ID_TOKEN, "token_type"),
    ("code id_token token", CODE | ID_TOKEN | TOKEN, "refresh_token"),
    ("code token", CODE | TOKEN, "id_token"),
    ("id_token", ID_TOKEN, "access_token"),
    ("id_token token", ID_TOKEN | TOKEN, "refresh_token"),
    ("token", TOKEN, "id_token"),
    ("none", {}, "id_token"),
    ("none", {}, "access_token"),
    ("id_token", ID_TOKEN, "code"),
    ("id_token token", ID_TOKEN | TOKEN, "code"),
    ("token", TOKEN, "code"),
    ("none", {}, "code"),
]
# What neither a header nor a form can carry, and so no token is (RFC 6749 A, RFC 6750 2.1).
NO_TOKENS = [
    pytest.param("a\r\nX-Evil: 1", id="a line end and a header"),
    pytest.param("a\n", id="a line end behind"),
    pytest.param("a\x00", id="NUL"),
    pytest.param("a\x7f", id="DEL"),
    pytest.param("é", id="beyond ASCII"),
    pytest.param("\ud800", id="half of a surrogate pair"),
    pytest.param("a" * 100_001, id="a character too long"),
]


def parsed(members, response_type, *, expected_state=STATE, iss_required=False):
    return parse(
        {"state": STATE} | members,
        expected_state=expected_state,
        issuer=ISSUER,
        iss_required=iss_required,
        response_type=response_type,
    )


@pytest.mark.parametrize(("response_type", "members"), TYPES)
def test_a_response_holds_what_its_type_asks_for(response_type, members):
    response = parsed(members, response_type)

    assert response == AuthorizationResponse(
        code=members.get("code"),
        id_token=members.get("id_token"),
        access_token=members.get("access_token"),
    )


@pytest.mark.parametrize(("response_type", "members"), TYPES)
def test_unknown_parameters_are_ignored(response_type, members):
    response = parsed(
        members | {"expires_in": "3600", "scope": "", "session_state": "x"}, response_type
    )

    assert response == parsed(members, response_type)


@pytest.mark.parametrize(("response_type", "members", "name"), NEEDED)
def test_a_member_that_is_missing_is_refused(response_type, members, name):
    with pytest.raises(AuthorizationResponseError) as refused:
        parsed(without(members, name), response_type)

    assert refused.value.code == f"authorization_response.{name}_missing"


@pytest.mark.parametrize(("response_type", "members", "name"), NEEDED)
def test_a_member_that_is_empty_is_refused(response_type, members, name):
    with pytest.raises(AuthorizationResponseError) as refused:
        parsed(members | {name: ""}, response_type)

    assert refused.value.code == f"authorization_response.{name}_missing"


@pytest.mark.parametrize("value", ["x", ""], ids=["with a value", "empty"])
@pytest.mark.parametrize(("response_type", "members", "name"), UNASKED)
def test_what_was_not_asked_for_is_refused(response_type, members, name, value):
    with pytest.raises(AuthorizationResponseError) as refused:
        parsed(members | {name: value}, response_type)

    assert refused.value.code == "authorization_response.unasked"


@pytest.mark.parametrize("name", ["code", "id_token", "access_token"])
@pytest.mark.parametrize("text", NO_TOKENS)
def test_a_member_that_is_no_tokens_text_is_refused(text, name):
    with pytest.raises(AuthorizationResponseError) as refused:
        parsed(CODE | ID_TOKEN | TOKEN | {name: text}, "code id_token token")

    assert refused.value.code == f"authorization_response.{name}"


@pytest.mark.parametrize("name", ["code", "id_token", "access_token"])
def test_the_longest_text_of_a_token_is_accepted(name):
    longest = "~" * 100_000

    response = parsed(CODE | ID_TOKEN | TOKEN | {name: longest}, "code id_token token")

    assert getattr(response, name) == longest


@pytest.mark.parametrize("token_type", ["Bearer", "bearer", "BEARER"])
def test_a_token_type_is_accepted_in_any_case(token_type):
    response = parsed(TOKEN | {"token_type": token_type}, "token")

    assert response.access_token == "a"


@pytest.mark.parametrize("response_type", ["code token", "code id_token token", "token"])
@pytest.mark.parametrize(
    "token",
    [
        pytest.param(without(TOKEN, "token_type"), id="missing"),
        pytest.param(TOKEN | {"token_type": ""}, id="empty"),
        pytest.param(TOKEN | {"token_type": "DPoP"}, id="another"),
        pytest.param(TOKEN | {"token_type": "Bearer "}, id="a space more"),
    ],
)
def test_an_access_token_of_another_type_than_bearer_is_refused(token, response_type):
    beside = {each: each for each in ("code", "id_token") if each in response_type}

    with pytest.raises(AuthorizationResponseError) as refused:
        parsed(beside | token, response_type)

    assert refused.value.code == "authorization_response.token_type"


@pytest.mark.parametrize(("response_type", "members"), TYPES)
def test_a_no_is_an_answer_to_every_type(response_type, members):
    with pytest.raises(AccessDenied) as refused:
        parsed({"error": "access_denied"}, response_type)

    assert refused.value.code == "access_denied"


@pytest.mark.parametrize(("response_type", "members", "name"), NEEDED)
def test_an_error_beside_what_was_asked_for_is_refused(response_type, members, name):
    with pytest.raises(AuthorizationResponseError) as refused:
        parsed({"error": "access_denied", name: members[name]}, response_type)

    assert refused.value.code == "authorization_response.error_and_code"


@pytest.mark.parametrize("response_type", ["code", "code token", "token", "none"])
def test_an_announced_iss_is_needed_where_no_id_token_names_the_issuer(response_type):
    with pytest.raises(AuthorizationResponseError) as refused:
        parsed({}, response_type, iss_required=True)

    assert refused.value.code == "authorization_response.iss_missing"


@pytest.mark.parametrize(("response_type", "members"), [TYPES[1], TYPES[2], TYPES[4], TYPES[5]])
def test_an_announced_iss_may_be_missing_where_an_id_token_names_the_issuer(response_type, members):
    response = parsed(members, response_type, iss_required=True)

    assert response.id_token == "i"


@pytest.mark.parametrize(("response_type", "members"), TYPES)
def test_a_wrong_iss_is_refused_whatever_was_asked_for(response_type, members):
    with pytest.raises(AuthorizationResponseError) as refused:
        parsed(members | {"iss": "https://evil.example"}, response_type)

    assert refused.value.code == "authorization_response.iss_wrong"


def test_no_state_is_good_where_none_was_sent():
    response = parse(CODE, expected_state=None, issuer=ISSUER, iss_required=False)

    assert response.code == "c"


@pytest.mark.parametrize(
    ("parameters", "expected_state"),
    [
        pytest.param(CODE | {"state": "x"}, None, id="one that nobody sent"),
        pytest.param(CODE | {"state": ""}, None, id="an empty one that nobody sent"),
        pytest.param(CODE, "x", id="missing"),
        pytest.param(CODE, "", id="missing, and an empty one was sent"),
        pytest.param(CODE | {"state": "\ud800"}, "\ud801", id="no Unicode, and another"),
    ],
)
def test_a_state_that_is_not_the_one_that_was_sent_is_refused(parameters, expected_state):
    with pytest.raises(AuthorizationResponseError) as refused:
        parse(parameters, expected_state=expected_state, issuer=ISSUER, iss_required=False)

    assert refused.value.code == "authorization_response.state"


def test_a_state_beyond_ascii_can_be_the_one_that_was_sent():
    response = parsed(CODE | {"state": "é\ud800"}, "code", expected_state="é\ud800")

    assert response.code == "c"


def test_a_response_shows_none_of_its_members():
    assert repr(parsed(CODE | ID_TOKEN | TOKEN, "code id_token token")) == "AuthorizationResponse()"


def test_a_checked_response_does_not_change():
    response = parsed(CODE, "code")

    with pytest.raises(dataclasses.FrozenInstanceError):
        response.code = "another"


def test_these_are_the_types_and_modes():
    assert RESPONSE_TYPES == {
        "oidc": (
            "code",
            "code id_token",
            "code id_token token",
            "code token",
            "id_token",
            "id_token token",
            "none",
        ),
        "oauth": ("code", "token"),
    }
    assert RESPONSE_MODES == (
        "query",
        "fragment",
        "form_post",
        "jwt",
        "query.jwt",
        "form_post.jwt",
    )


@pytest.mark.parametrize(
    ("text", "response_type"),
    [
        ("code", "code"),
        ("id_token code", "code id_token"),
        (" token  id_token code ", "code id_token token"),
        ("", ""),
    ],
    ids=["one word", "two in another order", "three with spaces", "none"],
)
def test_the_words_of_a_type_stand_in_the_registered_order(text, response_type):
    assert response_type_of(text) == response_type


def test_further_parameters_that_nobody_makes_here_are_good():
    assert check_extra({"prompt": "login", "max_age": 0, "resource": ["a", "b"]}) is None


def test_further_parameters_that_a_request_makes_are_refused():
    with pytest.raises(ConfigurationError) as refused:
        check_extra({"prompt": "login", "state": "x"})

    assert refused.value.code == "configuration.authorize_params"
