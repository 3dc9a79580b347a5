"""How often a sign-in loads the settings: a value may be a callable, which may ask a vault."""

import pytest
from django.contrib.auth import get_user_model

from django_genauth import grants
from django_genauth.models import Grant
from django_genauth.times import from_timestamp
from tests.support.provider.scripted import CLIENT_SECRET


class Vault:
    """Count how often a secret is asked for."""

    def __init__(self):
        self.asked = 0

    def secret(self):
        self.asked += 1
        return CLIENT_SECRET


@pytest.fixture
def vault(app):
    """Keep the app's secret in a vault."""
    vault = Vault()
    app["APP_SECRET"] = vault.secret
    return vault


def test_a_sign_in_asks_once_where_it_begins_and_once_where_it_ends(vault, visitor):
    visitor.sign_in()

    assert vault.asked == 2


def test_an_access_token_that_is_fresh_asks_once(vault, visitor):
    visitor.sign_in()
    user = get_user_model().objects.get()
    vault.asked = 0

    grants.get_access_token(user)

    assert vault.asked == 1


def test_an_access_token_that_is_refreshed_asks_once(vault, visitor, app):
    app["SCOPE"] = "openid offline_access"
    visitor.sign_in()
    user = get_user_model().objects.get()
    Grant.objects.update(expires_at=from_timestamp(1_500_000_000))
    vault.asked = 0

    grants.get_access_token(user)

    assert vault.asked == 1


def test_signing_out_asks_once(vault, visitor):
    visitor.sign_in()
    vault.asked = 0

    visitor.client.post("/genauth/logout/")

    assert vault.asked == 1
