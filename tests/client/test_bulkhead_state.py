"""What a bulkhead says of itself to an operator."""

import os

import pytest

from django_genauth.client.bulkhead import Bulkhead, BulkheadState
from tests.support.documents import Clock
from tests.support.gate_askers import WAITS, Asker

LIMIT = 4
# In seconds: longer than a thread takes to begin to wait.
A_MOMENT = 0.1


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def gate(clock):
    yield Bulkhead(clock, limit=LIMIT)
    Asker.all.clear()


def fill(gate):
    """Give all turns away, and let one more wait."""
    askers = [Asker(gate) for _ in range(LIMIT)]
    outcomes = {each.outcome() for each in askers}
    last = Asker(gate)
    assert (outcomes, last.outcome(A_MOMENT)) == ({"a turn"}, WAITS)
    return [*askers, last]


def test_turns_and_those_who_wait_are_counted(gate):
    askers = fill(gate)

    state = gate.state()

    assert state == BulkheadState(under_way=4, waiting=1, limit=4, is_silent=False)
    [each.answer() for each in askers[:2]]
    assert askers[-1].outcome() == "a turn"
    assert gate.state() == BulkheadState(under_way=3, waiting=0, limit=4, is_silent=False)


def test_a_provider_that_answers_nobody_for_a_second_is_silent(gate, clock):
    fill(gate)

    clock.advance(1)

    assert gate.state().is_silent is True


def test_an_answer_ends_the_silence(gate, clock):
    askers = fill(gate)
    clock.advance(1)

    askers[0].answer()

    assert gate.state().is_silent is False


def test_a_silence_of_long_ago_is_none(gate, clock):
    asker = Asker(gate)
    assert asker.outcome() == "a turn"
    clock.advance(1)
    asker.fail()
    just_now = gate.state().is_silent
    clock.advance(3)

    later = gate.state().is_silent

    assert (just_now, later) == (True, False)


def test_in_a_new_process_nothing_is_under_way(gate, monkeypatch):
    assert Asker(gate).outcome() == "a turn"
    monkeypatch.setattr(os, "getpid", lambda: -1)

    state = gate.state()

    assert (state.under_way, state.waiting) == (0, 0)
