"""Requests and answers over real connections: which are reused, and what is never sent."""

import gzip
import logging
import traceback
import zlib

import pytest

from django_genauth import __version__
from django_genauth.protocol.errors import ConfigurationError, ProviderError, ProviderUnavailable
from django_genauth.protocol.messages import HttpRequest
from tests.support.network import TIMEOUT, a_transport, keys_request, token_request
from tests.support.provider import faults
from tests.support.provider.scripted import ScriptedProvider

REDIRECTS = [301, 302, 303, 307, 308]


@pytest.fixture
def elsewhere():
    with ScriptedProvider() as running:
        yield running


def test_the_whole_answer_comes_back(provider):
    provider.lie("jwks", status=418, headers={"X-Odd": "Yes"}, body=b"short and stout")

    answer = a_transport().send(keys_request(provider))

    assert (answer.status, answer.headers["x-odd"], answer.body) == (418, "Yes", b"short and stout")


def test_an_answer_without_a_body_is_an_answer(provider):
    provider.lie("jwks", status=204, body=b"")

    answer = a_transport().send(keys_request(provider))

    assert (answer.status, answer.body) == (204, b"")


def test_the_request_arrives_as_it_was_described(provider):
    a_transport().send(token_request(provider))

    (arrived,) = provider.requests
    assert (arrived.method, arrived.path) == ("POST", "/oidc/token")
    assert arrived.body == b"client_secret=the-client-secret&code=the-code"
    assert arrived.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_the_request_says_which_program_sent_it(provider):
    a_transport().send(keys_request(provider))

    assert provider.requests[0].headers["User-Agent"] == f"django-genauth/{__version__}"


def test_no_cookie_of_the_provider_is_kept(provider):
    provider.lie("jwks", headers={"Set-Cookie": "tracker=1"})
    transport = a_transport()
    transport.send(keys_request(provider))

    transport.send(keys_request(provider))

    assert provider.requests[1].headers["Cookie"] is None


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        pytest.param("gzip", gzip.compress, id="gzip"),
        pytest.param("X-GZip", gzip.compress, id="x-gzip"),
        pytest.param("deflate", zlib.compress, id="deflate"),
        pytest.param("identity", bytes, id="identity"),
    ],
)
def test_a_packed_answer_is_unpacked(provider, coding, pack):
    provider.lie("jwks", headers={"Content-Encoding": coding}, body=pack(b"{}" * 20_000))

    answer = a_transport().send(keys_request(provider))

    assert answer.body == b"{}" * 20_000


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        pytest.param("br", b"{}", id="unknown"),
        pytest.param("gzip, gzip", gzip.compress(gzip.compress(b"{}")), id="twice"),
        pytest.param("gzip", b"{}", id="not-packed"),
        pytest.param("gzip", gzip.compress(b"{}")[:-1], id="too-short"),
    ],
)
def test_an_answer_that_cannot_be_unpacked_is_refused(provider, coding, body):
    provider.lie("jwks", headers={"Content-Encoding": coding}, body=body)

    with pytest.raises(ProviderError) as caught:
        a_transport().send(keys_request(provider))

    assert caught.value.code == "provider.encoding"


def test_a_provider_that_is_down_is_unavailable(provider):
    provider.stop()

    with pytest.raises(ProviderUnavailable) as caught:
        a_transport().send(keys_request(provider))

    assert caught.value.code == "provider_unavailable.connection"


def test_what_kept_a_connection_from_being_made_is_told(provider):
    provider.stop()

    with pytest.raises(ProviderUnavailable, match=r"failed \(NewConnectionError\)\. Look at"):
        a_transport().send(keys_request(provider))


@pytest.mark.parametrize("status", REDIRECTS)
def test_a_redirect_to_the_same_host_is_handed_back(provider, status):
    provider.lie("token", status=status, headers={"Location": keys_request(provider).url})

    answer = a_transport().send(token_request(provider))

    assert answer.status == status
    assert [request.path for request in provider.requests] == ["/oidc/token"]


@pytest.mark.parametrize("status", REDIRECTS)
def test_a_redirect_to_another_host_is_handed_back(provider, elsewhere, status):
    provider.lie("token", status=status, headers={"Location": f"{elsewhere.issuer}/token"})

    answer = a_transport().send(token_request(provider))

    assert (answer.status, elsewhere.connections) == (status, 0)


def test_without_leave_nothing_is_sent_unencrypted(provider):
    with pytest.raises(ConfigurationError) as caught:
        a_transport(allow_insecure_http=False).send(token_request(provider))

    assert (caught.value.code, provider.connections) == ("configuration.insecure_http", 0)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("ftp://127.0.0.1/", id="scheme"),
        pytest.param("https://a..b/", id="empty-label"),
        pytest.param(f"https://{'a' * 64}.example/", id="long-label"),
        pytest.param("https://127.0.0.1:0/", id="port-0"),
        pytest.param("https:///path", id="no-host"),
    ],
)
def test_an_address_that_leads_nowhere_is_unavailable(url):
    with pytest.raises(ProviderUnavailable) as caught:
        a_transport().send(HttpRequest(method="GET", url=url))

    assert caught.value.code == "provider_unavailable.connection"


def test_a_failure_shows_nothing_of_the_request(provider):
    provider.lie("token", fault=faults.reset)

    with pytest.raises(ProviderUnavailable) as caught:
        a_transport().send(token_request(provider))

    text = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert "the-client-secret" not in text
    assert "the-code" not in text


@pytest.mark.parametrize("fault", [faults.reset, faults.hang])
def test_an_error_of_the_library_which_holds_the_request_is_not_shown(provider, fault):
    provider.lie("token", fault=fault)

    with pytest.raises(ProviderUnavailable) as caught:
        a_transport(timeout=TIMEOUT).send(token_request(provider))

    assert "requests.exceptions" not in "".join(traceback.format_exception(caught.value))


def test_an_error_of_the_library_about_a_certificate_is_not_shown_either():
    with ScriptedProvider(tls=True) as provider, pytest.raises(ProviderUnavailable) as caught:
        a_transport().send(token_request(provider))

    assert "requests.exceptions" not in "".join(traceback.format_exception(caught.value))


def test_a_query_stands_in_no_log(provider, caplog):
    caplog.set_level("DEBUG")
    request = HttpRequest(method="GET", url=f"{keys_request(provider).url}?id_token=the-token")

    a_transport().send(request)

    assert "/oidc/.well-known/jwks.json" in caplog.text
    assert "the-token" not in caplog.text


def test_the_logs_of_others_are_left_as_they_are(caplog):
    caplog.set_level("DEBUG")

    logging.getLogger("urllib3.connectionpool").debug("%s", "/path?query")

    assert caplog.messages == ["/path?query"]
