"""How long a connection may be idle, and which requests are sent again when it was too long."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from django_genauth.client.deadlines import IDLE
from django_genauth.protocol.errors import ProviderUnavailable
from tests.support.network import GRACE, TIMEOUT, a_transport, keys_request, token_request
from tests.support.provider import faults


@pytest.fixture
def later(monkeypatch):
    """Let so many seconds pass at once."""
    real, passed = time.monotonic, [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: real() + passed[0])

    def pass_by(seconds):
        passed[0] += seconds

    return pass_by


def on_connection(*numbers):
    """Choose the requests that come on these connections of the provider."""
    return lambda request: request.connection in numbers


def test_a_connection_that_was_idle_for_a_while_is_used_again(provider, later):
    transport = a_transport()
    transport.send(keys_request(provider))
    later(IDLE - 1)

    transport.send(token_request(provider))

    assert provider.connections == 1


def test_a_connection_that_was_idle_for_long_is_not_used_again(provider, later):
    transport = a_transport()
    transport.send(keys_request(provider))
    later(IDLE)

    transport.send(token_request(provider))

    assert provider.connections == 2


def test_a_connection_that_is_never_idle_is_used_on(provider, later):
    transport = a_transport()
    transport.send(keys_request(provider))
    later(IDLE - 1)
    transport.send(keys_request(provider))
    later(IDLE - 1)

    transport.send(keys_request(provider))

    assert provider.connections == 1


@pytest.mark.parametrize(
    ("announced", "idle", "connections"),
    [
        pytest.param("timeout=3", 1.5, 1, id="in-time"),
        pytest.param("timeout=3", 2, 2, id="a-second-before-it-is-over"),
        pytest.param("max=100, Timeout = 3", 2, 2, id="other-order-and-case"),
        pytest.param('timeout="3"', 2, 2, id="quoted"),
        pytest.param("timeout=1", 0, 2, id="too-short-to-be-of-use"),
        pytest.param("timeout=0", 0, 2, id="none"),
        pytest.param("timeout=600", IDLE - 1, 1, id="longer-than-ours"),
        pytest.param("timeout=600", IDLE, 2, id="longer-than-ours-does-not-count"),
        pytest.param("timeout=" + "9" * 5000, IDLE - 1, 1, id="absurdly-long"),
        pytest.param("timeout=soon", IDLE - 1, 1, id="no-number"),
        pytest.param("max=3", IDLE - 1, 1, id="no-time"),
    ],
)
def test_the_idle_time_that_the_provider_announces_counts(
    provider, later, announced, idle, connections
):
    provider.lie("jwks", headers={"Keep-Alive": announced})
    transport = a_transport()
    transport.send(keys_request(provider))
    later(idle)

    transport.send(token_request(provider))

    assert provider.connections == connections


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.close, id="closed"),
        pytest.param(faults.reset, id="reset"),
        pytest.param(faults.hang, id="forgotten"),
    ],
)
def test_a_get_on_a_connection_that_was_lost_is_sent_once_more(provider, fault):
    transport = a_transport(timeout=4 * TIMEOUT)
    transport.send(keys_request(provider))
    provider.lie("jwks", fault=fault, when=on_connection(1))

    answer = transport.send(keys_request(provider))

    assert (answer.status, provider.connections, len(provider.requests)) == (200, 2, 3)


def test_it_is_sent_on_a_new_connection_as_the_others_were_idle_as_long(provider):
    provider.lie("jwks", delay=0.2)
    transport = a_transport()
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(transport.send, [keys_request(provider)] * 3))
    provider.lie("jwks", fault=faults.reset, when=on_connection(1, 2, 3))

    answer = transport.send(keys_request(provider))

    assert (answer.status, len(provider.requests)) == (200, 5)


@pytest.mark.parametrize(
    "fault",
    [pytest.param(faults.reset, id="reset"), pytest.param(faults.hang, id="forgotten")],
)
def test_a_post_on_a_connection_that_was_lost_is_not_sent_again(provider, fault):
    transport = a_transport(timeout=TIMEOUT)
    transport.send(keys_request(provider))
    provider.lie("token", fault=fault, when=on_connection(1))

    with pytest.raises(ProviderUnavailable):
        transport.send(token_request(provider))

    assert len(provider.requests_to("token")) == 1


def test_a_post_has_the_whole_time_on_a_connection_that_was_used_before(provider):
    transport = a_transport(timeout=2 * TIMEOUT)
    transport.send(keys_request(provider))
    provider.lie("token", delay=1.7 * TIMEOUT)

    answer = transport.send(token_request(provider))

    assert answer.status == 401


def test_a_get_on_a_new_connection_is_not_sent_again(provider):
    provider.lie("jwks", fault=faults.reset)

    with pytest.raises(ProviderUnavailable):
        a_transport().send(keys_request(provider))

    assert len(provider.requests) == 1


def test_a_get_has_the_whole_time_on_a_new_connection(provider):
    provider.lie("jwks", delay=1.7 * TIMEOUT)

    answer = a_transport(timeout=2 * TIMEOUT).send(keys_request(provider))

    assert answer.status == 200


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.reset_in_body, id="in-the-body"),
        pytest.param(faults.raw(b"HTTP/1.1 2"), id="in-the-status-line"),
        pytest.param(faults.raw(b"HTTP/1.1 103 Early Hints\r\n\r\n"), id="after-an-interim-one"),
    ],
)
def test_a_get_whose_answer_had_begun_is_not_sent_again(provider, fault):
    transport = a_transport()
    transport.send(keys_request(provider))
    provider.lie("jwks", fault=fault)

    with pytest.raises(ProviderUnavailable):
        transport.send(keys_request(provider))

    assert len(provider.requests) == 2


def test_a_get_is_sent_no_more_than_twice(provider):
    transport = a_transport()
    transport.send(keys_request(provider))
    provider.lie("jwks", fault=faults.reset)

    with pytest.raises(ProviderUnavailable) as caught:
        transport.send(keys_request(provider))

    assert (caught.value.code, len(provider.requests)) == ("provider_unavailable.connection", 3)


def test_both_times_together_have_the_time_of_one_request(provider):
    transport = a_transport(timeout=2 * TIMEOUT)
    transport.send(keys_request(provider))
    provider.lie("jwks", fault=faults.hang)
    began = time.monotonic()

    with pytest.raises(ProviderUnavailable) as caught:
        transport.send(keys_request(provider))

    assert caught.value.code == "provider_unavailable.timeout"
    assert time.monotonic() - began < 2 * TIMEOUT + GRACE
