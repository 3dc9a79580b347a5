"""Whose address stands in the log."""

import pytest
from django.test import RequestFactory

from django_genauth.visitor_ip import visitor_ip

PEER = "192.0.2.1"


def ip(header=None, alias="default", **headers):
    """Return the address of a request that comes from the proxy."""
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=PEER)
    return visitor_ip(request, alias)


@pytest.fixture
def behind_a_proxy(app):
    app["VISITOR_IP_HEADER"] = "X-Forwarded-For"


def test_without_a_setting_it_is_that_of_the_connection(app):
    assert ip(**{"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9"}) == PEER


@pytest.mark.usefixtures("behind_a_proxy")
@pytest.mark.parametrize(
    ("value", "address"),
    [
        pytest.param("203.0.113.9", "203.0.113.9", id="one"),
        pytest.param("198.51.100.7, 203.0.113.9", "203.0.113.9", id="the proxy adds the last"),
        pytest.param("made up,203.0.113.9", "203.0.113.9", id="whatever stands before"),
        pytest.param("203.0.113.9:51112", "203.0.113.9", id="with a port"),
        pytest.param("2001:DB8::9", "2001:db8::9", id="IPv6"),
        pytest.param("[2001:db8::9]:51112", "2001:db8::9", id="IPv6 with a port"),
        pytest.param("[2001:db8::9]", "2001:db8::9", id="IPv6 in brackets"),
        pytest.param("203.0.113.9, unknown", None, id="the proxy does not know"),
        pytest.param("203.0.113.9,", None, id="nothing at the end"),
        pytest.param("", None, id="empty"),
        pytest.param("fe80::1%eth0 ip=203.0.113.9", None, id="a zone with a second field"),
        pytest.param("fe80::1%a\nSign-in refused", None, id="a zone with a second line"),
        pytest.param("203.0.113.999", None, id="no address"),
    ],
)
def test_it_is_what_the_proxy_says(value, address):
    assert ip(**{"X-Forwarded-For": value}) == address


@pytest.mark.usefixtures("behind_a_proxy")
def test_without_the_header_it_is_not_that_of_the_proxy():
    assert ip(**{"X-Real-IP": "203.0.113.9"}) is None


def test_any_header_can_be_named(app):
    app["VISITOR_IP_HEADER"] = "CF-Connecting-IP"

    assert ip(**{"CF-Connecting-IP": "203.0.113.9"}) == "203.0.113.9"


def test_a_socket_of_this_machine_has_no_address(app):
    request = RequestFactory().get("/", REMOTE_ADDR="")

    assert visitor_ip(request, "default") is None


def test_it_is_not_known_for_an_app_whose_settings_are_wrong(app):
    app["APP_HOST"] = "nowhere"

    assert ip() is None
