"""The authorization request, and the response that is checked in its order."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from django_genauth.protocol.authorization import (
    AuthorizationRequest,
    AuthorizationResponse,
    parse,
    unique_parameters,
)
from django_genauth.protocol.errors import (
    AccessDenied,
    AuthorizationResponseError,
    ConfigurationError,
    GenAuthError,
)
from tests.protocol.material import ISSUER, without

STATE = "af0ifjsldkj"
GOOD = {"code": "SplxlOBeZQQYbYS6WxSbIA", "state": STATE}
TOKENS = ("access_token", "id_token", "token_type", "refresh_token")


def a_request(**changes):
    values = {
        "authorization_endpoint": "https://server.example.com/authorize",
        "client_id": "s6BhdRkqt3",
        "redirect_uri": "https://client.example.org/cb",
        "scope": "openid profile email",
        "state": STATE,
        "nonce": "n-0S6_WzA2Mj",
    }
    return AuthorizationRequest(**(values | changes))


def parameters_of(request):
    return parse_qsl(urlsplit(request.url()).query, keep_blank_values=True, strict_parsing=True)


def parsed(parameters, *, iss_required=False):
    return parse(parameters, expected_state=STATE, issuer=ISSUER, iss_required=iss_required)


def test_the_address_has_the_vendors_order_and_encoding():
    assert a_request().url() == (
        "https://server.example.com/authorize?nonce=n-0S6_WzA2Mj&state=af0ifjsldkj"
        "&scope=openid+profile+email&client_id=s6BhdRkqt3"
        "&redirect_uri=https%3A%2F%2Fclient.example.org%2Fcb&response_type=code"
    )


def test_all_that_can_be_asked_for_stands_in_its_order():
    request = a_request(
        scope="openid offline_access",
        response_type="code",
        response_mode="form_post",
        code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        code_challenge_method="S256",
        extra={"tenant_id": "t1", "max_age": 0},
    )

    assert parameters_of(request) == [
        ("nonce", "n-0S6_WzA2Mj"),
        ("state", STATE),
        ("scope", "openid offline_access"),
        ("client_id", "s6BhdRkqt3"),
        ("redirect_uri", "https://client.example.org/cb"),
        ("response_type", "code"),
        ("prompt", "consent"),
        ("response_mode", "form_post"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("tenant_id", "t1"),
        ("max_age", "0"),
    ]


def test_a_request_of_oauth_has_no_nonce():
    assert "nonce" not in dict(parameters_of(a_request(nonce=None, scope="user")))


@pytest.mark.parametrize(
    ("scope", "extra", "prompts"),
    [
        pytest.param("openid", {}, [], id="not asked for"),
        pytest.param("openid offline_access_too", {}, [], id="a scope that begins so"),
        pytest.param("offline_access", {}, ["consent"], id="a refresh token"),
        pytest.param("openid offline_access", {"prompt": "login"}, ["login"], id="set by hand"),
        pytest.param("openid", {"prompt": "none"}, ["none"], id="set by hand, no refresh token"),
    ],
)
def test_consent_is_asked_for_with_a_refresh_token(scope, extra, prompts):
    request = a_request(scope=scope, extra=extra)

    assert [value for name, value in parameters_of(request) if name == "prompt"] == prompts


def test_a_list_repeats_its_name():
    request = a_request(extra={"resource": ["https://a.example/", "https://b.example/"]})

    assert parameters_of(request)[-2:] == [
        ("resource", "https://a.example/"),
        ("resource", "https://b.example/"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "nonce",
        "state",
        "scope",
        "client_id",
        "redirect_uri",
        "response_type",
        "response_mode",
        "code_challenge",
        "code_challenge_method",
    ],
)
def test_a_parameter_that_a_login_makes_is_not_set_by_hand(name):
    with pytest.raises(ConfigurationError) as refused:
        a_request(extra={name: "x"}).url()

    assert refused.value.code == "configuration.authorize_params"
    assert name in str(refused.value)


def test_a_query_that_the_endpoint_has_is_kept():
    request = a_request(authorization_endpoint="https://server.example.com/authorize?tenant=a")

    assert parameters_of(request)[0] == ("tenant", "a")
    assert parameters_of(request)[1] == ("nonce", "n-0S6_WzA2Mj")


def test_no_value_ends_the_address_or_begins_another_parameter():
    request = a_request(client_id="a&b=c#d", extra={"login_hint": "x y&z=1"})

    assert ("client_id", "a&b=c#d") in parameters_of(request)
    assert parameters_of(request)[-1] == ("login_hint", "x y&z=1")


def test_a_parameter_that_is_no_unicode_is_the_sites_mistake():
    with pytest.raises(ConfigurationError) as refused:
        a_request(extra={"login_hint": "\ud800"}).url()

    assert refused.value.code == "configuration.parameter"


def test_a_request_shows_neither_state_nor_nonce():
    shown = repr(a_request())

    assert "s6BhdRkqt3" in shown
    assert STATE not in shown
    assert "n-0S6_WzA2Mj" not in shown


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param(GOOD, id="RFC 6749 4.1.2"),
        pytest.param(GOOD | {"iss": ISSUER}, id="iss though none was announced"),
        pytest.param(GOOD | {"session_state": "x", "scope": "", "": ""}, id="unknown parameters"),
        pytest.param(GOOD | {"error_description": "x"}, id="a description without an error"),
        pytest.param(GOOD | {"expires_in": "3600"}, id="a lifetime without a token"),
    ],
)
def test_a_good_response_is_a_code(parameters):
    assert parsed(parameters) == AuthorizationResponse(code="SplxlOBeZQQYbYS6WxSbIA")


def test_an_announced_iss_is_accepted():
    response = parsed(GOOD | {"iss": ISSUER}, iss_required=True)

    assert response.code == "SplxlOBeZQQYbYS6WxSbIA"


REFUSED = [
    pytest.param({}, "state", id="nothing"),
    pytest.param(without(GOOD, "state"), "state", id="state missing"),
    pytest.param(GOOD | {"state": ""}, "state", id="state empty"),
    pytest.param(GOOD | {"state": "another"}, "state", id="state of another login"),
    pytest.param(GOOD | {"state": STATE.upper()}, "state", id="state in another case"),
    pytest.param(GOOD | {"state": STATE + " "}, "state", id="state with a space"),
    pytest.param(GOOD | {"state": STATE[:-1]}, "state", id="state cut short"),
    pytest.param(GOOD | {"state": "é"}, "state", id="state beyond ASCII"),
    pytest.param(GOOD | {"state": "\ud800"}, "state", id="state that is no Unicode"),
    pytest.param(GOOD | {"iss": "https://evil.example"}, "iss_wrong", id="iss wrong"),
    pytest.param(GOOD | {"iss": ISSUER + "/"}, "iss_wrong", id="iss with a slash more"),
    pytest.param(GOOD | {"iss": ""}, "iss_wrong", id="iss empty"),
    *[pytest.param(GOOD | {name: "x"}, "unasked", id=f"a {name} in it") for name in TOKENS],
    pytest.param(GOOD | {"access_token": ""}, "unasked", id="an empty token"),
    pytest.param(GOOD | {"error": "access_denied"}, "error_and_code", id="error and code"),
    pytest.param(GOOD | {"error": "", "code": ""}, "error_and_code", id="error and code, empty"),
    pytest.param({"state": STATE}, "code_missing", id="code missing"),
    pytest.param({"state": STATE, "code": ""}, "code_missing", id="code empty"),
    pytest.param({"state": STATE, "error": ""}, "error_unregistered", id="error empty"),
    pytest.param({"state": STATE, "error": "<b>"}, "error_unregistered", id="markup in error"),
    pytest.param({"state": STATE, "error": "login_required"}, "error_login_required", id="error"),
    pytest.param({"state": STATE, "error": "server_error"}, "error_server_error", id="trouble"),
]


@pytest.mark.parametrize(("parameters", "reason"), REFUSED)
def test_a_response_that_breaks_one_rule_is_refused_for_that_rule(parameters, reason):
    with pytest.raises(AuthorizationResponseError) as refused:
        parsed(parameters)

    assert refused.value.code == f"authorization_response.{reason}"


def test_a_response_without_the_iss_that_is_announced_is_refused():
    with pytest.raises(AuthorizationResponseError) as refused:
        parsed(GOOD, iss_required=True)

    assert refused.value.code == "authorization_response.iss_missing"


def test_a_no_is_an_answer():
    with pytest.raises(AccessDenied) as refused:
        parsed({"state": STATE, "error": "access_denied", "error_description": "hidden-away"})

    assert refused.value.code == "access_denied"
    assert "hidden-away" not in str(refused.value)


# Everything is wrong in the first row, and each row repairs the rule that the one before broke.
IN_ORDER = [
    pytest.param(
        {"state": "x", "iss": "x", "id_token": "x", "error": "x", "code": "x"},
        "authorization_response.state",
        id="state",
    ),
    pytest.param(
        {"state": STATE, "iss": "x", "id_token": "x", "error": "x", "code": "x"},
        "authorization_response.iss_wrong",
        id="iss",
    ),
    pytest.param(
        {"state": STATE, "id_token": "x", "error": "x", "code": "x"},
        "authorization_response.iss_missing",
        id="iss missing",
    ),
    pytest.param(
        {"state": STATE, "iss": ISSUER, "id_token": "x", "error": "x", "code": "x"},
        "authorization_response.unasked",
        id="tokens",
    ),
    pytest.param(
        {"state": STATE, "iss": ISSUER, "error": "access_denied", "code": "x"},
        "authorization_response.error_and_code",
        id="error and code",
    ),
    pytest.param(
        {"state": STATE, "iss": ISSUER, "error": "access_denied"}, "access_denied", id="error"
    ),
    pytest.param({"state": STATE, "iss": ISSUER}, "authorization_response.code_missing", id="code"),
]


@pytest.mark.parametrize(("parameters", "code"), IN_ORDER)
def test_the_rules_are_checked_in_their_order(parameters, code):
    with pytest.raises(GenAuthError) as refused:
        parsed(parameters, iss_required=True)

    assert refused.value.code == code


def test_a_response_does_not_show_its_code():
    assert repr(parsed(GOOD)) == "AuthorizationResponse()"


def test_parameters_that_stand_once_are_read():
    assert unique_parameters([("a", "1"), ("A", "2"), ("", "")]) == {"a": "1", "A": "2", "": ""}


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param([("code", "1"), ("code", "2")], id="another value"),
        pytest.param([("code", "1"), ("code", "1")], id="the same value"),
        pytest.param([("iss", ""), ("x", "1"), ("iss", "")], id="empty, and not side by side"),
    ],
)
def test_a_parameter_that_stands_twice_is_refused(pairs):
    with pytest.raises(AuthorizationResponseError) as refused:
        unique_parameters(pairs)

    assert refused.value.code == "authorization_response.repeated"
