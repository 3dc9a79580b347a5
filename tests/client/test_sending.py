"""What an observer of a client learns of each request, and what a client's state says."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from django_genauth.client.bulkhead import threads
from django_genauth.protocol.errors import GenAuthError
from tests.support.clients import a_client, sign_in


class Observer:
    """Remember what was sent."""

    def __init__(self):
        self.sent = []

    def __call__(self, request):
        self.sent.append(request)

    def endpoints(self):
        """Return endpoint and status of each."""
        return [(each.endpoint, each.status) for each in self.sent]


@pytest.fixture
def observer():
    return Observer()


def asking(client, name="introspect", token="a-token"):  # noqa: S107 # a token of nobody
    """Ask for something, and take whatever comes of it."""
    try:
        getattr(client, name)(token)
    except GenAuthError as error:
        return error.code
    return None


def test_each_request_is_told_by_its_endpoint_and_status(provider, observer):
    client = a_client(provider, observe=observer)

    sign_in(client, provider)

    assert observer.endpoints() == [
        ("configuration", 200),
        ("token_endpoint", 200),
        ("jwks_uri", 200),
    ]


def test_an_answer_that_is_refused_has_its_status_and_no_error(provider, observer):
    provider.lie("token", status=400, body=b'{"error": "invalid_grant"}')
    client = a_client(provider, observe=observer)

    code = asking(client, "refresh")

    assert code == "oauth.invalid_grant"
    assert (observer.sent[-1].status, observer.sent[-1].error) == (400, None)


def test_where_no_answer_comes_the_code_of_the_error_is_told(provider, observer):
    client = a_client(provider, observe=observer, timeout=0.2)
    client.metadata()
    provider.lie("token", until=threading.Event())

    asking(client, "refresh")

    assert (observer.sent[-1].status, observer.sent[-1].error) == (
        None,
        "provider_unavailable.timeout",
    )
    assert observer.sent[-1].seconds >= 0.2


def test_the_wait_for_a_turn_is_told_apart(provider, observer):
    client = a_client(provider, observe=observer, max_parallel_requests=1)
    client.metadata()
    provider.lie("introspection", delay=0.2)

    with ThreadPoolExecutor(2) as people:
        list(people.map(lambda _: asking(client), range(2)))

    second = max(observer.sent, key=lambda sent: sent.waited)
    assert second.waited >= 0.15
    assert 0.2 <= second.seconds < second.seconds + second.waited


def test_who_gets_no_turn_is_told_as_crowded(provider, observer):
    hangs = threading.Event()
    client = a_client(provider, observe=observer, max_parallel_requests=1)
    client.metadata()
    provider.lie("introspection", until=hangs)

    with ThreadPoolExecutor(1) as people:
        first = people.submit(asking, client)
        while not client.provider.state().bulkhead.under_way:
            time.sleep(0.01)
        code = asking(client)
        hangs.set()
        first.result()

    crowded = observer.sent[1]
    assert code == crowded.error == "provider_unavailable.crowded"
    assert (crowded.endpoint, crowded.status) == ("introspection_endpoint", None)
    assert crowded.seconds == 0 < crowded.waited


def test_genauths_own_validation_has_a_name(provider, observer):
    client = a_client(provider, observe=observer)

    with pytest.raises(GenAuthError):
        client.validate_token(access_token="a-token", online=True)

    assert observer.sent[-1].endpoint == "validation"


def test_nothing_secret_is_told(provider, observer):
    client = a_client(provider, observe=observer)

    asking(client, token="the-secret-token")

    assert "the-secret-token" not in repr(observer.sent)
    assert provider.client_secret not in repr(observer.sent)
    assert provider.base_url not in repr(observer.sent)


def test_the_state_of_a_new_client_is_empty(provider):
    state = a_client(provider).provider.state()

    assert (state.configuration_age, state.keys_age, state.last_request) == (None, None, None)
    assert (state.bulkhead.under_way, state.bulkhead.waiting) == (0, 0)
    assert state.bulkhead.is_silent is False


def test_the_state_says_how_old_the_documents_are(provider):
    now = [1_800_000_000.0]
    client = a_client(provider, clock=lambda: now[0])
    client.metadata()
    client.provider.renew_keys()
    now[0] += 12

    state = client.provider.state()

    assert (state.configuration_age, state.keys_age) == (12, 12)
    assert (state.last_request.endpoint, state.last_request.status) == ("jwks_uri", 200)


def test_asking_for_the_state_asks_nobody(provider):
    a_client(provider).provider.state()

    assert provider.requests == []


@pytest.mark.parametrize(("setting", "limit"), [(None, 4), (1, 1), (50, 50)])
def test_the_setting_is_the_limit_of_the_bulkhead(provider, setting, limit):
    client = a_client(provider, max_parallel_requests=setting)
    # A thread that is new forgets those of other tests, which have ended.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(threads.note_current).result()

    assert client.provider.state().bulkhead.limit == limit


def test_as_many_connections_are_kept_as_requests_may_be_under_way(provider, caplog):
    client = a_client(provider, max_parallel_requests=40)
    client.metadata()
    provider.lie("introspection", delay=0.3)

    with ThreadPoolExecutor(40) as people:
        codes = set(people.map(lambda _: asking(client), range(40)))

    assert codes == {None}
    assert "Connection pool is full" not in caplog.text
