"""authorizationCodeGrant of a code and an ID token that come together from the stand-in."""

import pytest
from django.test import RequestFactory

from tests.client.sdk.conftest import client_of

pytestmark = pytest.mark.standin


@pytest.fixture
def client(standin):
    """Make a client of the hybrid flow."""
    return client_of(standin, response_type="code id_token")


def test_the_grant_takes_what_stands_behind_the_hash(come_back, grant):
    arrival = come_back()

    assert "#code=" in arrival.url
    assert "&id_token=" in arrival.url
    assert grant(arrival.url).claims()["nonce"] == "the-nonce"


def test_the_grant_takes_what_is_posted(come_back, grant):
    arrival = come_back(response_mode="form_post")

    tokens = grant(RequestFactory().post(arrival.url, dict(arrival.form)))

    assert {"code", "id_token"} <= dict(arrival.form).keys()
    assert tokens.claims()["nonce"] == "the-nonce"
