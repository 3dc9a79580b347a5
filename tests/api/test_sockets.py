"""Requests as they come over the network, where a server reads the headers before Django does."""

from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tests.support.bearers import AUDIENCE, a_token

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.api.views")]


@pytest.fixture
def send(app, live_server):
    """Lend a way to send a request with the headers as they are given."""
    app["API_AUDIENCE"] = AUDIENCE
    app["API_USERS"] = "none"

    def send(*headers, path="/anything/"):
        connection = HTTPConnection(urlsplit(live_server.url).netloc, timeout=10)
        connection.putrequest("GET", path)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        response.read()
        connection.close()
        return response

    return send


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_a_good_token_is_let_in(send, provider, scheme):
    response = send(("Authorization", f"{scheme} {a_token(provider)}"))

    assert response.status == 200
    assert response.headers["Vary"] == "Authorization"


@pytest.mark.parametrize(
    ("first", "second"),
    [("Bearer {}", "Bearer {}"), ("Basic YTpi", "Bearer {}"), ("Bearer {}", "Basic YTpi")],
)
def test_of_two_headers_none_is_chosen(send, provider, first, second):
    token = a_token(provider)

    response = send(("Authorization", first.format(token)), ("authorization", second.format(token)))

    assert response.status == 400
    assert 'error="invalid_request"' in response.headers["WWW-Authenticate"]


def test_another_header_is_no_token(send, provider):
    token = a_token(provider)

    response = send(("X-Authorization", f"Bearer {token}"), ("Authorization_", f"Bearer {token}"))

    assert response.status == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer ", "Bearer \xff", "Bearer \x01", "Bearer a\tb"]
)
def test_junk_is_refused(send, value):
    response = send(("Authorization", value))

    assert response.status in (400, 401)


def test_a_token_in_the_address_is_not_looked_at(send, provider):
    response = send(path=f"/anything/?access_token={a_token(provider)}")

    assert response.status == 401
