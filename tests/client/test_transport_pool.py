"""Which connections are reused, by whom, and that no answer is taken for another one."""

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from django_genauth.protocol.errors import ProviderError, ProviderUnavailable
from django_genauth.protocol.messages import HttpRequest
from tests.support.network import TIMEOUT, a_transport, keys_request, token_request
from tests.support.provider import faults
from tests.support.provider.grants import Grant


def userinfo_request_of(provider, sub):
    grant = Grant(
        sub=sub,
        claims={},
        scope="openid",
        redirect_uri="",
        nonce=None,
        code_challenge=None,
        auth_time=None,
        refreshable=False,
    )
    headers = {"Authorization": f"Bearer {provider.access_token(grant)}"}
    return HttpRequest(method="GET", url=f"{provider.issuer}/me", headers=headers)


def test_requests_share_one_connection(provider):
    transport = a_transport()

    codes = [transport.send(keys_request(provider)).status for _ in range(5)]

    assert (codes, provider.connections) == ([200] * 5, 1)


def test_threads_take_turns_on_one_connection(provider):
    transport = a_transport()

    with ThreadPoolExecutor(1) as first:
        first.submit(transport.send, keys_request(provider)).result()
    with ThreadPoolExecutor(1) as second:
        second.submit(transport.send, keys_request(provider)).result()

    assert (len(provider.requests), provider.connections) == (2, 1)


def test_threads_at_the_same_time_each_get_their_own_answer(provider):
    transport = a_transport()

    def ask(sub):
        answer = transport.send(userinfo_request_of(provider, sub))
        return json.loads(answer.body)["sub"]

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(ask, map(str, range(64))))

    assert answers == [str(number) for number in range(64)]
    assert provider.connections <= 16


def test_after_a_crowd_all_its_connections_are_used_again(provider):
    provider.lie("jwks", delay=0.2)
    transport = a_transport()

    def crowd():
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(transport.send, [keys_request(provider)] * 8))

    crowd()
    crowd()

    assert (len(provider.requests), provider.connections) == (16, 8)


def test_a_connection_that_the_provider_closed_is_replaced(provider):
    transport = a_transport()
    transport.send(keys_request(provider))
    provider.cut_connections()

    answer = transport.send(token_request(provider))

    assert (answer.status, len(provider.requests_to("token"))) == (401, 1)


def test_a_provider_that_was_restarted_is_found_again(provider):
    transport = a_transport()
    transport.send(keys_request(provider))
    provider.stop()
    provider.start()

    answer = transport.send(keys_request(provider))

    assert answer.status == 200


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.close, id="close"),
        pytest.param(faults.reset, id="reset"),
        pytest.param(faults.hang, id="hang"),
        pytest.param(faults.short_body, id="short"),
    ],
)
def test_a_request_that_failed_is_not_sent_again(provider, fault):
    transport = a_transport(timeout=TIMEOUT)
    transport.send(keys_request(provider))
    provider.lie("token", fault=fault)

    with pytest.raises(ProviderUnavailable):
        transport.send(token_request(provider))

    assert len(provider.requests_to("token")) == 1


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.reset, id="reset"),
        pytest.param(faults.hang_in_body, id="hang"),
        pytest.param(faults.short_chunk, id="short"),
        pytest.param(faults.oversize(megabytes=1), id="oversize"),
        pytest.param(faults.raw(b"nonsense"), id="nonsense"),
    ],
)
def test_after_a_failure_the_next_request_works(provider, fault):
    provider.lie("jwks", fault=fault, times=1)
    transport = a_transport(timeout=TIMEOUT)
    with pytest.raises(ProviderError):
        transport.send(keys_request(provider))

    answer = transport.send(keys_request(provider))

    assert len(json.loads(answer.body)["keys"]) == 1


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_one(provider):
    released = threading.Event()
    provider.lie("jwks", until=released, body=b"the late one", times=1)
    transport = a_transport(timeout=TIMEOUT)
    with pytest.raises(ProviderUnavailable):
        transport.send(keys_request(provider))
    released.set()

    answer = transport.send(keys_request(provider))

    assert answer.body != b"the late one"


def test_a_body_left_unread_is_not_taken_for_the_next_answer(provider):
    smuggled = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled"
    provider.lie("jwks", headers={"Content-Encoding": "br"}, body=b"." * 50_000 + smuggled, times=1)
    transport = a_transport()
    with pytest.raises(ProviderError):
        transport.send(keys_request(provider))

    answer = transport.send(keys_request(provider))

    assert answer.body != b"smuggled"


FORK = """
import os, sys
from django_genauth.protocol.messages import HttpRequest
from django_genauth.client.transport import Transport

transport = Transport(
    timeout=5, max_response_bytes=100_000, ca_bundle=None, proxies={}, allow_insecure_http=True
)
url = sys.argv[1]
ask = lambda who: transport.send(HttpRequest(method="GET", url=f"{url}?{who}=1")).status
print(ask("parent"))
child = os.fork()
if child == 0:
    os._exit(0 if ask("child") == 200 else 1)
print(os.waitpid(child, 0)[1], ask("parent"))
"""


def test_a_forked_process_opens_a_connection_of_its_own(provider):
    done = subprocess.run(  # noqa: S603 # our own script and a loopback address
        [sys.executable, "-c", FORK, keys_request(provider).url],
        capture_output=True,
        check=True,
        text=True,
    )

    assert done.stdout.split() == ["200", "0", "200"]
    assert [(*request.query, request.connection) for request in provider.requests] == [
        ("parent", 1),
        ("child", 2),
        ("parent", 1),
    ]


def test_another_process_id_means_another_pool(provider, monkeypatch):
    transport = a_transport()
    transport.send(keys_request(provider))
    monkeypatch.setattr(os, "getpid", lambda: -1)

    transport.send(keys_request(provider))

    assert [request.connection for request in provider.requests] == [1, 2]
