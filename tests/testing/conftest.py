"""Sites whose provider is a fake: no name is looked up, and their host exists nowhere."""

import socket

import pytest
from django.test import Client

from django_genauth.testing import FakeGenAuth

APP = {
    "APP_ID": "5f17a529f64fb009b794a2ff",
    "APP_SECRET": "2f5a8c1e7b9d4036a1c2e3f405162738",
    # RFC 6761 6.4: a name that never exists.
    "APP_HOST": "https://acme.invalid",
}
# To ask for refresh tokens, GenAuth wants both.
OFFLINE = {"SCOPE": "openid offline_access", "AUTHORIZE_PARAMS": {"prompt": "consent"}}


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    """Let every look at the provider's name fail the test; databases on this machine go on."""
    look_up = socket.getaddrinfo

    def refuse(host, *arguments, **options):
        if str(host).endswith(".invalid"):
            raise AssertionError(f"The network was asked for {host}.")
        return look_up(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def app(settings):
    """Return the settings of the one app, to be changed."""
    settings.GENAUTH = {"default": {**APP}}
    return settings.GENAUTH["default"]


@pytest.fixture
def fake(app, db):
    """Let a fake stand in."""
    with FakeGenAuth() as genauth:
        yield genauth


@pytest.fixture
def client():
    """Come with an empty browser."""
    return Client()
