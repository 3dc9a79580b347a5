"""Who goes in where one thread goes in at a time, and who has waited long enough to go in too."""

import threading

import pytest

from django_genauth.client.single_flight import SingleFlight
from tests.support.documents import Clock

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


def test_who_comes_when_the_first_has_been_in_for_a_second_goes_in_at_once(clock):
    single_flight = SingleFlight(clock)
    assert Entering(single_flight).is_in()
    clock.advance(3)

    second = Entering(single_flight)

    assert (second.is_in(), second.alone) == (True, False)


def test_who_does_not_want_to_wait_goes_in_at_once(clock):
    single_flight = SingleFlight(clock)
    assert Entering(single_flight).is_in()

    second = Entering(single_flight, waits=False)

    assert (second.is_in(), second.alone) == (True, False)


def test_who_comes_at_the_instant_at_which_the_first_goes_in_waits_too(clock):
    reads_the_time = threading.Event()
    single_flight = SingleFlight(lambda: reads_the_time.wait(2) and clock())
    Entering(single_flight)
    second = Entering(single_flight)

    went_in = second.is_in()
    reads_the_time.set()

    assert not went_in
