"""Who goes in where one thread goes in at a time, and who has waited long enough to go in too."""

import threading

import pytest

from django_genauth.client.bulkhead import MOST_WAITING
from django_genauth.client.single_flight import SingleFlight
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


def test_after_a_slow_fetch_nobody_waits_for_the_next(clock):
    single_flight = SingleFlight(clock)
    fetch(single_flight, clock, seconds=1)
    assert Entering(single_flight).is_in()

    second = Entering(single_flight)

    assert (second.is_in(), second.alone) == (True, False)


def test_a_refusal_at_once_is_no_sign_that_the_provider_is_back(clock):
    single_flight = SingleFlight(clock)
    fetch(single_flight, clock, seconds=1)
    with pytest.raises(TimeoutError):
        fetch(single_flight, clock, seconds=0, error=TimeoutError())
    assert Entering(single_flight).is_in()

    second = Entering(single_flight)

    assert (second.is_in(), second.alone) == (True, False)


def test_after_a_quick_fetch_the_others_wait_again(clock):
    single_flight = SingleFlight(clock)
    fetch(single_flight, clock, seconds=1)
    fetch(single_flight, clock, seconds=0.9)
    assert Entering(single_flight).is_in()

    assert not Entering(single_flight).is_in()
