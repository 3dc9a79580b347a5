"""Threads that ask the provider: how many, how fast, and when they stop."""

import threading
import time

import pytest
from django.db import connection
from django.db.backends.signals import connection_created

from django_genauth.management import workers
from django_genauth.management.workers import Stop, Workers
from django_genauth.protocol.errors import ProviderError, ProviderUnavailable


def team(do, *, count=2, per_second=None, stop=None):
    return Workers(do, count=count, per_second=per_second, stop=stop or Stop())


def answers(came):
    """Return what came of the items, leaving out the moments that brought nothing."""
    return [each for each in came if each is not None]


def test_each_item_is_yielded_with_what_came_of_it():
    came = answers(team(lambda item: -item).work(range(100)))

    assert sorted(came) == [(item, -item) for item in range(100)]


def test_an_error_of_ours_comes_with_its_item_and_the_others_go_on():
    error = ProviderError("No.", reason="no")

    def fail_once(item):
        if item == 1:
            raise error
        return "good"

    came = answers(team(fail_once, count=1).work(range(3)))

    assert came == [(0, "good"), (1, error), (2, "good")]


def test_any_other_error_is_raised_and_ends_the_work():
    begun = []

    def fail(item):
        begun.append(item)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(team(fail, count=1).work(range(100)))

    assert len(begun) < 5


def test_they_work_at_the_same_time():
    together = threading.Barrier(4, timeout=5)

    came = answers(team(lambda _: together.wait(), count=4).work(range(4)))

    assert len(came) == 4


def test_no_more_is_taken_than_is_about_to_be_wanted():
    taken, release = [], threading.Event()

    def items():
        for item in range(100):
            taken.append(item)
            yield item

    work = team(lambda _: release.wait(5), count=3).work(items())
    first = next(work)

    assert (first, taken) == (None, list(range(6)))
    release.set()
    assert len(answers(work)) == 100


def test_a_moment_without_an_item_brings_what_is_done_by_then():
    came = list(team(lambda item: item, count=1).work([1, None, 2]))

    assert came == [None, (1, 1), (2, 2)] or came == [(1, 1), None, (2, 2)]


def test_a_rate_bounds_all_threads_together():
    begun = time.monotonic()

    list(team(lambda item: item, count=8, per_second=20).work(range(9)))

    assert time.monotonic() - begun >= 8 / 20


def test_when_the_provider_wants_to_rest_nobody_asks():
    asked = []

    def ask(item):
        asked.append((item, time.monotonic()))
        if len(asked) == 1:
            raise ProviderUnavailable("Later.", retry_after=1)
        return "good"

    came = answers(team(ask, count=1).work(range(3)))

    assert came == [(0, "good"), (1, "good"), (2, "good")]
    assert [item for item, _ in asked] == [0, 0, 1, 2]
    assert asked[1][1] - asked[0][1] >= 1


def test_who_is_told_later_again_and_again_gives_up():
    asked = []

    def ask(item):
        asked.append(item)
        raise ProviderUnavailable("Later.", retry_after=0)

    ((_, error),) = answers(team(ask).work(["item"]))

    assert (type(error), len(asked)) == (ProviderUnavailable, 4)


def test_while_others_wait_for_a_silent_provider_one_waits_too():
    asked = []

    def ask(item):
        asked.append(item)
        if len(asked) <= 5:
            raise ProviderUnavailable("Enough others wait.", reason="crowded")
        return "good"

    (came,) = answers(team(ask, count=1).work(["item"]))

    assert came == ("item", "good")


@pytest.mark.parametrize(
    ("reason", "retry_after", "seconds"),
    [
        pytest.param("status_429", 7, 7, id="throttled"),
        pytest.param("status_503", 7, 7, id="unavailable"),
        pytest.param("status_503", 86_400, 120, id="a-day"),
        pytest.param("status_429", None, 5, id="throttled-without-a-time"),
        pytest.param("status_503", None, None, id="unavailable-without-a-time"),
        pytest.param("connection", None, None, id="no-connection"),
        pytest.param("busy", 7, None, id="somebody-else-has-the-row"),
    ],
)
def test_how_long_the_provider_is_left_alone(reason, retry_after, seconds):
    error = ProviderUnavailable("Later.", reason=reason, retry_after=retry_after)

    assert workers._rest(error) == seconds


def test_after_a_stop_those_in_hand_are_finished_and_none_is_begun():
    stop, finished = Stop(), []

    def ask(item):
        stop.is_asked = True
        finished.append(item)
        return "good"

    came = answers(team(ask, count=1, stop=stop).work(range(100)))

    assert (came, finished) == ([(0, "good")], [0])


def test_who_waits_for_a_turn_is_stopped_too():
    stop, begun = Stop(), time.monotonic()

    def ask(item):
        stop.is_asked = True

    list(team(ask, count=2, per_second=0.01, stop=stop).work(range(2)))

    assert time.monotonic() - begun < 5


def test_who_leaves_the_work_ends_it():
    stop = Stop()
    work = team(lambda item: item, count=1, stop=stop).work(range(100))
    next(work)

    work.close()

    assert stop.is_asked


def test_each_thread_closes_its_connection(threads):
    opened = []

    def note(connection, **_):
        opened.append(connection)

    connection_created.connect(note)
    together = threading.Barrier(3, timeout=5)

    def ask(item):
        together.wait()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    list(team(ask, count=3).work(range(3)))

    connection_created.disconnect(note)
    assert [each.connection for each in opened] == [None] * 3
