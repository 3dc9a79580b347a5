"""Limit the threads of this process that wait for one provider; refuse the others at once.

A worker of the site waits as long as its request to the provider takes. Without a limit, a
provider that hangs would take all of them, also from people who are signed in. What is asked for is
not known here.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from django_genauth.client import patience
from django_genauth.protocol.errors import ProviderUnavailable

# How many requests may be under way at a time, at least; with more threads it is half of them. A
# thread more is a thread less for all other pages while the provider hangs; a thread less is a
# longer queue when many people sign in at once.
LEAST: Final = 4
# And at most: the transport keeps as many connections.
MOST: Final = 32
# How many threads of a process wait at a time, for a turn or for what another thread fetches. With
# turns of 0.3 seconds, four at a time, as many are served within _PATIENCE.
MOST_WAITING: Final = 64
# In seconds. If nobody was answered for so long though somebody waits, the provider is silent.
SILENCE: Final = 1
# How many requests a silent provider still gets at a time, as it may be slow and nothing worse; and
# after how many seconds without a new request it gets one more, to find out whether it is back.
_WHILE_SILENT: Final = 2
_PROBE: Final = 3
# How long, in seconds, a thread waits for its turn while the provider answers.
_PATIENCE: Final = 5


class _Threads:
    """Count this process's threads that ask providers, and those of them that wait."""

    _asking: frozenset[threading.Thread]

    def __init__(self) -> None:
        self._open()

    def note_current(self) -> None:
        """Remember this thread as one that asks providers, and forget those that have ended."""
        self._open_after_fork()
        current = threading.current_thread()
        if current not in self._asking:
            with self._lock:
                self._asking = self._asking.intersection(threading.enumerate()) | {current}

    def count(self) -> int:
        """Return how many threads ask providers."""
        self._open_after_fork()
        return len(self._asking)

    @contextmanager
    def waiting(self) -> Iterator[bool]:
        """Take one of the places for threads that wait, and tell whether there was one."""
        self._open_after_fork()
        places = self._places
        has_place = places.acquire(blocking=False)
        try:
            yield has_place
        finally:
            if has_place:
                places.release()

    def _open_after_fork(self) -> None:
        if self._process != os.getpid():
            self._open()

    def _open(self) -> None:
        self._lock = threading.Lock()
        self._asking = frozenset()
        self._places = threading.Semaphore(MOST_WAITING)
        self._process = os.getpid()


threads: Final = _Threads()


@dataclass(frozen=True, slots=True)
class BulkheadState:
    """Describe a bulkhead at a moment."""

    under_way: int
    """How many requests have a turn."""
    waiting: int
    """How many threads wait for one."""
    limit: int
    """How many may have one at a time."""
    is_silent: bool
    """Whether somebody waits, and nobody was answered for a second."""


class Bulkhead:
    """Limit the requests to one provider that are under way at a time.

    While it answers, there are `limit` of them, and further threads wait for a turn in the order in
    which they came. While it is silent there are two, and now and then one more up to the limit.
    A thread that comes then is refused at once, and so is one for which there is no place to wait.

    Without a `limit` it is half of the threads that ask providers, and at least four: the other
    half is left for pages that ask nobody. A process that serves no pages may raise it to the
    number of its threads.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, limit: int | None = None
    ) -> None:
        self._limit = limit
        self._clock = clock
        self._open()

    @property
    def limit(self) -> int:
        """How many requests may be under way at a time."""
        if self._limit is not None:
            return self._limit
        return min(MOST, max(LEAST, threads.count() // 2))

    @limit.setter
    def limit(self, limit: int) -> None:
        self._limit = limit

    def state(self) -> BulkheadState:
        """Return the turns under way and those waited for, and whether the provider is silent."""
        self._open_after_fork()
        with self._lock:
            now = self._clock()
            self._forget_old_silence(now)
            return BulkheadState(
                under_way=len(self._under_way),
                waiting=len(self._queue),
                limit=self.limit,
                is_silent=self._is_silent(now),
            )

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Have a turn for as long as the `with` block takes.

        An error at its end is an answer too if it came quickly: a provider that refuses connections
        holds nobody up. Raises ProviderUnavailable (`crowded`) where there is no turn to be had.
        """
        turn = self._enter()
        answered = False
        try:
            yield
            answered = True
        finally:
            self._leave(turn, answered=answered)

    def _open(self) -> None:
        self._lock = threading.Lock()
        # The turns of those who wait, the first to come first; each is told when it has begun.
        self._queue: deque[threading.Condition] = deque()
        # When each turn that is under way began.
        self._under_way: dict[threading.Condition, float] = {}
        # Since when somebody waits and nobody was answered; infinite while nobody waits.
        self._quiet_since = math.inf
        self._last_entry = self._last_exit = -math.inf
        self._process = os.getpid()

    def _enter(self) -> threading.Condition:
        self._open_after_fork()
        threads.note_current()
        with self._lock:
            now = self._clock()
            self._forget_old_silence(now)
            turn = threading.Condition(self._lock)
            self._queue.append(turn)
            self._begin_turns(now)
            if turn not in self._under_way:
                self._wait(turn, now)
        return turn

    def _open_after_fork(self) -> None:
        if self._process != os.getpid():
            # Those who were under way at a fork are so in the other process.
            self._open()

    def _forget_old_silence(self, now: float) -> None:
        if not self._under_way and now - self._last_exit >= _PROBE:
            # Nobody has asked since, so that the silence of then says nothing about now.
            self._quiet_since = math.inf

    def _wait(self, turn: threading.Condition, now: float) -> None:
        patience_ends = now + patience.allowed(_PATIENCE)
        try:
            with threads.waiting() as has_place:
                while turn not in self._under_way:
                    ends = min(self._quiet_since + SILENCE, patience_ends)
                    if now >= ends or not has_place:
                        raise ProviderUnavailable(
                            "The provider is slow to answer, and enough others wait for it. Try"
                            f" again in {_PROBE} seconds.",
                            reason="crowded",
                            retry_after=_PROBE,
                        )
                    turn.wait(ends - now)
                    now = self._clock()
        except BaseException:
            # A worker that is stopped while it waits leaves in the same way.
            if turn in self._queue:
                self._queue.remove(turn)
            else:
                self._end(turn, answered=False)
            raise

    def _begin_turns(self, now: float) -> None:
        """Give turns to those who have waited longest, as far as there is room."""
        while self._queue and self._has_room(now):
            turn = self._queue.popleft()
            self._under_way[turn] = now
            self._quiet_since = min(self._quiet_since, now)
            self._last_entry = now
            turn.notify()

    def _has_room(self, now: float) -> bool:
        limit = self.limit
        if len(self._under_way) < min(_WHILE_SILENT, limit):
            return True
        if len(self._under_way) >= limit:
            return False
        return not self._is_silent(now) or now - self._last_entry >= _PROBE

    def _is_silent(self, now: float) -> bool:
        return now - self._quiet_since >= SILENCE

    def _leave(self, turn: threading.Condition, *, answered: bool) -> None:
        with self._lock:
            self._end(turn, answered=answered)

    def _end(self, turn: threading.Condition, *, answered: bool) -> None:
        now = self._last_exit = self._clock()
        # At a fork in between, the turn is unknown here.
        began = self._under_way.pop(turn, now)
        if answered or now - began < SILENCE:
            self._quiet_since = now if self._under_way else math.inf
        self._begin_turns(now)
