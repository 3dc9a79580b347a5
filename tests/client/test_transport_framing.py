"""Where an answer begins and ends, and that nothing beside it is taken for the next one."""

import gzip
import time

import pytest

from django_genauth.protocol.errors import ProviderUnavailable
from tests.support.network import TIMEOUT, Tunnel, a_transport, keys_request, token_request
from tests.support.provider import faults
from tests.support.provider.scripted import ScriptedProvider

HEAD = b"HTTP/1.1 200 OK\r\n"
MINE = HEAD + b"Content-Length: 4\r\n\r\nmine"
ANOTHERS = HEAD + b"Content-Length: 8\r\n\r\nanothers"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nmine\r\n0\r\n\r\n"


def kept_open(*parts, pause=0.0):
    """Send these bytes, one part after the other, and leave the connection open."""

    def fault(wire, answer):
        for part in parts:
            wire.send(part)
            wire.wait(pause)
        wire.wait()

    return fault


@pytest.fixture
def tls_provider():
    with ScriptedProvider(tls=True) as running:
        yield running


@pytest.mark.parametrize(
    "interim",
    [
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n", id="100"),
        pytest.param(b"HTTP/1.1 102 Processing\r\n\r\n", id="102"),
        pytest.param(b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n", id="103"),
        pytest.param(b"HTTP/1.1 199 Whatever\r\nContent-Length: 8\r\n\r\n", id="199"),
        pytest.param(
            b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n", id="several"
        ),
    ],
)
def test_an_interim_answer_is_read_over(provider, interim):
    provider.lie("jwks", fault=kept_open(interim + MINE))

    answer = a_transport().send(keys_request(provider))

    assert (answer.status, answer.body, "link" in answer.headers) == (200, b"mine", False)


def test_an_answer_that_comes_later_than_its_interim_one_is_not_given_to_another(provider):
    early = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    provider.lie("jwks", fault=kept_open(early, MINE, pause=0.2), times=1)
    transport = a_transport()

    bodies = [transport.send(keys_request(provider)).body for _ in range(2)]

    assert (bodies[0], bodies[1] != b"mine") == (b"mine", True)


def test_an_interim_answer_alone_is_none(provider):
    provider.lie("jwks", fault=kept_open(b"HTTP/1.1 103 Early Hints\r\n\r\n"))

    with pytest.raises(ProviderUnavailable) as caught:
        a_transport(timeout=TIMEOUT).send(keys_request(provider))

    assert caught.value.code == "provider_unavailable.timeout"


def test_another_protocol_is_refused(provider):
    switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
    provider.lie("jwks", fault=kept_open(switch + MINE))

    with pytest.raises(ProviderUnavailable) as caught:
        a_transport().send(keys_request(provider))

    assert caught.value.code == "provider_unavailable.connection"


def test_a_proxys_interim_answer_is_read_over_too(tls_provider):
    with Tunnel(ahead=b"HTTP/1.1 103 Early Hints\r\n\r\n") as tunnel:
        transport = a_transport(
            ca_bundle=str(tls_provider.ca_bundle), proxies={"https": tunnel.url}
        )

        answer = transport.send(keys_request(tls_provider))

    assert answer.status == 200


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(MINE + ANOTHERS, id="another-answer"),
        pytest.param(CHUNKED + ANOTHERS, id="another-answer-after-chunks"),
        pytest.param(MINE + b"\r\n", id="a-line-end"),
        pytest.param(MINE + b"HTTP", id="the-beginning-of-one"),
        pytest.param(HEAD + b"Content-Length: 0\r\n\r\n" + ANOTHERS, id="after-nothing"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n" + ANOTHERS, id="after-204"),
        pytest.param(b"HTTP/1.1 304 Not Modified\r\n\r\n" + ANOTHERS, id="after-304"),
        pytest.param(MINE.replace(b"4", b"3"), id="a-body-longer-than-said"),
        pytest.param(
            HEAD
            + b"Content-Length: 90\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nmine\r\n0\r\n\r\n",
            id="two-statements-of-the-length",
        ),
        pytest.param(HEAD + b"Connection: close\r\n\r\n", id="until-the-end"),
    ],
)
def test_a_connection_with_bytes_beside_the_answer_is_used_no_more(provider, sent):
    closes = b"close" in sent
    provider.lie("jwks", fault=faults.raw(sent) if closes else kept_open(sent))
    transport = a_transport(timeout=5)
    transport.send(keys_request(provider))

    answer = transport.send(token_request(provider))

    assert (answer.status, provider.connections) == (401, 2)


def test_a_connection_on_which_bytes_come_after_the_answer_is_used_no_more(provider):
    provider.lie("jwks", fault=kept_open(MINE, ANOTHERS, pause=0.1))
    transport = a_transport()
    transport.send(keys_request(provider))
    time.sleep(0.3)

    answer = transport.send(token_request(provider))

    assert (answer.status, provider.connections) == (401, 2)


@pytest.mark.parametrize(
    "length",
    [
        pytest.param(4, id="read-along"),
        # As many as one read asks for, so that the rest stays with TLS.
        pytest.param(8192 - len(HEAD) - len(b"Content-Length: 8192\r\n\r\n"), id="left-in-tls"),
    ],
)
def test_bytes_beside_the_answer_are_seen_under_tls(tls_provider, length):
    sent = HEAD + b"Content-Length: %4d\r\n\r\n%s" % (length, b"." * length) + ANOTHERS
    tls_provider.lie("jwks", fault=kept_open(sent))
    transport = a_transport(ca_bundle=str(tls_provider.ca_bundle))
    transport.send(keys_request(tls_provider))

    answer = transport.send(token_request(tls_provider))

    assert (answer.status, tls_provider.connections) == (401, 2)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        pytest.param(b"", b"{}", id="plain"),
        pytest.param(b"Content-Encoding: gzip\r\n", gzip.compress(b"{}"), id="gzip"),
    ],
)
def test_a_body_that_is_shorter_than_its_length_is_an_error(provider, head, body):
    promised = HEAD + head + b"Content-Length: %d\r\n\r\n" % (len(body) + 1)
    provider.lie("jwks", fault=faults.raw(promised + body))

    with pytest.raises(ProviderUnavailable) as caught:
        a_transport().send(keys_request(provider))

    assert caught.value.code == "provider_unavailable.connection"


def test_a_body_that_is_shorter_than_its_length_is_an_error_under_tls(tls_provider):
    tls_provider.lie("jwks", fault=faults.short_body)

    with pytest.raises(ProviderUnavailable) as caught:
        a_transport(ca_bundle=str(tls_provider.ca_bundle)).send(keys_request(tls_provider))

    assert caught.value.code == "provider_unavailable.connection"
