"""Who goes in where one thread goes in at a time, and who has waited long enough to go in too."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from django_genauth.client import patience
from django_genauth.client import single_flight as module
from django_genauth.client.bulkhead import MOST_WAITING
from django_genauth.client.single_flight import LONGEST, SharedFlights, SingleFlight
from django_genauth.protocol.errors import ProviderUnavailable
from tests.support.documents import Clock
from tests.support.places import places, taken_places  # noqa: F401 # one is a fixture

pytestmark = pytest.mark.usefixtures("places")

# In seconds, of the machine's own clock: longer than a thread takes to go in.
A_MOMENT = 0.1


@pytest.fixture
def clock():
    return Clock()


class Entering:
    """Go in where one thread goes in at a time, in a thread, and stay there until `leave`."""

    def __init__(self, single_flight, **how):
        self._leaves = threading.Event()
        self._went_in = threading.Event()
        self.alone = None
        threading.Thread(target=self._go, args=(single_flight, how), daemon=True).start()

    def _go(self, single_flight, how):
        with single_flight.passing(**how) as self.alone:
            self._went_in.set()
            self._leaves.wait(5)

    def is_in(self, within=A_MOMENT):
        """Tell whether it goes in within so many seconds."""
        return self._went_in.wait(within)

    def leave(self):
        """Let the next one in."""
        self._leaves.set()


def test_one_goes_in_at_a_time(clock):
    single_flight = SingleFlight(clock)
    first = Entering(single_flight)
    before = first.is_in()
    second = Entering(single_flight)
    meanwhile = second.is_in()

    first.leave()

    assert (before, meanwhile, second.is_in()) == (True, False, True)
    assert (first.alone, second.alone) == (True, True)


def test_who_has_waited_a_second_goes_in_beside_the_first(clock):
    single_flight = SingleFlight(clock)
    assert Entering(single_flight).is_in()

    second = Entering(single_flight)

    assert (second.is_in(0.8), second.is_in(0.6), second.alone) == (False, True, False)


def test_who_has_more_patience_waits_as_much_longer(clock):
    single_flight = SingleFlight(clock)
    assert Entering(single_flight).is_in()

    second = Entering(single_flight, patience=1.5)

    assert (second.is_in(1.3), second.is_in(0.6), second.alone) == (False, True, False)


def test_whom_somebody_waits_for_goes_in_after_as_long_as_that_one_allows(clock):
    single_flight = SingleFlight(clock)
    assert Entering(single_flight).is_in()

    began = time.monotonic()
    with patience.at_most(A_MOMENT), single_flight.passing() as alone:
        took = time.monotonic() - began

    assert not alone
    assert A_MOMENT <= took < 0.8


def test_who_comes_when_the_first_has_been_in_for_a_second_goes_in_at_once(clock):
    single_flight = SingleFlight(clock)
    assert Entering(single_flight).is_in()
    clock.advance(3)

    second = Entering(single_flight)

    assert (second.is_in(), second.alone) == (True, False)


def test_who_does_not_want_to_wait_goes_in_at_once(clock):
    single_flight = SingleFlight(clock)
    assert Entering(single_flight).is_in()

    second = Entering(single_flight, patience=0)

    assert (second.is_in(), second.alone) == (True, False)


def test_who_comes_at_the_instant_at_which_the_first_goes_in_waits_too(clock):
    reads_the_time = threading.Event()
    single_flight = SingleFlight(lambda: reads_the_time.wait(2) and clock())
    Entering(single_flight)
    second = Entering(single_flight)

    went_in = second.is_in()
    reads_the_time.set()

    assert not went_in


def test_who_finds_no_place_to_wait_goes_in_at_once(clock):
    single_flight = SingleFlight(clock)
    assert Entering(single_flight).is_in()

    with taken_places():
        second = Entering(single_flight)

        assert (second.is_in(), second.alone) == (True, False)


def test_who_waits_takes_one_of_the_places(clock):
    single_flight = SingleFlight(clock)
    assert Entering(single_flight).is_in()
    second = Entering(single_flight)
    assert not second.is_in()

    with taken_places() as free:
        assert free == MOST_WAITING - 1


def test_who_need_not_wait_takes_no_place(clock):
    with taken_places():
        only = Entering(SingleFlight(clock))

        assert (only.is_in(), only.alone) == (True, True)


def fetch(single_flight, clock, *, seconds, error=None):
    """Go in alone for so long."""
    with single_flight.passing():
        clock.advance(seconds)
        if error:
            raise error


@pytest.mark.parametrize(
    ("seconds", "error"),
    [
        pytest.param(1, TimeoutError(), id="failed"),
        pytest.param(LONGEST, None, id="took as long as anybody waits"),
    ],
)
def test_after_a_slow_fetch_nobody_waits_for_the_next(clock, seconds, error):
    single_flight = SingleFlight(clock)
    with suppress(TimeoutError):
        fetch(single_flight, clock, seconds=seconds, error=error)
    assert Entering(single_flight).is_in()

    second = Entering(single_flight)

    assert (second.is_in(), second.alone) == (True, False)


def test_a_refusal_at_once_is_no_sign_that_the_provider_is_back(clock):
    single_flight = SingleFlight(clock)
    fetch(single_flight, clock, seconds=LONGEST)
    with pytest.raises(TimeoutError):
        fetch(single_flight, clock, seconds=0, error=TimeoutError())
    assert Entering(single_flight).is_in()

    second = Entering(single_flight)

    assert (second.is_in(), second.alone) == (True, False)


def test_after_a_quicker_fetch_the_others_wait_again(clock):
    single_flight = SingleFlight(clock)
    fetch(single_flight, clock, seconds=LONGEST)
    fetch(single_flight, clock, seconds=LONGEST - 0.1)
    assert Entering(single_flight).is_in()

    assert not Entering(single_flight).is_in()


class Work:
    """Work until `finish`, and return a text or raise."""

    def __init__(self, outcome):
        self.began, self._goes_on = threading.Event(), threading.Event()
        self._outcome = outcome
        self.times = 0

    def __call__(self):
        self.times += 1
        self.began.set()
        self._goes_on.wait(5)
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        return self._outcome

    def finish(self):
        """Come to the end."""
        self._goes_on.set()


def begun(flights, work, pool):
    """Let a thread begin to work."""
    first = pool.submit(flights.share, "a", work)
    work.began.wait(5)
    return first


def test_a_result_is_shared_with_those_who_come_meanwhile():
    flights, work = SharedFlights(), Work("done")

    with ThreadPoolExecutor(3) as pool:
        first = begun(flights, work, pool)
        others = [pool.submit(flights.share, "a", work) for _ in range(2)]
        threading.Timer(A_MOMENT, work.finish).start()
        results = [each.result() for each in (first, *others)]

    assert results == ["done"] * 3
    assert work.times == 1


def test_another_key_does_not_wait():
    flights, work = SharedFlights(), Work("done")

    with ThreadPoolExecutor(1) as pool:
        begun(flights, work, pool)
        other = flights.share("b", lambda: "other")
        work.finish()

    assert other == "other"


def test_who_comes_later_works_anew():
    flights = SharedFlights()

    assert [flights.share("a", lambda each=each: each) for each in (1, 2)] == [1, 2]


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        pytest.param(
            ProviderUnavailable("x", reason="timeout"), "provider_unavailable.timeout", id="ours"
        ),
        pytest.param(SystemExit(), "provider_unavailable.crowded", id="a thread that is stopped"),
    ],
)
def test_a_failure_is_shared_as_a_copy(failure, code):
    flights, work = SharedFlights(), Work(failure)

    with ThreadPoolExecutor(2) as pool:
        first = begun(flights, work, pool)
        second = pool.submit(flights.share, "a", work)
        threading.Timer(A_MOMENT, work.finish).start()
        errors = [each.exception() for each in (first, second)]

    assert errors[0] is failure
    assert errors[1] is not failure
    assert errors[1].code == code


def test_nobody_waits_longer_than_is_patient(monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", A_MOMENT)
    flights, work = SharedFlights(), Work("done")

    with ThreadPoolExecutor(1) as pool:
        begun(flights, work, pool)
        with pytest.raises(ProviderUnavailable) as refused:
            flights.share("a", work)
        work.finish()

    assert refused.value.code == "provider_unavailable.crowded"


def test_nobody_waits_longer_than_the_caller_allows():
    flights, work = SharedFlights(), Work("done")

    with ThreadPoolExecutor(1) as pool:
        begun(flights, work, pool)
        with pytest.raises(ProviderUnavailable) as refused, patience.at_most(A_MOMENT):
            flights.share("a", work)
        work.finish()

    assert refused.value.code == "provider_unavailable.crowded"


def test_who_finds_no_place_to_wait_is_refused_at_once():
    flights, work = SharedFlights(), Work("done")

    with ThreadPoolExecutor(1) as pool, taken_places():
        begun(flights, work, pool)
        with pytest.raises(ProviderUnavailable) as refused:
            flights.share("a", work)
        work.finish()

    assert refused.value.retry_after == 1


def test_after_a_fork_nobody_waits_for_the_other_process(monkeypatch):
    flights, work = SharedFlights(), Work("done")

    with ThreadPoolExecutor(1) as pool:
        begun(flights, work, pool)
        monkeypatch.setattr(os, "getpid", lambda: -1)
        result = flights.share("a", lambda: "mine")
        monkeypatch.undo()
        work.finish()

    assert result == "mine"
