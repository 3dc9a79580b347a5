"""What the browser brings back where answers are signed (JARM 1.0)."""

import time

import pytest

from tests.misbehaviour.forgeries import of_segments, with_members
from tests.support.provider.keys import base64url, secret_key, signing_key

pytestmark = pytest.mark.django_db

CLIENT = "authorization_response"
TOKEN = "response_token"


def claim(name, value, code, id, asked="discovery jwks"):
    """Return a row: a claim that is not as it should be, None for one that is missing."""
    return pytest.param({"claims_edit": with_members(**{name: value})}, code, asked, id=id)


def forged(told, code, id, asked="discovery jwks"):
    return pytest.param(told, code, asked, id=id)


def unsigned(head, body, signature):
    return base64url(b'{"alg":"none"}'), body, ""


@pytest.fixture
def app(app):
    """Have answers signed."""
    app["RESPONSE_MODE"] = "jwt"
    return app


@pytest.mark.parametrize(
    ("told", "code", "asked"),
    [
        claim("iss", None, f"{TOKEN}.iss", "no iss"),
        claim("iss", "https://evil.example", f"{TOKEN}.iss", "another issuer"),
        claim("aud", None, f"{TOKEN}.aud", "no aud"),
        claim("aud", "another", f"{TOKEN}.aud", "another client's"),
        claim("aud", ["5f17a529f64fb009b794a2ff", "another"], f"{TOKEN}.aud", "also another's"),
        claim("exp", None, f"{TOKEN}.exp", "no exp"),
        claim("exp", time.time() - 3600, f"{TOKEN}.exp", "over"),
        claim("nbf", time.time() + 3600, f"{TOKEN}.nbf", "not yet"),
        claim("nonce", "n", f"{TOKEN}.kind", "an ID token with a state"),
        claim("response", "a.b.c", f"{TOKEN}.nested", "another answer in it"),
        claim("code", None, f"{CLIENT}.code_missing", "no code"),
        claim("code", ["a", "b"], f"{CLIENT}.code_missing", "two codes"),
        claim("error", "server_error", f"{CLIENT}.error_and_code", "an error and a code"),
        claim("access_token", "t", f"{CLIENT}.unasked", "an access token"),
        claim("state", None, f"{CLIENT}.state_missing", "no state", asked="discovery"),
        claim("state", 5, f"{CLIENT}.state_missing", "a number for a state", asked="discovery"),
        claim("state", "x", f"{CLIENT}.state_unknown", "another state", asked="discovery"),
        forged(
            {"sign_with": "nobody"},
            f"{TOKEN}.signature",
            "no signature",
        ),
        forged(
            {"sign_with": signing_key("RS256", 77)},
            # The code of every token whose key is not published.
            "id_token.key_unknown",
            "a key of nobody's",
            "discovery jwks jwks",
        ),
        forged(
            {"sign_with": secret_key("HS256", "x" * 32)},
            f"{TOKEN}.alg",
            "another algorithm",
            asked="discovery",
        ),
        forged(
            {"token_edit": of_segments(unsigned)},
            f"{TOKEN}.alg",
            "the algorithm none",
            asked="discovery",
        ),
        forged(
            {"header_edit": with_members(typ="logout+jwt")},
            f"{TOKEN}.typ",
            "a token of another type",
            asked="discovery",
        ),
        forged(
            {"header_edit": with_members(crit=["exp"])},
            f"{TOKEN}.crit",
            "a critical extension",
            asked="discovery",
        ),
    ],
)
def test_a_signed_answer_that_does_not_hold_is_refused(
    visitor, provider, is_refused, told, code, asked
):
    provider.forge("response", **told)

    response = visitor.sign_in()

    is_refused(response, 400 if code.startswith(CLIENT) else 502, code, asked=asked)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param({"state": "x"}, "unsigned", id="a state beside it"),
        pytest.param({"code": "x"}, "unsigned", id="a code beside it"),
        pytest.param({"error": "access_denied"}, "unsigned", id="an error beside it"),
        pytest.param({"x": "y"}, "unsigned", id="anything beside it"),
        pytest.param({"response": lambda token: [token, token]}, "repeated", id="twice"),
        pytest.param({"response": None}, "state_missing", id="nothing"),
        pytest.param({"response": ""}, "state_missing", id="an empty one"),
        pytest.param({"response": "a.b.c"}, "state_missing", id="no token"),
        pytest.param(
            {"response": lambda token: token + "." + token}, "state_missing", id="five segments"
        ),
    ],
)
def test_an_answer_that_is_not_one_token_is_refused(visitor, provider, is_refused, answer, reason):
    callback = provider.authorize(visitor.begin(), **answer)

    response = visitor.come_back(callback)

    is_refused(response, 400, f"{CLIENT}.{reason}", asked="discovery")


def test_a_plain_answer_is_refused(visitor, provider, is_refused):
    provider.respond(visitor.begin())

    response = visitor.come_back(f"/genauth/callback/?code=c&state={provider.states[0]}")

    is_refused(response, 400, f"{CLIENT}.unsigned", asked="discovery")


def test_a_plain_error_is_refused(visitor, provider, is_refused):
    provider.respond(visitor.begin())
    state = provider.states[0]

    response = visitor.come_back(f"/genauth/callback/?error=access_denied&state={state}")

    is_refused(response, 400, f"{CLIENT}.unsigned", asked="discovery")


def test_the_answer_of_another_browsers_login_is_refused(visitor, provider, is_refused, client):
    other = client.get("/genauth/login/")["Location"]
    visitor.begin()

    response = visitor.come_back(provider.authorize(other))

    is_refused(response, 400, f"{CLIENT}.state_unknown", asked="discovery")


def test_an_answer_counts_once(visitor, provider, refusals):
    callback = provider.authorize(visitor.begin())
    visitor.come_back(callback)
    visitor.client.logout()

    response = visitor.come_back(callback)

    assert (response.status_code, refusals.codes) == (400, [f"{CLIENT}.state_unknown"])
    assert not visitor.is_signed_in


def test_an_id_token_is_no_answer(visitor, provider, refusals):
    visitor.sign_in()
    id_token = next(iter(provider.issued_id_tokens))
    visitor.client.logout()
    visitor.begin()

    response = visitor.come_back(f"/genauth/callback/?response={id_token}")

    assert (response.status_code, refusals.codes) == (400, [f"{CLIENT}.state_missing"])
    assert not visitor.is_signed_in
