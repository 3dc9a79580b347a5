"""One refresh, whoever asks: threads of several processes, and holders of the lease that die."""

import os
import threading
import time

import pytest

from tests.support.askers.site import Site
from tests.support.clients import a_client, tokens_of
from tests.support.provider.scripted import CLIENT_ID, CLIENT_SECRET

pytestmark = pytest.mark.processes

on_sqlite = os.environ.get("DATABASE", "sqlite") == "sqlite"
not_on_sqlite = pytest.mark.skipif(on_sqlite, reason="SQLite has one writer")

TIMEOUT = 1
# As `grants` has it: two requests, and some room.
LEASE = 2 * TIMEOUT + 5


@pytest.fixture
def site(provider, tmp_path):
    """Run a site whose one user has an access token that ran out."""
    tokens = tokens_of(a_client(provider, scope="openid offline_access"), provider, sub="ada")
    token_set = {
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": 3600,
        "expires_at": time.time() - 10,
        "refresh_token": tokens.refresh_token,
        "id_token": tokens.id_token,
    }
    app = {
        "APP_ID": CLIENT_ID,
        "APP_SECRET": CLIENT_SECRET,
        "APP_HOST": provider.base_url,
        "ALLOW_INSECURE_HTTP": True,
        "ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256",
        "TIMEOUT": TIMEOUT,
    }
    provider.forget_requests()
    with Site(tmp_path, app, issuer=provider.issuer, subject="ada", token_set=token_set) as running:
        yield running


def token_requests(provider):
    return len(provider.requests_to("token"))


def test_eighty_askers_in_four_processes_get_one_token_by_one_request(provider, site):
    provider.lie("token", delay=0.3)

    answers = site.ask(4, threads=20)

    tokens = {token for token, _ in answers}
    assert (len(answers), len(tokens), token_requests(provider)) == (80, 1, 1)
    assert site.state() == ("active", *tokens, False)


@not_on_sqlite
def test_a_rollback_of_the_caller_loses_no_token(provider, site):
    ((token, _),) = site.ask(1, atomic=True, rolls_back=True)

    assert site.state() == ("active", token, False)
    assert token_requests(provider) == 1


@not_on_sqlite
def test_askers_in_transactions_get_one_token_by_one_request(provider, site):
    # They all hold the same row, so they come one after the other; the first refreshes.
    answers = site.ask(2, threads=4, atomic=True)

    assert len({token for token, _ in answers}) == 1
    assert token_requests(provider) == 1


@pytest.mark.skipif(not on_sqlite, reason="what SQLite alone cannot do")
def test_in_a_transaction_on_sqlite_nothing_is_sent(provider, site):
    ((answer, _),) = site.ask(1, atomic=True)

    assert (answer, token_requests(provider)) == ("configuration.atomic", 0)


def test_while_a_dead_process_holds_the_lease_others_are_told_when_to_come_back(provider, site):
    hanging = threading.Event()
    provider.lie("token", until=hanging, times=1)
    dead = site.start("ask")
    wait_for(lambda: token_requests(provider) == 1)
    kill(dead)

    answers = site.ask(1, threads=3)

    assert {answer for answer, _ in answers} == {"provider_unavailable.busy"}
    assert max(took for _, took in answers) < LEASE
    assert token_requests(provider) == 1


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param("before", id="before-its-request"),
        pytest.param("during", id="during-its-request"),
        pytest.param("after", id="after-its-answer"),
    ],
)
def test_a_lease_whose_holder_was_killed_is_taken_over(provider, site, moment):
    provider.refresh_tokens = "keep"
    killed(provider, site, moment)
    time.sleep(LEASE)

    answers = site.ask(1, threads=5)

    tokens = {token for token, _ in answers}
    assert len(tokens) == 1
    assert site.state() == ("active", *tokens, False)


def killed(provider, site, moment):
    """Let a process take the lease and die at a moment of its request."""
    if moment == "after":
        dead = site.start("ask", killed_after_the_answer=True)
        dead.communicate(timeout=30)
        return
    hanging = threading.Event()
    provider.lie("token", until=hanging, times=1)
    dead = site.start("ask")
    if moment == "before":
        wait_for(lambda: site.state()[2])
    else:
        wait_for(lambda: token_requests(provider) == 1)
    kill(dead)
    hanging.set()


def kill(process):
    """End a process as the kernel does that is out of memory."""
    process.kill()
    process.communicate()


def wait_for(what):
    """Wait until something holds."""
    give_up_at = time.monotonic() + 20
    while not what():
        assert time.monotonic() < give_up_at
        time.sleep(0.02)
