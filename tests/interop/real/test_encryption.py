"""Keycloak encrypts ID tokens, logout tokens and userinfo to the site."""

import json

import pytest

from django_genauth.models import LoginSession
from django_genauth.protocol.client_keys import generate_key, load_keys, public_key_set

pytestmark = [pytest.mark.providers, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("alg", "enc"),
    [("RSA-OAEP", "A256GCM"), ("RSA-OAEP-256", "A128CBC-HS256"), ("ECDH-ES+A128KW", "A128GCM")],
)
def test_a_person_signs_in_with_what_keycloak_encrypts(keycloak, use, browser, alg, enc):
    text, key = generate_key(alg)
    encrypted = {
        f"{kind}.encrypted.response.{part}": value
        for kind in ("id.token", "user.info")
        for part, value in (("alg", alg), ("enc", enc))
    }
    keycloak.register(
        f"encrypted {alg}",
        attributes={
            **encrypted,
            "user.info.response.signature.alg": "RS256",
            "use.jwks.string": "true",
            "jwks.string": json.dumps(public_key_set([key])),
        },
    )
    use(
        keycloak.app(
            f"encrypted {alg}",
            CLIENT_KEYS=[text],
            USERINFO=True,
            USERINFO_SIGNED_RESPONSE_ALG="RS256",
            ID_TOKEN_ENCRYPTED_RESPONSE_ALG=alg,
            ID_TOKEN_ENCRYPTED_RESPONSE_ENC=enc,
            USERINFO_ENCRYPTED_RESPONSE_ALG=alg,
            USERINFO_ENCRYPTED_RESPONSE_ENC=enc,
        )
    )

    response = keycloak.enter(browser)

    assert response.status_code == 302
    assert LoginSession.objects.count() == 1
    assert load_keys([text])[0].decrypts == (alg,)
