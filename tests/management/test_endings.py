"""How fast a command goes, and how it ends before its end."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from django.db import connection, connections

from django_genauth.models import Grant, Sweep
from tests.support.signals import press_ctrl_c


def test_a_database_that_goes_away_is_said_and_nothing_is_lost(provider, people, run, vanished):
    people.sign_in("ada", "grace")
    gone = ExitStack()

    def lose_the_table(request):
        if len(provider.requests_to("introspection")) == 2:
            gone.enter_context(vanished())
            connection.close()
        return False

    provider.lie("introspection", when=lose_the_table)

    with gone:
        ran = run("genauth_introspect", "--all")

    assert ran.status == 2
    assert ran.err == (
        "The database failed (Error). 1 of about 2 done. Run the same command again later.\n"
    )
    assert (Grant.objects.count(), Sweep.objects.count()) == (2, 1)


def test_a_provider_that_throttles_is_given_its_rest(provider, people, run):
    people.sign_in("ada", "grace")
    provider.lie("introspection", status=429, headers={"Retry-After": "1"}, times=1)

    ran = run("genauth_introspect", "--all", workers=("--workers", "4"))

    assert (ran.status, len(provider.requests_to("introspection"))) == (0, 3)


def test_a_rate_is_kept(people, run):
    people.sign_in("ada", "grace", "alan")
    begun = time.monotonic()

    run("genauth_introspect", "--all", "--rate", "4/s")

    assert time.monotonic() - begun >= 2 / 4


def test_ctrl_c_ends_after_the_token_in_hand_and_says_where_it_stood(provider, people, run):
    people.sign_in("ada", "grace", "alan")

    provider.lie("introspection", when=lambda request: press_ctrl_c())

    ran = run("genauth_introspect", "--all")

    assert (ran.status, ran.err) == (
        130,
        "Stopped. 1 of about 3 done. The same command goes on from there.\n",
    )
    assert Grant.objects.exclude(introspected_at=None).count() == 1


def test_elsewhere_than_in_the_main_thread_no_signal_is_listened_to(people, run):
    people.sign_in("ada")

    with ThreadPoolExecutor(1) as pool:
        ran = pool.submit(run, "genauth_introspect", "--all").result()
        pool.submit(connections.close_all)

    assert ran.err == "1 active, 0 inactive, 0 not answered.\n"


def test_a_database_that_fails_before_anything_is_asked_is_said(threads, app, run, vanished):
    with vanished():
        ran = run("genauth_introspect", "--all")

    assert ran.status == 2
    assert ran.err == "The database failed (Error). Run the same command again later.\n"


def test_as_many_requests_are_under_way_as_there_are_workers(provider, people, run):
    people.sign_in(*(f"person-{number}" for number in range(6)))
    together = threading.Barrier(6, timeout=5)
    provider.lie("introspection", edit=lambda answer: answer if together.wait() >= 0 else None)

    ran = run("genauth_introspect", "--all", workers=("--workers", "6"))

    assert ran.err == "6 active, 0 inactive, 0 not answered.\n"
