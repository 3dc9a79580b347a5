"""The OpenID Foundation's relying-party logout tests, each by the name of its module.

In all of them a person signs in and then out here, which leads to the provider, which then sends
its message; what was wrong must be answered with 400, what was right with 200. A second browser is
signed in, for the message to have something to end.
"""

from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.support.provider.keys import secret_key
from tests.support.signed_in import FRONT, send
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def second_browser(visitor, provider):
    """Have a person who has signed out in one browser, and is signed in in another."""
    visitor.sign_in(sub="ada", claims={"sid": "one"})
    other = Visitor(provider)
    other.sign_in(sub="ada", claims={"sid": "one"})
    away = visitor.client.post("/genauth/logout/")
    assert away["Location"].startswith(f"{provider.base_url}/oidc/session/end?")
    return other


@pytest.fixture
def is_refused(second_browser):
    """Check the answer to a message that must not be obeyed."""

    def check(response):
        assert response.status_code == 400
        assert "no-store" in response["Cache-Control"]
        assert second_browser.client.get("/members/").status_code == 200

    return check


@pytest.fixture
def is_obeyed(second_browser):
    """Check the answer to a message that must be obeyed."""

    def check(response):
        assert response.status_code == 200
        assert "no-store" in response["Cache-Control"]
        assert second_browser.client.get("/members/").status_code == 302

    return check


def test_rp_backchannel_rpinitlogout(provider, is_obeyed):
    is_obeyed(send(provider.logout_token(sub="ada", sid="one")))


def test_rp_backchannel_rpinitlogout_alg_none(provider, is_refused):
    provider.forge("logout_token", sign_with="nobody", header_edit=lambda honest: {"alg": "none"})

    is_refused(send(provider.logout_token(sub="ada", sid="one")))


def test_rp_backchannel_rpinitlogout_no_event(provider, is_refused):
    provider.forge(
        "logout_token",
        claims_edit=lambda honest: {name: honest[name] for name in honest if name != "events"},
    )

    is_refused(send(provider.logout_token(sub="ada", sid="one")))


def test_rp_backchannel_rpinitlogout_with_nonce(provider, is_refused):
    is_refused(send(provider.logout_token(sub="ada", sid="one", nonce="a-nonce")))


def test_rp_backchannel_rpinitlogout_wrong_alg(provider, is_refused):
    provider.forge("logout_token", sign_with=secret_key("HS256", provider.client_secret))

    is_refused(send(provider.logout_token(sub="ada", sid="one")))


def test_rp_backchannel_rpinitlogout_wrong_aud(provider, is_refused):
    is_refused(send(provider.logout_token(sub="ada", sid="one", aud="another-client")))


def test_rp_backchannel_rpinitlogout_wrong_event(provider, is_refused):
    events = {"http://schemas.openid.net/event/another": {}}

    is_refused(send(provider.logout_token(sub="ada", sid="one", events=events)))


def test_rp_backchannel_rpinitlogout_wrong_iss(provider, is_refused):
    is_refused(send(provider.logout_token(sub="ada", sid="one", iss="https://other.example")))


def test_rp_frontchannel_rpinitlogout(provider, is_obeyed):
    is_obeyed(Client().get(f"{FRONT}?{urlencode({'iss': provider.issuer, 'sid': 'one'})}"))


def test_rp_frontchannel_opinitlogout(visitor, provider):
    visitor.sign_in(sub="ada", claims={"sid": "one"})

    response = Client().get(f"{FRONT}?{urlencode({'iss': provider.issuer, 'sid': 'one'})}")

    assert response.status_code == 200
    assert visitor.client.get("/members/").status_code == 302
