"""Who has a turn at the provider, who waits for one, and who is told at once that there is none."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from django_genauth.client.bulkhead import LIMIT, Bulkhead
from django_genauth.protocol.errors import GenAuthError, ProviderUnavailable
from tests.support.clients import a_client
from tests.support.documents import Clock

# In seconds, of the machine's own clock: longer than a thread takes to begin to wait.
A_MOMENT = 0.1
A_TURN, TOLD, WAITS = "a turn", "provider_unavailable.crowded", "waits"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def gate(clock):
    yield Bulkhead(clock)
    Asker.all.clear()


class Asker:
    """Ask for a turn, in a thread, and have it until `answer` or `fail`."""

    # A turn that nobody holds would be collected, and be over with that.
    all = []

    def __init__(self, gate):
        self._passing = gate.passing()
        self.refusal = None
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()
        self.all.append(self)

    def _ask(self):
        try:
            self._passing.__enter__()
        except ProviderUnavailable as error:
            self.refusal = error

    def outcome(self, within=5):
        """Return what came of it in so many seconds."""
        self._thread.join(within)
        if self._thread.is_alive():
            return WAITS
        return self.refusal.code if self.refusal else A_TURN

    def answer(self):
        """End as the provider has answered."""
        self._passing.__exit__(None, None, None)

    def fail(self):
        """End with an error."""
        error = ProviderUnavailable("nothing came", reason="timeout")
        self._passing.__exit__(type(error), error, None)


def ask(gate):
    return Asker(gate).outcome()


def with_turns(gate, number):
    """Let so many have a turn, one after the other."""
    askers = []
    for _ in range(number):
        askers.append(Asker(gate))
        assert askers[-1].outcome() == A_TURN
    return askers


def silent(gate, clock):
    """Fill the gate, and let nobody be answered until the provider counts as silent."""
    askers = with_turns(gate, LIMIT)
    clock.advance(1)
    return askers


def all_give_up(askers):
    for each in askers:
        each.fail()


def answer_every_half_second(askers, clock):
    for each in askers:
        clock.advance(0.5)
        each.answer()
        time.sleep(0.01)


def test_four_have_a_turn_at_a_time(gate):
    with_turns(gate, 3)

    assert ask(gate) == A_TURN


def test_one_more_waits_for_a_turn(gate):
    first, *_ = with_turns(gate, 4)
    fifth = Asker(gate)
    before = fifth.outcome(A_MOMENT)

    first.answer()

    assert (before, fifth.outcome()) == (WAITS, A_TURN)


def test_who_waits_is_told_when_the_provider_falls_silent(gate, clock):
    with_turns(gate, LIMIT)
    clock.advance(0.99)
    waiting = Asker(gate)
    before = waiting.outcome(A_MOMENT)

    clock.advance(0.01)

    assert (before, waiting.outcome()) == (WAITS, TOLD)


def test_who_comes_while_the_provider_is_silent_is_told_at_once(gate, clock):
    silent(gate, clock)

    assert Asker(gate).outcome(A_MOMENT) == TOLD


def test_who_is_told_hears_when_to_come_back(gate, clock):
    silent(gate, clock)
    asker = Asker(gate)
    asker.outcome()

    assert asker.refusal.retry_after == 3


def test_an_answer_ends_the_silence(gate, clock):
    _, _, third, fourth = silent(gate, clock)
    third.answer()
    fourth.answer()

    assert [ask(gate), ask(gate)] == [A_TURN, A_TURN]


def test_after_an_answer_a_silence_may_begin_again(gate, clock):
    _, _, third, fourth = silent(gate, clock)
    third.answer()
    fourth.answer()
    clock.advance(1)

    assert ask(gate) == TOLD


def test_the_silence_begins_with_the_last_answer(gate, clock):
    first, *_ = with_turns(gate, LIMIT)
    clock.advance(0.9)
    first.answer()
    clock.advance(0.9)

    assert ask(gate) == A_TURN


def test_nobody_who_waits_is_no_silence(gate, clock):
    only, *_ = with_turns(gate, 1)
    only.answer()
    clock.advance(2)

    with_turns(gate, LIMIT - 1)

    assert ask(gate) == A_TURN


def test_a_silent_provider_is_asked_by_two_at_a_time(gate, clock):
    with_turns(gate, 1)
    clock.advance(1)

    assert [ask(gate), ask(gate)] == [A_TURN, TOLD]


def test_a_slow_provider_turns_away_nobody_of_two_at_a_time(gate, clock):
    first, *_ = with_turns(gate, 1)
    clock.advance(1.5)
    second, *_ = with_turns(gate, 1)
    clock.advance(1.5)
    first.answer()
    with_turns(gate, 1)
    clock.advance(1.5)
    second.answer()

    assert ask(gate) == A_TURN


def test_three_seconds_later_one_more_asks_a_silent_provider(gate, clock):
    with_turns(gate, 2)
    clock.advance(3)

    assert [ask(gate), ask(gate)] == [A_TURN, TOLD]


def test_that_one_comes_no_earlier(gate, clock):
    with_turns(gate, 2)
    clock.advance(2.9)

    assert ask(gate) == TOLD


def test_a_silent_provider_is_asked_by_no_more_than_a_speaking_one(gate, clock):
    silent(gate, clock)
    clock.advance(60)

    assert ask(gate) == TOLD


def test_an_error_that_comes_quickly_is_an_answer(gate, clock):
    with_turns(gate, 2)
    clock.advance(0.9)
    third, *_ = with_turns(gate, 1)
    third.fail()
    clock.advance(0.9)

    assert ask(gate) == A_TURN


def test_an_error_that_comes_late_is_none(gate, clock):
    first, *_ = with_turns(gate, LIMIT)
    clock.advance(2)
    first.fail()

    assert ask(gate) == TOLD


def test_the_silence_outlasts_those_who_gave_up(gate, clock):
    askers = silent(gate, clock)
    clock.advance(9)
    all_give_up(askers)
    clock.advance(2.9)

    with_turns(gate, 2)

    assert ask(gate) == TOLD


def test_a_silence_is_forgotten_where_nobody_asked_for_a_while(gate, clock):
    askers = silent(gate, clock)
    clock.advance(9)
    all_give_up(askers)
    clock.advance(3)

    with_turns(gate, LIMIT - 1)

    assert ask(gate) == A_TURN


def test_who_finds_no_turn_while_the_provider_answers_is_told_in_the_end(gate, clock):
    gate.limit = 12
    askers = with_turns(gate, 12)
    # From here on an answer makes room for nobody.
    gate.limit = 2
    waiting = Asker(gate)

    answer_every_half_second(askers[:9], clock)
    before = waiting.outcome(A_MOMENT)
    answer_every_half_second(askers[9:10], clock)

    assert (before, waiting.outcome()) == (WAITS, TOLD)


def test_fifty_at_once_all_have_their_turn_at_a_quick_provider():
    gate = Bulkhead()

    def pass_through(_):
        with gate.passing():
            time.sleep(0.02)
        return A_TURN

    with ThreadPoolExecutor(50) as people:
        outcomes = list(people.map(pass_through, range(50)))

    assert outcomes == [A_TURN] * 50


def test_a_process_without_pages_may_have_more_room(gate):
    gate.limit = 32

    with_turns(gate, 31)

    assert ask(gate) == A_TURN


FORK = """
import os
from django_genauth.client.bulkhead import LIMIT, Bulkhead

gate = Bulkhead()
under_way = [gate.passing() for _ in range(2 * LIMIT)]
[turn.__enter__() for turn in under_way[:LIMIT]]
child = os.fork()
if child == 0:
    [turn.__enter__() for turn in under_way[LIMIT:]]
    os._exit(0)
print(os.waitpid(child, 0)[1])
"""


def test_those_under_way_at_a_fork_take_no_room_in_the_new_process():
    done = subprocess.run(  # noqa: S603 # our own script
        [sys.executable, "-c", FORK], capture_output=True, check=True, text=True
    )

    assert done.stdout.split() == ["0"]


def test_another_process_begins_with_an_empty_gate(gate, clock, monkeypatch):
    silent(gate, clock)
    monkeypatch.setattr(os, "getpid", lambda: -1)

    with_turns(gate, LIMIT - 1)

    assert ask(gate) == A_TURN


def test_while_the_provider_hangs_so_many_requests_of_a_client_wait_for_it(provider):
    hangs = threading.Event()
    client = a_client(provider)
    client.metadata()
    provider.lie("token", until=hangs)

    with ThreadPoolExecutor(2 * LIMIT) as people:
        asked = [people.submit(code_of, client.refresh, "a-token") for _ in range(2 * LIMIT)]
        told, waiting = wait(asked, timeout=2)
        arrived = len(provider.requests_to("token"))
        hangs.set()

    assert [each.result() for each in told] == [TOLD] * LIMIT
    assert [each.result() for each in waiting] == ["oauth.invalid_grant"] * LIMIT
    assert arrived == LIMIT


def test_while_the_provider_hangs_so_many_wait_for_a_document_that_nobody_has(provider):
    hangs = threading.Event()
    provider.lie("discovery", until=hangs, status=503)
    client = a_client(provider)

    with ThreadPoolExecutor(2 * LIMIT) as people:
        asked = [people.submit(code_of, client.endpoint, "jwks_uri") for _ in range(2 * LIMIT)]
        told, waiting = wait(asked, timeout=2)
        hangs.set()

    assert {each.result() for each in told} == {TOLD}
    assert len(waiting) <= LIMIT


def test_each_client_has_a_bulkhead_of_its_own(provider):
    assert a_client(provider).bulkhead is not a_client(provider).bulkhead


def code_of(ask, argument):
    with pytest.raises(GenAuthError) as caught:
        ask(argument)
    return caught.value.code
