"""Keycloak encrypts ID tokens and userinfo to the site."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from django_genauth.models import LoginSession
from django_genauth.protocol.client_keys import generate_key, public_key_set

pytestmark = [pytest.mark.providers, pytest.mark.django_db(transaction=True)]


def encrypt(keycloak, use, alg, enc):
    """Register the site at Keycloak as a client that everything is encrypted for."""
    text, key = generate_key(alg)
    encrypted = {
        f"{kind}.encrypted.response.{part}": value
        for kind in ("id.token", "user.info")
        for part, value in (("alg", alg), ("enc", enc))
    }
    client_id = f"encrypted {alg} {enc}"
    keycloak.register(
        client_id,
        attributes={
            **encrypted,
            "user.info.response.signature.alg": "RS256",
            "use.jwks.string": "true",
            "jwks.string": json.dumps(public_key_set([key])),
        },
    )
    settings = {
        f"{kind}_ENCRYPTED_RESPONSE_{part}": value
        for kind in ("ID_TOKEN", "USERINFO")
        for part, value in (("ALG", alg), ("ENC", enc))
    }
    signed = {"USERINFO": True, "USERINFO_SIGNED_RESPONSE_ALG": "RS256"}
    use(keycloak.app(client_id, CLIENT_KEYS=[text], **signed, **settings))


@pytest.mark.parametrize(
    ("alg", "enc"),
    [("RSA-OAEP", "A256GCM"), ("RSA-OAEP-256", "A128CBC-HS256"), ("ECDH-ES+A128KW", "A128GCM")],
)
def test_a_person_signs_in_with_what_keycloak_encrypts(keycloak, use, browser, alg, enc):
    encrypt(keycloak, use, alg, enc)

    response = keycloak.enter(browser)

    assert response.status_code == 302
    assert LoginSession.objects.count() == 1


def test_keycloak_signs_out_with_the_token_inside_as_a_hint(keycloak, use, browser):
    encrypt(keycloak, use, "RSA-OAEP", "A128GCM")
    keycloak.enter(browser)
    url = browser.press("/genauth/logout/").headers["Location"]

    page = browser.follow(keycloak.sign_out(url, browser.session))

    (hint,) = parse_qs(urlsplit(url).query)["id_token_hint"]
    assert hint.count(".") == 2
    assert "You are signed out" in page.text
