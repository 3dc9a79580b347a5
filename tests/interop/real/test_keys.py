"""A site that proves who it is by a key, or by a signature with its secret, at a real Keycloak."""

import json

import pytest

from django_genauth import grants
from django_genauth.models import Grant
from django_genauth.protocol.client_keys import generate_key

pytestmark = [pytest.mark.providers, pytest.mark.django_db(transaction=True)]

SECRET = "a-secret-of-more-than-the-256-bits-that-HS256-needs"
PAIRS = {name: generate_key(name) for name in ("ES256", "PS256", "EdDSA")}


def by_key(algorithm):
    key, public = PAIRS[algorithm]
    attributes = {
        "use.jwks.string": "true",
        "jwks.string": json.dumps({"keys": [public.public()]}),
        "token.endpoint.auth.signing.alg": algorithm,
    }
    settings = {"APP_SECRET": None, "TOKEN_ENDPOINT_AUTH_METHOD": "private_key_jwt"}
    return attributes, {"clientAuthenticatorType": "client-jwt"}, settings | {"CLIENT_KEYS": [key]}


KINDS = {
    **{name: by_key(name) for name in PAIRS},
    "secret": (
        {"token.endpoint.auth.signing.alg": "HS256"},
        {"clientAuthenticatorType": "client-secret-jwt", "secret": SECRET},
        {"APP_SECRET": SECRET, "TOKEN_ENDPOINT_AUTH_METHOD": "client_secret_jwt"},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_are_got_asked_about_and_revoked(keycloak, use, browser, kind):
    attributes, changes, settings = KINDS[kind]
    keycloak.register(f"signs, {kind}", attributes=attributes, **changes)
    use(keycloak.app(f"signs, {kind}", **settings))
    keycloak.enter(browser)
    grant = grants.refresh(Grant.objects.get())
    before = grants.introspect(grant)["active"]

    grants.revoke(grant)

    assert before is True
    assert Grant.objects.get().state != "live"
