"""One thread at a time fetches what many wait for, and those who waited find it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django_genauth.client.bulkhead import SILENCE


class SingleFlight:
    """Let in one thread at a time, so that those who wait find what it has fetched.

    Whoever has waited for a second goes in as well. Else all of them would wait as long as a
    provider that hangs; and whether they may ask it too is for its gate to say.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        # Since when a thread is in; None also for the moment in which it has just got the lock.
        self._since: float | None = None

    @contextmanager
    def passing(self, *, waits: bool = True) -> Iterator[bool]:
        """Go in, and say whether this thread is alone; without `waits` it goes in at once."""
        since = self._since
        left = SILENCE if since is None else since + SILENCE - self._clock()
        alone = self._lock.acquire(timeout=min(max(left, 0), SILENCE) if waits else 0)
        if not alone:
            yield False
            return
        self._since = self._clock()
        try:
            yield True
        finally:
            self._since = None
            self._lock.release()
