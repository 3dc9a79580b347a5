"""Pushed and signed requests, and signed answers, at a real Keycloak."""

import json

import pytest

from django_genauth.protocol.client_keys import generate_key

pytestmark = [pytest.mark.providers, pytest.mark.django_db(transaction=True)]

KEY, PUBLIC = generate_key("ES256")
KEYS = {
    "use.jwks.string": "true",
    "jwks.string": json.dumps({"keys": [PUBLIC.public()]}),
}
MUST_PUSH = {"require.pushed.authorization.requests": "true"}
MUST_SIGN = {
    **KEYS,
    "request.object.required": "request only",
    "request.object.signature.alg": "ES256",
}
PUSH = {"PUSHED_AUTHORIZATION": True}
SIGN = {"CLIENT_KEYS": [KEY], "REQUEST_OBJECT_SIGNING_ALG": "ES256"}
BY_KEY = {"APP_SECRET": None, "TOKEN_ENDPOINT_AUTH_METHOD": "private_key_jwt"}


@pytest.mark.parametrize(
    ("name", "attributes", "changes", "app"),
    [
        ("pushed", MUST_PUSH, {}, PUSH),
        ("signed", MUST_SIGN, {}, SIGN),
        (
            "pushed by key",
            {**MUST_PUSH, **KEYS},
            {"clientAuthenticatorType": "client-jwt"},
            PUSH | BY_KEY | {"CLIENT_KEYS": [KEY]},
        ),
        (
            "pushed and signed",
            {**MUST_PUSH, **MUST_SIGN, "request.object.required": "request or request_uri"},
            {},
            PUSH | SIGN,
        ),
        (
            "answered by ES256",
            {"authorization.signed.response.alg": "ES256", "id.token.signed.response.alg": "ES256"},
            {},
            {"RESPONSE_MODE": "jwt", "ID_TOKEN_SIGNED_RESPONSE_ALG": "ES256"},
        ),
        ("answered by RS256", {}, {}, {"RESPONSE_MODE": "query.jwt"}),
        (
            "all of it",
            {
                **MUST_PUSH,
                **MUST_SIGN,
                "request.object.required": "request or request_uri",
                "authorization.signed.response.alg": "PS256",
                "id.token.signed.response.alg": "PS256",
            },
            {"clientAuthenticatorType": "client-jwt"},
            PUSH
            | SIGN
            | BY_KEY
            | {"RESPONSE_MODE": "jwt", "ID_TOKEN_SIGNED_RESPONSE_ALG": "PS256"},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_person_signs_in(keycloak, use, browser, name, attributes, changes, app):
    keycloak.register(name, attributes=attributes, **changes)
    use(keycloak.app(name, **app))

    response = keycloak.enter(browser)

    assert response.status_code == 302
    assert browser.open("/members/").status_code == 200


def test_a_person_who_does_not_agree_is_told_by_a_signed_answer(keycloak, use, browser, refusals):
    keycloak.register("answered no")
    use(keycloak.app("answered no", RESPONSE_MODE="jwt"))

    response = browser.open(browser.open("/genauth/login/?prompt=none").headers["Location"])

    assert browser.open(response.headers["Location"]).status_code == 400
    assert refusals.codes == ["authorization_response.error_login_required"]
