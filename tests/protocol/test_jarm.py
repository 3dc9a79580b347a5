"""Signed authorization responses (JARM 1.0)."""

import hmac
import json

import pytest

from django_genauth.protocol.errors import AuthorizationResponseError, ResponseTokenError
from django_genauth.protocol.jarm import response_token, unverified_state, verify_response
from django_genauth.protocol.jws import signed
from tests.protocol.material import CLIENT_ID, ISSUER, NOW
from tests.support.provider.keys import base64url

SECRET = b"a secret of 32 letters and more ones"
HONEST = {
    "iss": ISSUER,
    "aud": CLIENT_ID,
    "exp": int(NOW) + 120,
    "state": "the-state",
    "code": "the-code",
}


def a_token(header=None, **changes):
    claims = {name: value for name, value in (HONEST | changes).items() if value is not None}
    return signed(claims, SECRET, header=header or {"alg": "HS256"})


def find_key(algorithm, kid):
    return SECRET


def verified(token, algorithm="HS256"):
    return verify_response(
        token,
        algorithm=algorithm,
        find_key=find_key,
        issuer=ISSUER,
        client_id=CLIENT_ID,
        now=NOW,
        leeway=30,
    )


def test_the_parameters_of_a_verified_response_are_read():
    assert verified(a_token(iat=int(NOW))) == {
        "iss": ISSUER,
        "state": "the-state",
        "code": "the-code",
    }


def test_the_audience_may_be_a_list_of_one():
    assert verified(a_token(aud=[CLIENT_ID]))["code"] == "the-code"


def test_what_is_no_text_is_no_parameter():
    assert "code" not in verified(a_token(code=["one", "two"], expires_in=60))


def raw(payload):
    """Sign octets that no JSON object says."""
    head, _, _ = a_token().split(".")
    body = base64url(payload)
    return f"{head}.{body}.{base64url(hmac.digest(SECRET, f'{head}.{body}'.encode(), 'sha256'))}"


def repeated(name, first, second):
    others = {each: value for each, value in HONEST.items() if each != name}
    rest = json.dumps(others)[1:]
    return raw(f'{{"{name}": {json.dumps(first)}, "{name}": {json.dumps(second)}, {rest}'.encode())


def test_keycloak_names_one_issuer_twice():
    token = repeated("iss", ISSUER, ISSUER)

    assert verified(token)["code"] == "the-code"
    assert unverified_state({"response": token}) == "the-state"


@pytest.mark.parametrize(
    "token",
    [
        repeated("iss", ISSUER, "https://evil.example"),
        repeated("iss", "https://evil.example", ISSUER),
        repeated("state", "the-state", "the-state"),
        repeated("code", "one", "two"),
    ],
    ids=["two issuers", "two issuers, ours last", "a state twice", "two codes"],
)
def test_no_other_claim_stands_twice(token):
    with pytest.raises(ResponseTokenError) as caught:
        verified(token)

    assert caught.value.code == "response_token.json"
    assert unverified_state({"response": token}) == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": None}, "iss"),
        ({"iss": "https://evil.example"}, "iss"),
        ({"aud": None}, "aud"),
        ({"aud": "another"}, "aud"),
        ({"aud": [CLIENT_ID, "another"]}, "aud"),
        ({"aud": []}, "aud"),
        ({"exp": None}, "exp"),
        ({"exp": int(NOW) - 31}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"nbf": int(NOW) + 31}, "nbf"),
        ({"iat": int(NOW) + 31}, "iat"),
        ({"sub": "user-1"}, "kind"),
        ({"nonce": "n"}, "kind"),
        ({"response": "x.y.z"}, "nested"),
    ],
)
def test_a_response_that_does_not_hold_is_refused(changes, reason):
    with pytest.raises(ResponseTokenError) as caught:
        verified(a_token(**changes))

    assert caught.value.code == f"response_token.{reason}"


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (a_token(header={"alg": "HS384"}), "alg"),
        (a_token(header={"alg": "HS256", "typ": "logout+jwt"}), "typ"),
        (a_token() + "A", "signature"),
        (a_token() + "=", "framing"),
        (a_token().rpartition(".")[0] + ".", "signature"),
        (a_token()[:-9] + "AAAAAAAAA", "signature"),
        ("a.b.c.d.e", "encrypted"),
        ("", "framing"),
    ],
)
def test_a_signature_that_does_not_hold_is_refused(token, reason):
    with pytest.raises(ResponseTokenError) as caught:
        verified(token)

    assert caught.value.code == f"response_token.{reason}"


@pytest.mark.parametrize(
    "parameters",
    [{}, {"code": "c", "state": "s"}, {"response": "r", "state": "s"}, {"response": "r", "x": "y"}],
)
def test_an_answer_is_the_token_and_nothing_else(parameters):
    with pytest.raises(AuthorizationResponseError) as caught:
        response_token(parameters)

    assert caught.value.code == "authorization_response.unsigned"


@pytest.mark.parametrize(
    ("parameters", "state"),
    [
        ({"state": "plain"}, "plain"),
        ({}, ""),
        ({"response": a_token()}, "the-state"),
        ({"response": a_token(state=None)}, ""),
        ({"response": a_token(state=["the-state"])}, ""),
        ({"response": "no token"}, ""),
        ({"response": "a.b.c"}, ""),
        ({"response": f"{'a' * 100_001}.b.c"}, ""),
        ({"response": "\ud800.b.c"}, ""),
    ],
)
def test_the_state_is_read_to_find_the_login(parameters, state):
    assert unverified_state(parameters) == state
