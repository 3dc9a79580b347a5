"""Who has a turn at the provider, who waits for one, and who is told at once that there is none."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from django_genauth.client import patience
from django_genauth.client.bulkhead import LEAST, MOST, Bulkhead
from django_genauth.client.single_flight import LONGEST
from django_genauth.protocol.errors import GenAuthError, ProviderUnavailable
from tests.support.clients import a_client
from tests.support.documents import Clock
from tests.support.gate_askers import A_TURN, WAITS, Asker
from tests.support.places import places, taken_places  # noqa: F401 # one is a fixture

pytestmark = pytest.mark.usefixtures("places")

# In seconds, of the machine's own clock: longer than a thread takes to begin to wait.
A_MOMENT = 0.1
TOLD = "provider_unavailable.crowded"
LIMIT = 4


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def gate(clock):
    yield Bulkhead(clock, limit=LIMIT)
    Asker.all.clear()


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


def several_waiting(gate, number):
    """Let so many wait, one after the other."""
    askers = []
    for _ in range(number):
        askers.append(Asker(gate))
        assert askers[-1].outcome(A_MOMENT) == WAITS
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


def test_nobody_waits_for_a_turn_longer_than_the_caller_allows():
    gate = Bulkhead(limit=LIMIT)
    with_turns(gate, LIMIT)

    began = time.monotonic()
    with pytest.raises(ProviderUnavailable) as told, patience.at_most(A_MOMENT), gate.passing():
        pass
    took = time.monotonic() - began

    assert told.value.code == TOLD
    assert took < 0.8


def test_turns_are_given_in_the_order_of_arrival(gate):
    first, *_ = with_turns(gate, LIMIT)
    waiting = several_waiting(gate, 3)
    first.answer()
    before = [each.outcome(A_MOMENT) for each in waiting]

    waiting[0].answer()

    assert before == [A_TURN, WAITS, WAITS]
    assert [each.outcome(A_MOMENT) for each in waiting] == [A_TURN, A_TURN, WAITS]


def test_who_comes_while_others_wait_does_not_go_ahead_of_them(gate, clock):
    askers = with_turns(gate, LIMIT)
    (waiting,) = several_waiting(gate, 1)
    gate.limit += 1

    newcomer = Asker(gate)

    assert [waiting.outcome(), newcomer.outcome(A_MOMENT)] == [A_TURN, WAITS]
    all_give_up(askers)


def test_twenty_four_at_once_at_a_slow_provider_all_have_their_turn():
    gate = Bulkhead(limit=LIMIT)

    def pass_through(_):
        with gate.passing():
            time.sleep(0.3)
        return A_TURN

    with ThreadPoolExecutor(24) as people:
        outcomes = list(people.map(pass_through, range(72)))

    assert outcomes == [A_TURN] * 72


def test_for_whom_there_is_no_place_to_wait_is_told_at_once(gate):
    with_turns(gate, LIMIT)

    with taken_places():
        newcomer = Asker(gate)

        assert newcomer.outcome(A_MOMENT) == TOLD


def test_who_has_waited_makes_place_for_the_next(gate):
    first, second, *_ = with_turns(gate, LIMIT)
    with taken_places(but=1):
        (waiting,) = several_waiting(gate, 1)
        first.answer()
        waiting.outcome()

        (another,) = several_waiting(gate, 1)
        second.answer()

        assert another.outcome() == A_TURN


def test_those_who_wait_are_counted_for_all_providers_together(clock):
    one, another = Bulkhead(clock, limit=LIMIT), Bulkhead(clock, limit=LIMIT)
    askers = with_turns(one, LIMIT) + with_turns(another, LIMIT)
    with taken_places(but=1):
        several_waiting(one, 1)

        newcomer = Asker(another)

        assert newcomer.outcome(A_MOMENT) == TOLD
    all_give_up(askers)
    Asker.all.clear()


class Interrupted(BaseException):
    """Stop a worker, as a signal does."""


class InterruptingClock(Clock):
    """Interrupt whoever looks at the clock next, once `armed`."""

    armed = False

    def __call__(self):
        if self.armed:
            self.armed = False
            raise Interrupted
        return super().__call__()


def interrupted_while_waiting(gate, interrupt):
    """Wait for a turn in a thread, until `interrupt` leads to an interruption."""
    ended = threading.Event()

    def wait_in_vain():
        with pytest.raises(Interrupted), gate.passing():
            pass
        ended.set()

    threading.Thread(target=wait_in_vain, daemon=True).start()
    time.sleep(A_MOMENT)
    interrupt()
    assert ended.wait(5)


def test_a_worker_that_is_stopped_while_it_waits_stands_in_nobodys_way():
    clock = InterruptingClock()
    gate = Bulkhead(clock, limit=LIMIT)
    first, *others = with_turns(gate, LIMIT)
    clock.advance(0.9)

    def look_at_the_clock():
        clock.armed = True

    interrupted_while_waiting(gate, look_at_the_clock)
    first.answer()

    assert ask(gate) == A_TURN
    all_give_up(others)
    Asker.all.clear()


def test_a_worker_that_is_stopped_as_its_turn_comes_gives_it_back():
    clock = InterruptingClock()
    gate = Bulkhead(clock, limit=LIMIT)
    first, *others = with_turns(gate, LIMIT)

    def give_the_turn():
        with gate._lock:
            gate._end(next(iter(gate._under_way)), answered=True)
            clock.armed = True

    interrupted_while_waiting(gate, give_the_turn)

    assert ask(gate) == A_TURN
    all_give_up([first, *others])
    Asker.all.clear()


def limit_with(number):
    """Return the limit when so many threads are there that have asked."""
    gate, arrived, leave = Bulkhead(), threading.Barrier(number + 1), threading.Event()

    def go():
        with gate.passing():
            pass
        arrived.wait(5)
        leave.wait(5)

    people = [threading.Thread(target=go) for _ in range(number)]
    for each in people:
        each.start()
    arrived.wait(5)
    limit = gate.limit
    leave.set()
    for each in people:
        each.join()
    return limit


@pytest.mark.parametrize(
    ("number", "limit"),
    [
        pytest.param(1, LEAST, id="one"),
        pytest.param(8, LEAST, id="as-many-as-gunicorn-may-have"),
        pytest.param(32, 16, id="many"),
        pytest.param(80, MOST, id="more-than-connections-are-kept"),
    ],
)
def test_half_of_the_threads_that_ask_have_a_turn_at_a_time(number, limit):
    assert limit_with(number) == limit


def test_threads_that_have_ended_do_not_count():
    limit_with(32)

    assert limit_with(1) == LEAST


def test_threads_that_ask_nobody_do_not_count():
    leave = threading.Event()
    others = [threading.Thread(target=leave.wait) for _ in range(32)]
    for each in others:
        each.start()

    limit = limit_with(1)

    leave.set()
    assert limit == LEAST


def test_a_limit_of_one_holds_while_the_provider_is_silent_too(gate):
    gate.limit = 1
    with_turns(gate, 1)

    newcomer = Asker(gate)

    assert newcomer.outcome(A_MOMENT) == WAITS


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
from django_genauth.client.bulkhead import MOST_WAITING, Bulkhead, threads

gate = Bulkhead(limit=4)
under_way = [gate.passing() for _ in range(8)]
[turn.__enter__() for turn in under_way[:4]]
waiting = [threads.waiting() for _ in range(2 * MOST_WAITING)]
[place.__enter__() for place in waiting[:MOST_WAITING]]
child = os.fork()
if child == 0:
    [turn.__enter__() for turn in under_way[4:]]
    os._exit(0 if all([place.__enter__() for place in waiting[MOST_WAITING:]]) else 1)
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
    client.provider.bulkhead.limit = LIMIT
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
    client.provider.bulkhead.limit = LIMIT

    with ThreadPoolExecutor(2 * LIMIT) as people:
        asked = [people.submit(code_of, client.endpoint, "jwks_uri") for _ in range(2 * LIMIT)]
        told, waiting = wait(asked, timeout=LONGEST + 1)
        hangs.set()

    assert {each.result() for each in told} == {TOLD}
    assert len(waiting) <= LIMIT


def test_each_client_has_a_bulkhead_of_its_own(provider):
    assert a_client(provider).provider.bulkhead is not a_client(provider).provider.bulkhead


def code_of(ask, argument):
    with pytest.raises(GenAuthError) as caught:
        ask(argument)
    return caught.value.code
