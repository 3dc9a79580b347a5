"""The page of the app's public keys."""

import json

import pytest
from django.urls import reverse

from django_genauth.protocol.client_keys import generate_key

OLD, _ = generate_key("RS256")
NEW, _ = generate_key("ES256")


@pytest.fixture
def keys(app):
    app["CLIENT_KEYS"] = [NEW, OLD]


def test_all_public_halves_are_published(client, keys):
    response = client.get(reverse("genauth:jwks"))

    published = [key["kid"] for key in response.json()["keys"]]
    assert published == [json.loads(NEW)["kid"], json.loads(OLD)["kid"]]
    assert json.loads(NEW)["d"] not in response.content.decode()


def test_the_provider_may_keep_them_for_an_hour(client, keys):
    response = client.get(reverse("genauth:jwks"))

    assert response["Cache-Control"] == "public, max-age=3600"


def test_an_app_without_keys_has_no_such_page(client, app):
    assert client.get(reverse("genauth:jwks")).status_code == 404


def test_an_alias_that_is_not_there_has_none_either(client, keys):
    assert client.get(reverse("genauth:jwks", kwargs={"alias": "others"})).status_code == 404


def test_it_needs_no_login(client, keys, settings):
    middleware = "django.contrib.auth.middleware.LoginRequiredMiddleware"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, middleware]

    assert client.get(reverse("genauth:jwks")).status_code == 200


def test_nothing_can_be_posted_there(client, keys):
    assert client.post(reverse("genauth:jwks")).status_code == 405


def test_a_key_that_decrypts_is_published_for_encryption(client, app):
    made, _ = generate_key("RSA-OAEP-256")
    app |= {"CLIENT_KEYS": [NEW, made], "ID_TOKEN_ENCRYPTED_RESPONSE_ALG": "RSA-OAEP-256"}

    published = client.get(reverse("genauth:jwks")).json()["keys"]

    assert [(key["use"], key["alg"]) for key in published] == [
        ("sig", "ES256"),
        ("enc", "RSA-OAEP-256"),
    ]
