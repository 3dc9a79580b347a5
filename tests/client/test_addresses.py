"""Which of a host's addresses is used, and that look-ups and dead addresses end in time."""

import gc
import os
import socket
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from django_genauth.client.addresses import MOST_LOOKUPS
from django_genauth.protocol.errors import ProviderUnavailable
from django_genauth.protocol.messages import HttpRequest
from tests.support.network import GRACE, TIMEOUT, DeafListener, a_transport, keys_request

# The system refuses to connect to it, without asking anybody.
BROADCAST = ("255.255.255.255", 443)
REAL = socket.getaddrinfo


@pytest.fixture
def addresses(monkeypatch):
    """Give the host provider.example the addresses that a test puts in."""
    found = []

    def look_up(host, *rest, **more):
        if host != "provider.example":
            return REAL(host, *rest, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", each) for each in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return found


@pytest.fixture
def hanging_lookups(monkeypatch):
    """Let every look-up of a name hang until the test sets this event."""
    released = threading.Event()

    def look_up(host, *rest, **more):
        if host != "127.0.0.1":
            released.wait(20)
        return REAL("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield released
    released.set()
    for each in lookups_under_way():
        each.join(5)


@pytest.fixture
def deaf():
    with DeafListener() as listener:
        host, _, port = listener.address.rpartition(":")
        yield host, int(port)


@pytest.fixture
def refusing():
    """Return an address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        return gone.getsockname()


@pytest.fixture
def good(provider):
    return "127.0.0.1", int(provider.base_url.rpartition(":")[2])


def lookups_under_way():
    return [each for each in threading.enumerate() if each.name.startswith("genauth look-up")]


def connected_to(address):
    """Return the sockets of this process that are connected to an address."""
    found = []
    for each in gc.get_objects():
        if type(each) is socket.socket and each.fileno() != -1:
            with suppress(OSError):
                found += [each] if each.getpeername() == address else []
    return found


def ask(transport, url="http://provider.example/oidc/.well-known/jwks.json"):
    return transport.send(HttpRequest(method="GET", url=url))


@contextmanager
def unavailable(reason):
    with pytest.raises(ProviderUnavailable) as caught:
        yield caught
    assert caught.value.code == f"provider_unavailable.{reason}"


def test_an_address_that_is_deaf_does_not_keep_the_next_one_from_being_tried(addresses, deaf, good):
    addresses += [deaf, good]
    began = time.monotonic()

    answer = ask(a_transport())

    assert (answer.status, time.monotonic() - began < 0.25 + GRACE) == (200, True)


def test_an_address_that_answers_is_not_gone_past(addresses, good, deaf):
    addresses += [good, deaf]

    assert ask(a_transport(timeout=TIMEOUT)).status == 200


def test_an_address_that_refuses_costs_no_time(addresses, refusing, good):
    addresses += [refusing] * 8 + [good]
    began = time.monotonic()

    answer = ask(a_transport())

    assert (answer.status, time.monotonic() - began < 8 * 0.25) == (200, True)


def test_an_address_that_cannot_be_reached_at_all_costs_no_time(addresses, good):
    addresses += [BROADCAST] * 8 + [good]
    began = time.monotonic()

    answer = ask(a_transport())

    assert (answer.status, time.monotonic() - began < 8 * 0.25) == (200, True)


def test_an_address_that_is_slow_to_refuse_leaves_the_others_their_chance(
    addresses, deaf, refusing, good
):
    addresses += [deaf, refusing, deaf, good]

    assert ask(a_transport()).status == 200


def test_a_short_time_is_enough_to_try_all(addresses, deaf, good):
    addresses += [deaf] * 3 + [good]

    assert ask(a_transport(timeout=0.6)).status == 200


def test_all_addresses_together_have_the_time_of_one_request(addresses, deaf):
    addresses += [deaf] * 5
    began = time.monotonic()

    with unavailable("timeout"):
        ask(a_transport(timeout=TIMEOUT))

    assert time.monotonic() - began < TIMEOUT + GRACE


def test_a_host_whose_addresses_all_refuse_is_unavailable(addresses, refusing):
    addresses += [refusing] * 2

    with unavailable("connection"):
        ask(a_transport())


def test_a_host_without_an_address_is_unavailable(addresses):
    with unavailable("connection"):
        ask(a_transport())


def test_a_host_that_cannot_be_found_is_said_to_be_so(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with unavailable("connection") as caught:
        ask(a_transport())

    assert "(NameResolutionError)" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "proxies"),
    [
        pytest.param("https://[::1]/", {}, id="direct"),
        pytest.param("https://127.0.0.1/", {"https": "http://[::1]:3128"}, id="proxy"),
    ],
)
def test_an_address_of_ipv6_is_looked_up_without_its_brackets(monkeypatch, refusing, url, proxies):
    asked = []

    def look_up(host, *_, **__):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", refusing)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    with unavailable("connection"):
        ask(a_transport(proxies=proxies), url)

    assert set(asked) == {"::1"}


@pytest.mark.parametrize(
    ("url", "proxies"),
    [
        pytest.param("http://provider.example/", {}, id="http"),
        pytest.param("https://provider.example/", {}, id="https"),
        pytest.param(
            "https://127.0.0.1/", {"https": "http://proxy.example:3128"}, id="proxy-for-https"
        ),
        pytest.param(
            "http://127.0.0.1/", {"http": "http://proxy.example:3128"}, id="proxy-for-http"
        ),
    ],
)
@pytest.mark.usefixtures("hanging_lookups")
def test_a_look_up_that_hangs_is_left_in_time(url, proxies):
    began = time.monotonic()

    with unavailable("timeout"):
        ask(a_transport(timeout=TIMEOUT, proxies=proxies), url)

    assert time.monotonic() - began < TIMEOUT + GRACE


def test_the_time_of_the_look_up_is_missing_from_the_rest(provider, monkeypatch):
    def slow(*arguments, **more):
        time.sleep(0.6 * TIMEOUT)
        return REAL(*arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    provider.lie("jwks", delay=0.6 * TIMEOUT)

    with unavailable("timeout"):
        a_transport(timeout=TIMEOUT).send(keys_request(provider))


def hang_many(number):
    """Let so many look-ups hang, and return how many threads they hold."""

    def hang():
        with unavailable("timeout"):
            ask(a_transport(timeout=TIMEOUT))

    people = [threading.Thread(target=hang) for _ in range(number)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    return len(lookups_under_way())


@pytest.mark.usefixtures("hanging_lookups")
def test_look_ups_that_hang_hold_no_more_than_so_many_threads_and_the_others_no_longer():
    began = time.monotonic()

    held = hang_many(MOST_LOOKUPS + 8)

    assert (held, time.monotonic() - began < TIMEOUT + 2 * GRACE) == (MOST_LOOKUPS, True)


def test_look_ups_that_hung_do_not_outlast_their_reason(hanging_lookups, provider):
    hang_many(MOST_LOOKUPS)
    hanging_lookups.set()

    answer = a_transport().send(keys_request(provider))

    assert answer.status == 200


@pytest.mark.usefixtures("hanging_lookups")
def test_look_ups_that_hang_at_a_fork_hold_up_nobody_in_the_new_process(provider, monkeypatch):
    hang_many(MOST_LOOKUPS)
    monkeypatch.setattr(os, "getpid", lambda: -1)

    answer = a_transport(timeout=TIMEOUT).send(keys_request(provider))

    assert answer.status == 200


def test_a_machine_that_gives_no_thread_fails_as_a_connection_does(provider, monkeypatch):
    def refuse(_):
        raise RuntimeError("can't start new thread")

    def ask_in_vain():
        with unavailable("connection"):
            ask(a_transport())

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        # More often than look-ups may be under way, of which these are none.
        for _ in range(MOST_LOOKUPS + 1):
            ask_in_vain()

    assert a_transport().send(keys_request(provider)).status == 200


def test_a_connection_is_looked_after_by_the_system_and_sends_at_once(provider, good):
    transport = a_transport()

    transport.send(keys_request(provider))

    (sock,) = connected_to(good)
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
