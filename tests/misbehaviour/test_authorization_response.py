"""What the browser brings back (RFC 6749 4.1.2, RFC 9207, OIDC Core 3.1.2.5)."""

import pytest

from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db


def bad(name, value, reason, id):
    """Return a row: a parameter that is not as it should be, None for one that is missing."""
    return pytest.param({name: value}, reason, id=id)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        bad("state", None, "state_missing", "no state"),
        bad("state", "", "state_missing", "empty state"),
        bad("state", "x", "state_unknown", "wrong state"),
        bad("state", lambda state: state[:-1], "state_unknown", "a state cut short"),
        bad("state", lambda state: state + "A", "state_unknown", "a state with a letter more"),
        bad("state", lambda state: state.swapcase(), "state_unknown", "other letters' case"),
        bad("state", lambda state: f" {state}", "state_unknown", "a space before the state"),
        bad("state", lambda state: f"{state}\x00", "state_unknown", "NUL behind the state"),
        bad("state", "\x00\ufffd'", "state_unknown", "junk for a state"),
        bad("state", "é" * 43, "state_unknown", "letters beyond ASCII for a state"),
        bad("state", lambda state: [state, state], "repeated", "state twice"),
        bad("state", lambda state: ["", state], "repeated", "state twice, once empty"),
        bad("iss", "https://evil.example", "iss_wrong", "wrong iss"),
        bad("iss", "", "iss_wrong", "empty iss"),
        bad("iss", ["a", "b"], "repeated", "iss twice"),
        bad("code", None, "code_missing", "no code"),
        bad("code", "", "code_missing", "empty code"),
        bad("code", "a\r\nb", "code", "a line end in the code"),
        bad("code", "a\x00b", "code", "NUL in the code"),
        bad("code", "é", "code", "a letter beyond ASCII in the code"),
        bad("code", "a" * 100_001, "code", "a code without end"),
        bad("code", ["one", "two"], "repeated", "code twice"),
        bad("code", lambda code: [code, code], "repeated", "the same code twice"),
        bad("error", "server_error", "error_and_code", "error and code"),
        bad("error", "", "error_and_code", "an empty error and code"),
        bad("error", ["access_denied", "access_denied"], "repeated", "error twice"),
        bad("access_token", "t", "unasked", "an access token"),
        bad("id_token", "t", "unasked", "an ID token"),
        bad("refresh_token", "t", "unasked", "a refresh token"),
        bad("token_type", "Bearer", "unasked", "a token type"),
        bad("x", ["1", "2"], "repeated", "an unknown parameter twice"),
    ],
)
def test_a_response_that_does_not_hold_is_refused(visitor, provider, is_refused, answer, reason):
    callback = provider.authorize(visitor.begin(), **answer)

    response = visitor.come_back(callback)

    is_refused(response, 400, f"authorization_response.{reason}", asked="discovery")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        pytest.param("access_denied", 403, "access_denied", id="a person's no"),
        pytest.param(
            "login_required",
            400,
            "authorization_response.error_login_required",
            id="a registered error",
        ),
        pytest.param(
            "server_error",
            503,
            "authorization_response.error_server_error",
            id="a provider that is broken",
        ),
        pytest.param(
            "temporarily_unavailable",
            503,
            "authorization_response.error_temporarily_unavailable",
            id="a provider that is busy",
        ),
        pytest.param(
            "consent_required",
            403,
            "authorization_response.error_consent_required",
            id="LemonLDAP's word for no consent",
        ),
        pytest.param(
            "ACCESS_DENIED",
            400,
            "authorization_response.error_unregistered",
            id="another error than it seems",
        ),
        pytest.param("<script>", 400, "authorization_response.error_unregistered", id="markup"),
        pytest.param(
            "a\r\nSet-Cookie: b=c", 400, "authorization_response.error_unregistered", id="a header"
        ),
        pytest.param(
            "access_denied\x00",
            400,
            "authorization_response.error_unregistered",
            id="NUL behind it",
        ),
        pytest.param("", 400, "authorization_response.error_unregistered", id="an empty error"),
        pytest.param(
            "%s%n{0}{{ settings }}", 400, "authorization_response.error_unregistered", id="a format"
        ),
        pytest.param(
            "é" * 9_000, 400, "authorization_response.error_unregistered", id="an error without end"
        ),
    ],
)
def test_an_error_ends_the_login(visitor, provider, is_refused, error, status, code):
    callback = provider.authorize(visitor.begin(), error=error, code=None)

    response = visitor.come_back(callback)

    is_refused(response, status, code, asked="discovery")


@pytest.mark.parametrize(
    "iss",
    [
        pytest.param(lambda iss: iss + "/", id="a slash more"),
        pytest.param(lambda iss: iss.upper(), id="capital letters"),
        pytest.param(lambda iss: iss.replace("http:", "https:"), id="another scheme"),
        pytest.param(lambda iss: iss.replace("127.0.0.1", "127.0.0.1."), id="a dot more"),
        pytest.param(lambda iss: f"{iss} ", id="a space more"),
        pytest.param(lambda iss: f"{iss}\x00", id="NUL more"),
        pytest.param(lambda iss: iss[:-1], id="a letter less"),
        pytest.param(lambda iss: [iss, iss], id="twice the right one"),
    ],
)
def test_an_iss_that_is_nearly_right_is_wrong(visitor, provider, refusals, iss):
    provider.iss_in_response = True

    visitor.sign_in(iss=iss)

    assert refusals.codes[0] in (
        "authorization_response.iss_wrong",
        "authorization_response.repeated",
    )
    assert provider.asked == ["discovery"]


def test_no_iss_where_the_provider_announces_one_is_refused(visitor, provider, is_refused):
    provider.iss_in_response = True

    response = visitor.sign_in(iss=None)

    is_refused(response, 400, "authorization_response.iss_missing", asked="discovery")


def test_markup_in_an_error_is_shown_nowhere(visitor, refusals):
    response = visitor.sign_in(error="<script>", error_description="<b>free beer</b>", code=None)

    assert "<script>" not in response.content.decode()
    assert "free beer" not in response.content.decode() + refusals.text


@pytest.mark.parametrize(
    "foreign",
    [
        pytest.param({"state": "x"}, id="an error of no login"),
        pytest.param({"state": None}, id="an error without state"),
    ],
)
def test_an_answer_that_is_not_this_logins_does_not_disturb_it(visitor, provider, foreign):
    url = visitor.begin()
    visitor.come_back(provider.authorize(url, error="access_denied", code=None, **foreign))

    visitor.come_back(provider.authorize(url))

    assert visitor.is_signed_in


def test_the_right_iss_is_accepted(visitor, provider):
    provider.iss_in_response = True

    assert visitor.sign_in().status_code == 302


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"session_state": "x", "utm_source": "y"}, id="unknown ones"),
        pytest.param({"state[]": "x", "code[]": "y"}, id="ones that some languages take for lists"),
        pytest.param({"expires_in": "1"}, id="the lifetime of a token that is not there"),
    ],
)
def test_parameters_that_nobody_knows_are_passed_over(visitor, answer):
    assert visitor.sign_in(**answer).status_code == 302


def test_the_code_of_another_persons_login_is_refused_by_its_verifier(
    visitor, provider, is_refused
):
    """RFC 9700 4.5: a code that an attacker injects is bound to the attacker's challenge."""
    stolen = provider.respond(Visitor(provider).begin())

    response = visitor.sign_in(code=dict(stolen.pairs)["code"])

    is_refused(response, 400, "oauth.invalid_grant", asked="discovery token")


def test_more_parameters_than_a_form_has_are_refused_by_django(visitor):
    response = visitor.client.get("/genauth/callback/?" + "&".join(f"a{n}=1" for n in range(2_000)))

    assert response.status_code == 400
    assert not visitor.is_signed_in
