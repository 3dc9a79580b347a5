"""A sweep by several processes, by one that is told to stop, and by one that is killed."""

import json
import os
import signal
import threading
import time
from collections import Counter

import pytest

from tests.support.askers.site import Site, result
from tests.support.provider.scripted import CLIENT_ID, CLIENT_SECRET

pytestmark = pytest.mark.processes

on_postgres = pytest.mark.skipif(
    os.environ.get("DATABASE") != "postgres", reason="it speaks PostgreSQL's SQL"
)

GRANTS = 120
# So many seconds a killed process keeps others from what it had in hand, here.
CLAIM = 4
INTROSPECT = ("genauth_introspect", "--all", "--format", "json", "--workers", "4")


@pytest.fixture
def site(provider, tmp_path):
    """Run a site of many users, at a provider that takes its time."""
    provider.lie("introspection", edit=lambda _: {"active": True}, delay=0.05)
    app = {
        "APP_ID": CLIENT_ID,
        "APP_SECRET": CLIENT_SECRET,
        "APP_HOST": provider.base_url,
        "ALLOW_INSECURE_HTTP": True,
        "ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256",
        "TIMEOUT": 20,
    }
    with Site(
        tmp_path, app, prepare="prepare_many", issuer=provider.issuer, grants=GRANTS, claim=CLAIM
    ) as running:
        yield running


def introspected(provider):
    """Return how often each token was asked for."""
    # A process that is killed may leave a request without its end.
    forms = [request.form for request in provider.requests_to("introspection")]
    return Counter(form["token"] for form in forms if "token" in form)


def ended(process):
    """Wait for a command; return its status, its objects, and what it wrote on standard error."""
    out, err = process.communicate(timeout=60)
    return process.returncode, [json.loads(line) for line in out.splitlines()], err


def wait_for(provider, process, *, requests=GRANTS / 4):
    """Wait until so many tokens were asked for, while a command runs."""
    give_up_at = time.monotonic() + 30
    while len(introspected(provider)) < requests:
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < give_up_at
        time.sleep(0.01)


def test_two_processes_at_once_ask_for_no_token_twice(provider, site):
    both_are_here = threading.Event()
    provider.lie("introspection", edit=lambda _: {"active": True}, until=both_are_here)
    both = [site.manage(*INTROSPECT), site.manage(*INTROSPECT)]
    # All the workers of both.
    wait_for(provider, both[0], requests=8)
    both_are_here.set()

    (first, ours, _), (second, theirs, _) = [ended(process) for process in both]

    assert (first, second, len(ours) + len(theirs)) == (0, 0, GRANTS)
    assert introspected(provider) == Counter({str(number): 1 for number in range(GRANTS)})
    assert min(len(ours), len(theirs)) > 0
    assert result(site.start("counts")) == [GRANTS, 0, 0]


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGINT, id="ctrl-c"), pytest.param(signal.SIGTERM, id="term")]
)
def test_a_stopped_process_finishes_what_it_has_and_the_next_goes_on(provider, site, number):
    process = site.manage(*INTROSPECT)
    wait_for(provider, process)
    process.send_signal(number)

    status, objects, err = ended(process)

    done = len(objects)
    assert (status, err) == (
        130,
        f"Stopped. {done} of about {GRANTS} done. The same command goes on from there.\n",
    )
    assert result(site.start("counts"))[0] == done == len(introspected(provider))

    status, objects, err = ended(site.manage(*INTROSPECT))

    assert (status, err) == (0, f"{GRANTS - done} active, 0 inactive, 0 not answered.\n")
    assert set(introspected(provider).values()) == {1}
    assert result(site.start("counts")) == [GRANTS, 0, 0]


def test_a_second_ctrl_c_ends_at_once(provider, site):
    hanging = threading.Event()
    provider.lie("introspection", until=hanging)
    process = site.manage(*INTROSPECT)
    wait_for(provider, process, requests=1)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)

    process.communicate(timeout=20)

    hanging.set()
    assert process.returncode == -signal.SIGINT
    assert time.monotonic() - begun < 3


def test_what_a_killed_process_had_in_hand_is_done_by_the_next(provider, site):
    process = site.manage(*INTROSPECT)
    wait_for(provider, process)
    process.kill()
    process.communicate()

    status, _, _ = ended(site.manage(*INTROSPECT))

    assert (status, len(introspected(provider))) == (0, GRANTS)
    # One for each worker, whose answer it did not live to write down.
    assert introspected(provider).total() <= GRANTS + 4
    assert result(site.start("counts"))[::2] == [GRANTS, 0]


def test_a_process_takes_over_from_one_that_is_killed_beside_it(provider, site):
    killed, other = site.manage(*INTROSPECT), site.manage(*INTROSPECT)
    wait_for(provider, killed, requests=1)
    killed.kill()
    killed.communicate()

    status, _, _ = ended(other)

    assert (status, len(introspected(provider))) == (0, GRANTS)
    assert result(site.start("counts"))[::2] == [GRANTS, 0]


@on_postgres
def test_when_the_database_goes_away_the_next_goes_on(provider, site):
    process = site.manage(*INTROSPECT)
    wait_for(provider, process)
    assert result(site.start("interrupt_connections")) > 1

    status, objects, err = ended(process)

    assert status == 2
    assert err.startswith("CommandError: The database failed (")
    assert err.endswith(
        f"). {len(objects)} of about {GRANTS} done. Run the same command again later.\n"
    )

    status, _, _ = ended(site.manage(*INTROSPECT))

    assert (status, len(introspected(provider))) == (0, GRANTS)
    assert introspected(provider).total() <= GRANTS + 8
