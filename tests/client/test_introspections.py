"""What the provider said of a token is kept for a while, and asked for once."""

import pytest

from tests.support.bearers import an_opaque_token
from tests.support.clients import a_client
from tests.support.documents import Clock, ClockedCache


class LateCache(ClockedCache):
    """Have nothing at the first look, as if another thread wrote it just after that."""

    def __init__(self, clock):
        super().__init__(clock)
        self.looks = 0

    def get(self, key):
        self.looks += 1
        return None if self.looks == 1 else super().get(key)


@pytest.fixture
def clock():
    return Clock()


def asked(provider):
    return len(provider.requests_to("introspection"))


def test_what_another_thread_asked_a_moment_ago_is_not_asked_again(provider, clock):
    cache, token = LateCache(clock), an_opaque_token(provider)
    client = a_client(provider, shared_cache=cache, clock=clock)
    provider.lie("introspection", edit=lambda answer: answer | {"exp": clock() + 600})
    client.introspections.introspect_bearer(token, ttl=60)
    cache.looks = 0

    introspected = client.introspections.introspect_bearer(token, ttl=60)

    assert introspected.state["active"]
    assert asked(provider) == 1


def test_an_answer_is_asked_for_again_after_its_time(provider, clock):
    token = an_opaque_token(provider)
    client = a_client(provider, shared_cache=ClockedCache(clock), clock=clock)
    provider.lie("introspection", edit=lambda answer: answer | {"exp": clock() + 600})
    client.introspections.introspect_bearer(token, ttl=60)
    clock.advance(61)

    client.introspections.introspect_bearer(token, ttl=60)

    assert asked(provider) == 2


@pytest.mark.parametrize("secret", ["a" * 40, None])
def test_processes_share_answers_by_the_secret_of_the_app(provider, clock, secret):
    cache, token = ClockedCache(clock), an_opaque_token(provider)
    provider.auth_methods["introspection"] = "client_secret_post" if secret else "none"
    provider.client_secret = secret
    clients = [a_client(provider, shared_cache=cache, clock=clock) for _ in range(2)]
    provider.lie("introspection", edit=lambda answer: answer | {"exp": clock() + 600})

    for client in clients:
        client.introspections.introspect_bearer(token, ttl=60)

    assert asked(provider) == (1 if secret else 2)


def test_nobody_reads_the_token_in_the_names_of_what_is_kept(provider, clock):
    cache, token = ClockedCache(clock), an_opaque_token(provider)
    client = a_client(provider, shared_cache=cache, clock=clock)

    client.introspections.introspect_bearer(token, ttl=60)

    assert token not in str(cache._entries)
