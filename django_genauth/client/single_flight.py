"""Single flight: one thread fetches, the others wait and use its result."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django_genauth.client.bulkhead import SILENCE, threads


class SingleFlight:
    """Let in one thread at a time, so that those who wait find what it has fetched.

    A thread that has waited for a second goes in as well: else all of them would wait as long as a
    provider that hangs. So does one that finds no place to wait, and nobody waits while the last
    thread that went in alone had no success within a second. Whether they may all ask the provider
    is decided by its bulkhead.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        # Since when a thread is in; None also for the moment in which it has just got the lock.
        self._since: float | None = None
        self._is_slow = False

    @contextmanager
    def passing(self, *, waits: bool = True) -> Iterator[bool]:
        """Go in, and yield whether this thread is alone; without `waits` it goes in at once."""
        alone = self._lock.acquire(blocking=False)
        if not alone and waits and not self._is_slow:
            alone = self._wait()
        if not alone:
            yield False
            return
        since = self._since = self._clock()
        succeeded = False
        try:
            yield True
            succeeded = True
        finally:
            took_long = self._clock() - since >= SILENCE
            # A refusal that comes at once says nothing about the provider.
            self._is_slow = took_long or (self._is_slow and not succeeded)
            self._since = None
            self._lock.release()

    def _wait(self) -> bool:
        since = self._since
        left = SILENCE if since is None else since + SILENCE - self._clock()
        with threads.waiting() as has_place:
            return has_place and self._lock.acquire(timeout=min(max(left, 0), SILENCE))
