"""The answers that are printed in GenAuth's documents: same input, same result."""

import json

import pytest

from django_genauth.client import AuthenticationClient
from django_genauth.protocol.messages import HttpResponse
from tests.client.sdk.material import SAMPLE

OAUTH_TOKENS = {
    "access_token": "fa9d2bdd914ea01aa4e434c12d4f919d749fc75c",
    "token_type": "Bearer",
    "expires_in": 1209599,
    "refresh_token": "b5e0e1afe793c6634495434afc262b88ddee9af3",
    "scope": "user",
}
MACHINE_TOKENS = {
    "access_token": "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
    "expires_in": 3600,
    "scope": "email openid profile phone",
    "token_type": "Bearer",
}
USERINFO = {
    "address": {"country": None, "postal_code": None, "region": None, "formatted": None},
    "birthdate": None,
    "gender": "U",
    "updated_at": "2021-03-03T06:17:14.485Z",
    "email": "test1@genauth.ai",
    "email_verified": False,
    "sub": "603f184cec4505e2868431fc",
    "phone_number": None,
    "phone_number_verified": False,
}
ACTIVE = {
    "active": True,
    "sub": "5f719946524ee1099229496b",
    "client_id": "5f17a529f64fb009b794a2ff",
    "exp": 1619083024,
    "iat": 1617873424,
    "iss": "https://core.genauth.ai/oauth",
    "jti": "qbovGK-HZL0O_20wY7uXj",
    "scope": "user",
    "token_type": "Bearer",
}


def answered(body, **changes):
    """Make a client whose provider gives one answer to everything."""
    answer = HttpResponse(status=200, body=json.dumps(body).encode())
    settings = {**SAMPLE, "secret": "2f5a8c1e7b9d4036a1c2e3f405162738", "protocol": "oauth"}
    return AuthenticationClient(
        **(settings | changes), send=lambda request: answer, clock=lambda: 0
    )


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda client: client.get_access_token_by_code("code"), id="code"),
        pytest.param(
            lambda client: client.get_new_access_token_by_refresh_token("token"), id="refresh"
        ),
    ],
)
def test_the_token_answer_of_oauth(ask):
    tokens = ask(answered(OAUTH_TOKENS))

    assert {name: getattr(tokens, name) for name in OAUTH_TOKENS} == OAUTH_TOKENS
    assert tokens.expires_at == 1209599


def test_the_token_answer_for_a_machine():
    tokens = answered(MACHINE_TOKENS).get_access_token_by_client_credentials(
        "email openid profile phone", access_key="AK", secret_key="SK"
    )

    assert {name: getattr(tokens, name) for name in MACHINE_TOKENS} == MACHINE_TOKENS
    assert tokens.refresh_token is None


def test_the_userinfo_answer():
    assert answered(USERINFO).get_user_info_by_access_token("token") == USERINFO


@pytest.mark.parametrize("answer", [ACTIVE, {"active": False}], ids=["active", "inactive"])
def test_the_introspection_answers(answer):
    assert answered(answer).introspect_token("token") == answer
