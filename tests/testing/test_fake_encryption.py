"""The fake encrypts to a site as its settings expect it."""

import pytest

from django_genauth import conf, grants
from django_genauth.models import Identity, LoginSession
from django_genauth.protocol.client_keys import generate_key

pytestmark = pytest.mark.django_db

RSA, _ = generate_key("RSA-OAEP")
ECDH, _ = generate_key("ECDH-ES")
SIGNING, _ = generate_key("ES256")
ANY, _ = generate_key("EdDSA")


@pytest.fixture(params=["RSA-OAEP", "ECDH-ES", "dir", "A192KW"])
def encrypted(app, request):
    """Expect everything encrypted, with an algorithm for each kind of key."""
    expected = {
        f"{kind}_ENCRYPTED_RESPONSE_ALG": request.param
        for kind in ("ID_TOKEN", "USERINFO", "INTROSPECTION")
    }
    app |= {
        **expected,
        "CLIENT_KEYS": [SIGNING, ANY, ECDH, RSA],
        "ID_TOKEN_ENCRYPTED_RESPONSE_ENC": "A192CBC-HS384",
        "USERINFO": True,
        "USERINFO_SIGNED_RESPONSE_ALG": "ES256",
        "INTROSPECTION_SIGNED_RESPONSE_ALG": "RS256",
    }
    return app


def test_a_person_signs_in_and_out(encrypted, fake, client):
    fake.sign_in(client, sub="ada")
    number = LoginSession.objects.count()

    client.post("/genauth/logout/")

    assert (number, LoginSession.objects.count()) == (1, 0)


def test_introspection_is_decrypted_and_verified(encrypted, fake, client):
    fake.sign_in(client, sub="ada")
    token = grants.get_access_token(Identity.objects.get().user)

    assert conf.get_client().introspect_token(token)["active"] is True
