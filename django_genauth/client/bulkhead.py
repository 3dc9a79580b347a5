"""How many threads of this process may wait for one provider, and who is told at once instead.

A worker of the site waits as long as what it asks for, so that a provider that hangs could take all
of them, also from people who are signed in. What is asked for is not known here.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from django_genauth.protocol.errors import ProviderUnavailable

# How many may be under way at a time. A thread more is a thread less for all other pages while the
# provider hangs; a thread less is a longer queue when many people sign in at once.
LIMIT: Final = 4
# In seconds. Nobody was answered for so long, though somebody waits: the provider is silent.
SILENCE: Final = 1
# How many a silent provider is still asked for at a time, as it may be slow and nothing worse; and
# after how many seconds without a new request there is one more, to see whether it is back.
_AT_ONCE: Final = 2
_PROBE: Final = 3
# How long, in seconds, a turn is waited for while the provider answers.
_PATIENCE: Final = 5


class Bulkhead:
    """Let so many through to one provider at a time.

    While it answers, `limit` are under way, and whoever comes then waits for a turn. While it is
    silent, two are, and now and then one more up to the limit; whoever comes then is told at once.
    A process that serves no pages may raise `limit` to the number of its threads.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = LIMIT
        self._clock = clock
        self._open()

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Have a turn for as long as the `with` block takes.

        An error at its end is an answer too if it came quickly: a provider that refuses connections
        holds nobody up. Raises ProviderUnavailable (`crowded`) where there is no turn to be had.
        """
        turn = object()
        began = self._enter(turn)
        answered = False
        try:
            yield
            answered = True
        finally:
            self._leave(turn, answered=answered or self._clock() - began < SILENCE)

    def _open(self) -> None:
        self._process = os.getpid()
        self._changed = threading.Condition()
        self._under_way: set[object] = set()
        # Since when somebody waits and nobody was answered; infinite while nobody waits.
        self._quiet_since = math.inf
        self._last_entry = self._last_exit = -math.inf

    def _enter(self, turn: object) -> float:
        if self._process != os.getpid():
            # Those who were under way at a fork are so in the other process.
            self._open()
        with self._changed:
            now = arrived = self._clock()
            if not self._under_way and now - self._last_exit >= _PROBE:
                # Nobody has asked since, so that the silence of then says nothing about now.
                self._quiet_since = math.inf
            while not self._has_room(now):
                ends = min(self._quiet_since + SILENCE, arrived + _PATIENCE)
                if now >= ends:
                    raise ProviderUnavailable(
                        "The provider is slow to answer, and enough others wait for it. Try again"
                        f" in {_PROBE} seconds.",
                        reason="crowded",
                        retry_after=_PROBE,
                    )
                self._changed.wait(ends - now)
                now = self._clock()
            self._under_way.add(turn)
            self._quiet_since = min(self._quiet_since, now)
            self._last_entry = now
            return now

    def _has_room(self, now: float) -> bool:
        if len(self._under_way) < _AT_ONCE:
            return True
        if len(self._under_way) >= self.limit:
            return False
        is_silent = now - self._quiet_since >= SILENCE
        return not is_silent or now - self._last_entry >= _PROBE

    def _leave(self, turn: object, *, answered: bool) -> None:
        with self._changed:
            self._under_way.discard(turn)
            self._last_exit = self._clock()
            if answered:
                self._quiet_since = self._last_exit if self._under_way else math.inf
            self._changed.notify()
