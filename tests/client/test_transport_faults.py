"""The transport against a provider that stalls, floods or breaks off: an end in time, and small."""

import gzip
import json
import socket
import threading
import time
import tracemalloc
import zlib
from contextlib import contextmanager

import pytest

from django_genauth.client.deadlines import DeadlineAdapter
from django_genauth.protocol.errors import ProviderError, ProviderUnavailable
from django_genauth.protocol.messages import HttpRequest
from tests.support.network import GRACE, TIMEOUT, DeafListener, a_transport, keys_request
from tests.support.provider import faults
from tests.support.provider.scripted import ScriptedProvider

pytestmark = pytest.mark.serial

MEGABYTE = 1024 * 1024
HEAD = b"HTTP/1.1 200 OK\r\n"
# A TLS record of 16,384 octets follows: a handshake that never comes to its end.
TLS_RECORD = b"\x16\x03\x03\x40\x00"


def forever(head, block, pause=0.0):
    """Send the head once, and the block again and again."""

    def fault(wire, answer):
        wire.send(head)
        while True:
            wire.send(block)
            wire.wait(pause)

    return fault


@contextmanager
def refused_in_time():
    """Expect a refusal within the time-out; the error is in `value` afterwards."""
    began = time.monotonic()
    with pytest.raises(ProviderError) as caught:
        yield caught
    assert time.monotonic() - began < TIMEOUT + GRACE


@contextmanager
def memory_below(limit):
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


@pytest.fixture
def transport():
    return a_transport(timeout=TIMEOUT)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.hang, id="no-answer"),
        pytest.param(faults.hang_in_head, id="half-a-head"),
        pytest.param(faults.hang_in_body, id="half-a-body"),
        pytest.param(faults.drip(bytes_per_second=20, whole=True), id="dripping-head"),
        pytest.param(faults.drip(bytes_per_second=20), id="dripping-body"),
        pytest.param(faults.endless_continue, id="endless-100-continue"),
        pytest.param(
            forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05), id="dripping-100-continue"
        ),
        pytest.param(
            forever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", 0.05),
            id="dripping-chunks",
        ),
        pytest.param(
            forever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x", 0.05),
            id="dripping-chunk-size",
        ),
        pytest.param(
            forever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n", 0.05),
            id="dripping-trailers",
        ),
        pytest.param(
            forever(HEAD + b"Content-Encoding: deflate\r\n\r\n", b"\x78\x9c", 0.05),
            id="dripping-deflate",
        ),
    ],
)
def test_a_provider_that_stalls_is_left_in_time(provider, transport, fault):
    provider.lie("jwks", fault=fault)

    with refused_in_time() as caught:
        transport.send(keys_request(provider))

    assert caught.value.code == "provider_unavailable.timeout"


def test_a_provider_that_stalls_on_a_connection_in_use_is_left_in_time(provider, transport):
    transport.send(keys_request(provider))
    provider.lie("jwks", fault=faults.drip(bytes_per_second=20, whole=True))

    with refused_in_time() as caught:
        transport.send(keys_request(provider))

    assert caught.value.code == "provider_unavailable.timeout"


def test_each_request_has_the_whole_time(provider, transport):
    provider.lie("jwks", delay=TIMEOUT * 0.6)

    codes = [transport.send(keys_request(provider)).status for _ in range(2)]

    assert codes == [200, 200]


def test_nobody_who_accepts_the_connection_is_left_in_time(transport):
    with DeafListener() as listener, refused_in_time() as caught:
        transport.send(HttpRequest(method="GET", url=f"http://{listener.address}/"))

    assert caught.value.code == "provider_unavailable.timeout"


def test_what_connecting_took_is_missing_from_the_time_for_the_handshake():
    transport = a_transport(timeout=2.2)
    began = time.monotonic()

    with DeafListener() as listener:
        # The system knocks again after a second, and is let in then.
        threading.Timer(0.2, listener.make_room).start()
        with pytest.raises(ProviderUnavailable):
            transport.send(HttpRequest(method="GET", url=f"https://{listener.address}/"))

    assert time.monotonic() - began < 2.2 + GRACE / 2


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.hang, id="no-handshake"),
        pytest.param(forever(TLS_RECORD, b"\x02", 0.05), id="dripping-handshake"),
    ],
)
def test_a_tls_handshake_that_stalls_is_left_in_time(transport, fault):
    with ScriptedProvider(tls=True) as provider, refused_in_time() as caught:
        provider.lie_on_connect(fault)
        transport.send(keys_request(provider))

    assert caught.value.code == "provider_unavailable.timeout"


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.hang_in_body, id="half-a-body"),
        pytest.param(faults.drip(bytes_per_second=20, whole=True), id="dripping"),
    ],
)
def test_a_provider_that_stalls_under_tls_is_left_in_time(fault):
    with ScriptedProvider(tls=True) as provider, refused_in_time() as caught:
        provider.lie("jwks", fault=fault)
        a_transport(timeout=TIMEOUT, ca_bundle=str(provider.ca_bundle)).send(keys_request(provider))

    assert caught.value.code == "provider_unavailable.timeout"


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.hang, id="no-answer"),
        pytest.param(faults.drip(bytes_per_second=20, whole=True), id="dripping-answer"),
    ],
)
def test_a_proxy_that_stalls_is_left_in_time(fault):
    with ScriptedProvider() as proxy, refused_in_time() as caught:
        proxy.lie_on_connect(fault)
        transport = a_transport(timeout=TIMEOUT, proxies={"https": proxy.base_url})
        transport.send(HttpRequest(method="GET", url="https://provider.example/"))

    assert caught.value.code == "provider_unavailable.timeout"


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(TimeoutError(), id="by-its-type"),
        pytest.param(OSError("Connection timed out"), id="by-its-text"),
    ],
)
def test_a_system_that_gives_up_before_the_deadline_is_a_timeout(transport, monkeypatch, error):
    def give_up(*_, **__):
        raise error

    # A stand-in, as no server on this machine makes the system give up.
    monkeypatch.setattr(DeadlineAdapter, "send", give_up)

    with pytest.raises(ProviderUnavailable) as caught:
        transport.send(HttpRequest(method="GET", url="https://provider.example/"))

    assert caught.value.code == "provider_unavailable.timeout"


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.close, id="closed"),
        pytest.param(faults.reset, id="reset"),
        pytest.param(faults.reset_in_body, id="reset-in-body"),
        pytest.param(faults.short_body, id="short-body"),
        pytest.param(faults.short_chunk, id="short-chunk"),
        pytest.param(faults.no_last_chunk, id="no-last-chunk"),
        pytest.param(faults.endless_headers, id="endless-headers"),
        pytest.param(forever(HEAD + b"A: ", b"b" * 8192), id="endless-header"),
        pytest.param(forever(b"", b"x" * 8192), id="endless-status-line"),
        pytest.param(faults.raw(b"SSH-2.0-OpenSSH\r\n"), id="not-http"),
        pytest.param(faults.raw(b"HTTP/9.9 200 OK\r\n\r\n{}"), id="unknown-version"),
        pytest.param(faults.raw(HEAD[:10]), id="cut-in-status-line"),
        pytest.param(
            faults.raw(HEAD + b"Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}"),
            id="two-lengths",
        ),
        pytest.param(
            faults.raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}"), id="no-chunk-size"
        ),
        pytest.param(
            faults.raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}"), id="chunk-of-minus-5"
        ),
    ],
)
def test_an_answer_that_breaks_off_or_is_none_is_unavailable(provider, transport, fault):
    provider.lie("jwks", fault=fault)

    with refused_in_time() as caught:
        transport.send(keys_request(provider))

    assert caught.value.code == "provider_unavailable.connection"


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.oversize(), id="announced"),
        pytest.param(faults.oversize(announced=False), id="chunked"),
        pytest.param(forever(HEAD + b"\r\n", b" " * 65_536), id="until-close"),
        pytest.param(faults.bomb(), id="gzip"),
        pytest.param(faults.bomb(coding="deflate"), id="deflate"),
    ],
)
def test_an_answer_that_is_too_large_is_left_early(provider, fault):
    faults.bomb()  # packed before memory is looked at
    provider.lie("jwks", fault=fault)

    with memory_below(2 * MEGABYTE), pytest.raises(ProviderError) as caught:
        a_transport().send(keys_request(provider))

    assert caught.value.code == "provider.too_large"


def test_an_answer_of_exactly_the_largest_size_is_taken(provider):
    provider.lie("jwks", body=b" " * 70_000)

    answer = a_transport(max_response_bytes=70_000).send(keys_request(provider))

    assert len(answer.body) == 70_000


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        pytest.param("identity", bytes, id="plain"),
        pytest.param("gzip", gzip.compress, id="gzip"),
        pytest.param("deflate", zlib.compress, id="deflate"),
    ],
)
def test_an_answer_of_one_octet_more_is_refused(provider, coding, pack):
    provider.lie("jwks", headers={"Content-Encoding": coding}, body=pack(b" " * 70_001))

    with pytest.raises(ProviderError) as caught:
        a_transport(max_response_bytes=70_000).send(keys_request(provider))

    assert caught.value.code == "provider.too_large"


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"Set-Cookie: \xff=;;max-age=x\r\nContent-Type: \xff\r\n", id="odd-octets"),
        pytest.param(b"no colon at all\r\n", id="no-colon"),
        pytest.param(b"Content-Length: " + b"9" * 5000 + b"\r\n", id="length-of-5000-digits"),
        pytest.param(b"Content-Length: -1\r\n", id="negative-length"),
    ],
)
def test_odd_headers_do_no_harm(provider, transport, head):
    provider.lie("jwks", fault=faults.raw(HEAD + head + b"\r\n{}"))

    answer = transport.send(keys_request(provider))

    assert json.loads(answer.body) == {}


def test_two_providers_that_stall_do_not_hold_up_a_third(provider, transport):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with pytest.raises(ProviderUnavailable):
            transport.send(
                HttpRequest(method="GET", url=f"http://127.0.0.1:{silent.getsockname()[1]}/")
            )

        answer = transport.send(keys_request(provider))

    assert answer.status == 200
