"""Where ID tokens come encrypted, the provider is shown the signed one inside at a sign-out.

RP-Initiated Logout 1.0, section 2: the client MUST decrypt it. oidc-provider and Keycloak are asked
in `tests/interop`.
"""

from urllib.parse import parse_qs, urlsplit

import pytest

from django_genauth import conf, grants
from django_genauth.models import Grant, Identity
from django_genauth.protocol.client_keys import generate_key
from tests.support.clients import encrypt
from tests.support.provider.encrypting import FalseEncryption

pytestmark = pytest.mark.django_db

RSA, _ = generate_key("RSA-OAEP")


@pytest.fixture
def encrypted(app, provider):
    """Expect ID tokens that are encrypted, from a provider that gives refresh tokens too."""
    app |= {
        "CLIENT_KEYS": [RSA],
        "ID_TOKEN_ENCRYPTED_RESPONSE_ALG": "RSA-OAEP",
        "SCOPE": "openid offline_access",
        "AUTHORIZE_PARAMS": {"prompt": "consent"},
    }
    encrypt(provider, conf.get_client())
    return app


def hint_of(visitor):
    response = visitor.client.post("/genauth/logout/")
    (hint,) = parse_qs(urlsplit(response["Location"]).query)["id_token_hint"]
    return hint


def renew():
    """Let the access token of the one grant run out, and be renewed."""
    grant = Grant.objects.get()
    Grant.objects.update(expires_at=grant.created_at)
    return grants.get_access_token(Identity.objects.get().user)


def test_the_token_of_the_login_is_kept_decrypted(visitor, provider, encrypted):
    visitor.sign_in()

    kept = Grant.objects.get().token_set["id_token"]

    assert kept in provider.issued_id_tokens
    assert hint_of(visitor) == kept


def test_so_is_that_of_an_answer_without_a_code(visitor, provider, encrypted):
    encrypted |= {
        "RESPONSE_TYPE": "id_token token",
        "RESPONSE_MODE": "form_post",
        "ALLOW_ACCESS_TOKEN_IN_FRONT_CHANNEL_INSECURE": True,
    }
    encrypted["SCOPE"] = "openid"
    visitor.client.defaults |= {"HTTPS": "on", "SERVER_PORT": "443", "wsgi.url_scheme": "https"}

    visitor.sign_in()

    assert hint_of(visitor) in provider.issued_id_tokens


def test_that_of_a_refresh_is_kept_decrypted(visitor, provider, encrypted):
    visitor.sign_in()
    first = Grant.objects.get().token_set["id_token"]
    provider.forge("id_token", claims_edit=lambda claims: claims | {"renewed": True})

    renew()

    kept = Grant.objects.get().token_set["id_token"]
    assert kept in provider.issued_id_tokens - {first}


def test_one_of_a_refresh_that_nothing_opens_is_dropped_and_the_tokens_are_kept(
    visitor, provider, encrypted, caplog
):
    visitor.sign_in()
    first = Grant.objects.get().token_set
    provider.false_encryptions["id_token"] = FalseEncryption(header={"zip": "DEF"})

    token = renew()

    kept = Grant.objects.get().token_set
    assert kept["access_token"] == token != first["access_token"]
    assert kept["refresh_token"] != first["refresh_token"]
    assert kept["id_token"] == first["id_token"]
    assert "code=id_token.zip" in caplog.text
