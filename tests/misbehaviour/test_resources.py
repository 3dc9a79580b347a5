"""What a provider can cost: no more than TIMEOUT and a second, and 20 MB, at any endpoint."""

import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest

from django_genauth.protocol.errors import ProviderError
from tests.support.clients import a_client
from tests.support.network import DeafListener
from tests.support.provider import faults
from tests.support.provider.bombs import jwe_bomb
from tests.support.provider.scripted import CLIENT_SECRET, ScriptedProvider

pytestmark = pytest.mark.serial

TIMEOUT = 1
GRACE = 1
MEGABYTE = 1024 * 1024

# What is done at each endpoint, by a client that knows the others already.
ASKED = {
    "discovery": lambda client: client.metadata(),
    "jwks": lambda client: client.provider.find_key("RS256", None),
    "token": lambda client: client.get_access_token_by_code("a-code", redirect_uri="https://a.b/"),
    "userinfo": lambda client: client.get_user_info_by_access_token("an-access-token"),
    "introspection": lambda client: client.introspect_token("a-token"),
    "revocation": lambda client: client.revoke_token("a-token"),
}
STALLS = {
    "no answer": faults.hang,
    "half of the headers": faults.hang_in_head,
    "half of the body": faults.hang_in_body,
    "a byte a second": faults.drip(bytes_per_second=1),
    "a byte a second from the first on": faults.drip(bytes_per_second=1, whole=True),
    "nobody at the door": None,
    "no handshake": None,
}
OUT_OF_MEMORY = {
    "64 MB": (faults.oversize(megabytes=64), "provider.too_large"),
    "64 MB in chunks": (faults.oversize(megabytes=64, announced=False), "provider.too_large"),
    "a gzip bomb": (faults.bomb(megabytes=64), "provider.too_large"),
    "a deflate bomb": (faults.bomb(megabytes=64, coding="deflate"), "provider.too_large"),
    "a bomb in a bomb": (faults.bomb(megabytes=64, coding="gzip, gzip"), "provider.encoding"),
}
# The last two words of a code are the endpoint's own.
CODES = {
    "discovery": "discovery",
    "jwks": "jwks",
    "token": "token_response",
    "userinfo": "userinfo",
    "introspection": "introspection",
    "revocation": "revocation",
}
BODIES = {
    "60,000 arrays": (b'{"a":' + b"[" * 60_000, "nesting"),
    "60,000 objects": (b'{"a":' * 60_000, "nesting"),
    "60,000 arrays that end": (b'{"a":' + b"[" * 60_000 + b"]" * 60_000 + b"}", "nesting"),
    "6,000 digits": (b'{"a":' + b"1" * 6_000 + b"}", "json"),
    "6,000 digits behind a point": (b'{"a":1e' + b"9" * 6_000 + b"}", "json"),
    "a million members of one name": (b"{" + b'"a":1,' * 150_000 + b'"a":1}', "json"),
}


def refusal(client, endpoint):
    """Return the code with which asking ends, and how many seconds it took."""
    began = time.monotonic()
    with pytest.raises(ProviderError) as caught:
        ASKED[endpoint](client)
    return caught.value.code, time.monotonic() - began


def stalled(endpoint, how):
    """Ask a provider that stalls at one endpoint."""
    with ScriptedProvider(tls=how == "no handshake") as provider, DeafListener() as deaf:
        address = f"http://{deaf.address}" if how == "nobody at the door" else provider.base_url
        client = a_client(
            provider, timeout=TIMEOUT, app_host=address, discovery=endpoint == "discovery"
        )
        if how == "no handshake":
            provider.lie_on_connect(faults.hang)
        elif STALLS[how]:
            provider.lie(endpoint, status=200, body=b'{"a": 1}', fault=STALLS[how])
        return refusal(client, endpoint)


@pytest.fixture(scope="module")
def stalls():
    """Let every endpoint stall in every way, all at once, as each takes its time."""
    pairs = [(endpoint, how) for endpoint in ASKED for how in STALLS]
    with ThreadPoolExecutor(len(pairs)) as threads:
        return dict(zip(pairs, threads.map(lambda pair: stalled(*pair), pairs), strict=True))


@pytest.mark.parametrize("endpoint", ASKED)
@pytest.mark.parametrize("how", STALLS)
def test_an_endpoint_that_stalls_is_left_in_time(stalls, endpoint, how):
    code, seconds = stalls[endpoint, how]

    assert code == "provider_unavailable.timeout"
    assert seconds < TIMEOUT + GRACE


@pytest.fixture
def client(provider):
    """Make a client that knows the addresses of its provider."""
    client = a_client(provider, timeout=TIMEOUT)
    # Whatever is made once for each process is made now.
    client.provider.find_key("RS256", None)
    return a_client(provider, timeout=TIMEOUT)


@pytest.fixture
def memory():
    """Return how many bytes were in use at most since the test began."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


@pytest.mark.parametrize("endpoint", ASKED)
@pytest.mark.parametrize("what", OUT_OF_MEMORY)
def test_an_answer_without_end_is_left_early(provider, client, memory, endpoint, what):
    fault, code = OUT_OF_MEMORY[what]
    provider.lie(endpoint, fault=fault)

    refused, seconds = refusal(client, endpoint)

    assert refused == code
    assert seconds < TIMEOUT + GRACE
    assert memory() < 20 * MEGABYTE


@pytest.mark.parametrize("endpoint", ASKED)
@pytest.mark.parametrize("what", BODIES)
def test_an_answer_that_is_costly_to_read_is_not_read(provider, client, memory, endpoint, what):
    body, reason = BODIES[what]
    provider.lie(endpoint, status=200, body=body)

    refused, seconds = refusal(client, endpoint)

    assert refused == f"{CODES[endpoint]}.{reason}"
    assert seconds < TIMEOUT + GRACE
    assert memory() < 20 * MEGABYTE


BOMB = jwe_bomb(CLIENT_SECRET, megabytes=64)


@pytest.mark.parametrize(
    ("endpoint", "lie", "code"),
    [
        pytest.param("discovery", {"body": BOMB.encode()}, "discovery.json", id="configuration"),
        pytest.param("jwks", {"body": BOMB.encode()}, "jwks.json", id="keys"),
        pytest.param(
            "token",
            {"status": 200, "body": BOMB.encode()},
            "token_response.json",
            id="token answer",
        ),
        pytest.param(
            "token",
            {
                "status": 200,
                "edit": lambda answer: {
                    "access_token": "a",
                    "token_type": "Bearer",
                    "id_token": BOMB,
                },
            },
            "id_token.encrypted",
            id="ID token",
        ),
        pytest.param(
            "userinfo",
            {"status": 200, "headers": {"Content-Type": "application/jwt"}, "body": BOMB.encode()},
            "userinfo.encrypted",
            id="userinfo",
        ),
        pytest.param(
            "introspection",
            {
                "headers": {"Content-Type": "application/token-introspection+jwt"},
                "body": BOMB.encode(),
            },
            "introspection.json",
            id="introspection",
        ),
    ],
)
def test_an_encrypted_text_that_nobody_asked_for_is_not_unpacked(
    provider, client, memory, endpoint, lie, code
):
    provider.lie(endpoint, **lie)

    refused, seconds = refusal(client, endpoint)

    assert refused == code
    assert seconds < TIMEOUT + GRACE
    assert memory() < 20 * MEGABYTE
