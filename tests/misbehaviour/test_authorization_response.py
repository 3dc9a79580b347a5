"""What the browser brings back (RFC 6749 4.1.2, RFC 9207, OIDC Core 3.1.2.5)."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        pytest.param({"state": None}, 400, "authorization_response.state_missing", id="no state"),
        pytest.param({"state": ""}, 400, "authorization_response.state_missing", id="empty state"),
        pytest.param({"state": "x"}, 400, "authorization_response.state_unknown", id="wrong state"),
        pytest.param(
            {"state": lambda state: [state, state]},
            400,
            "authorization_response.repeated",
            id="state twice",
        ),
        pytest.param(
            {"state": "\x00\ufffd'"},
            400,
            "authorization_response.state_unknown",
            id="junk for a state",
        ),
        pytest.param({"code": None}, 400, "authorization_response.code_missing", id="no code"),
        pytest.param({"code": ""}, 400, "authorization_response.code_missing", id="empty code"),
        pytest.param({"code": "a b"}, 400, "authorization_response.code", id="a space in the code"),
        pytest.param(
            {"code": "a\r\nb"}, 400, "authorization_response.code", id="a line end in the code"
        ),
        pytest.param(
            {"code": ["one", "two"]}, 400, "authorization_response.repeated", id="code twice"
        ),
        pytest.param(
            {"iss": "https://evil.example"}, 400, "authorization_response.iss_wrong", id="wrong iss"
        ),
        pytest.param({"iss": ""}, 400, "authorization_response.iss_wrong", id="empty iss"),
        pytest.param({"iss": ["a", "b"]}, 400, "authorization_response.repeated", id="iss twice"),
        pytest.param(
            {"error": "server_error"},
            400,
            "authorization_response.error_and_code",
            id="error and code",
        ),
        pytest.param(
            {"access_token": "t"}, 400, "authorization_response.unasked", id="an access token"
        ),
        pytest.param({"id_token": "t"}, 400, "authorization_response.unasked", id="an ID token"),
        pytest.param(
            {"error": "login_required", "code": None},
            400,
            "authorization_response.error_login_required",
            id="an error that is registered",
        ),
        pytest.param(
            {"error": "<script>", "error_description": "<b>", "code": None},
            400,
            "authorization_response.error_unregistered",
            id="an error of the provider's own",
        ),
        pytest.param(
            {"error": "access_denied", "code": None}, 403, "access_denied", id="a person's no"
        ),
    ],
)
def test_a_response_that_does_not_hold_is_refused(
    visitor, provider, is_refused, answer, status, code
):
    url = visitor.begin()
    callback = provider.authorize(url, **answer)
    provider.forget_requests()

    response = visitor.come_back(callback)

    is_refused(response, status, code)
    assert provider.requests == []


def test_markup_in_an_error_is_shown_nowhere(visitor, refusals):
    response = visitor.sign_in(error="<script>", error_description="<b>free beer</b>", code=None)

    assert "<script>" not in response.content.decode()
    assert "free beer" not in response.content.decode() + refusals.text


def test_no_iss_where_the_provider_announces_one_is_refused(visitor, provider, is_refused):
    provider.iss_in_response = True

    response = visitor.sign_in(iss=None)

    is_refused(response, 400, "authorization_response.iss_missing")


def test_the_right_iss_is_accepted(visitor, provider):
    provider.iss_in_response = True

    assert visitor.sign_in().status_code == 302


def test_unknown_parameters_are_passed_over(visitor):
    assert visitor.sign_in(session_state="x", utm_source="y").status_code == 302


def test_the_code_of_another_persons_login_is_refused_by_its_verifier(
    visitor, provider, is_refused
):
    """RFC 9700 4.5: a code that an attacker injects is bound to the attacker's challenge."""
    from tests.site.visitor import Visitor

    stolen = provider.respond(Visitor(provider).begin())
    code = dict(stolen.pairs)["code"]

    response = visitor.sign_in(code=code)

    is_refused(response, 400, "oauth.invalid_grant")


def test_more_parameters_than_a_form_has_are_refused_by_django(visitor, refusals):
    response = visitor.client.get("/genauth/callback/?" + "&".join(f"a{n}=1" for n in range(2_000)))

    assert response.status_code == 400
    assert not visitor.is_signed_in
