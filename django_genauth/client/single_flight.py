"""Single flight: one thread fetches, the others wait and use its result."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from copy import copy
from typing import Any, Final, TypeVar

from django_genauth.client import patience as allowance
from django_genauth.client.bulkhead import SILENCE, threads
from django_genauth.protocol.errors import GenAuthError, ProviderUnavailable

Result = TypeVar("Result")

# How long, in seconds, a thread waits for what another one fetches under the same key.
_PATIENCE: Final = 5
# How long it waits to go in for what it cannot do without, and nobody has yet. Nobody waits for the
# next thread after one that took as long.
LONGEST: Final = 3


class SingleFlight:
    """Let in one thread at a time, so that those who wait find what it has fetched.

    A thread whose patience is at an end goes in as well: else all of them would wait as long as a
    provider that hangs. So does one that finds no place to wait, and nobody waits while the last
    thread that went in alone failed slowly. Whether they may all ask the provider is decided by its
    bulkhead.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        # Since when a thread is in; None also for the moment in which it has just got the lock.
        self._since: float | None = None
        self._is_slow = False

    @contextmanager
    def passing(self, *, patience: float = SILENCE) -> Iterator[bool]:
        """Go in, and yield whether this thread is alone.

        `patience` is how many seconds it waits for a thread that is in, from that one's entry.
        """
        alone = self._lock.acquire(blocking=False)
        if not alone and patience and not self._is_slow:
            alone = self._wait(patience)
        if not alone:
            yield False
            return
        since = self._since = self._clock()
        succeeded = False
        try:
            yield True
            succeeded = True
        finally:
            took_long = self._clock() - since >= (LONGEST if succeeded else SILENCE)
            # A refusal that comes at once says nothing about the provider.
            self._is_slow = took_long or (self._is_slow and not succeeded)
            self._since = None
            self._lock.release()

    def _wait(self, patience: float) -> bool:
        since = self._since
        left = patience if since is None else since + patience - self._clock()
        seconds = allowance.allowed(min(max(left, 0), patience))
        with threads.waiting() as has_place:
            return has_place and self._lock.acquire(timeout=seconds)


class SharedFlights:
    """Let one thread at a time work for a key, and share its result with those that come meanwhile.

    Other keys do not wait for it. A failure is shared too: to ask once more in a row would make
    every waiting thread wait a time-out longer than the one before.
    """

    def __init__(self) -> None:
        self._open()

    def share(self, key: str, work: Callable[[], Result]) -> Result:
        """Return what `work` returns, for this thread or the one that is at it already.

        Raises what `work` raises, and ProviderUnavailable where there is no place to wait, or the
        other thread takes too long.
        """
        if self._process != os.getpid():
            # Who was at work at a fork is so in the other process.
            self._open()
        mine: Future[Any] = Future()
        with self._lock:
            flight = self._flights.setdefault(key, mine)
        if flight is not mine:
            shared: Result = self._shared(flight)
            return shared
        try:
            result = work()
        except BaseException as error:
            # A copy, as this one gathers the frames of this thread, which hold what was asked.
            failure = copy(error) if isinstance(error, GenAuthError) else _not_ready()
            self._end(key)
            mine.set_exception(failure)
            raise
        self._end(key)
        mine.set_result(result)
        return result

    def _end(self, key: str) -> None:
        with self._lock:
            self._flights.pop(key, None)

    @staticmethod
    def _shared(flight: Future[Any]) -> Any:
        with threads.waiting() as has_place, suppress(TimeoutError):
            if has_place:
                failure = flight.exception(allowance.allowed(_PATIENCE))
                if failure is None:
                    return flight.result()
                raise copy(failure)
        raise _not_ready()

    def _open(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[str, Future[Any]] = {}
        self._process = os.getpid()


def _not_ready() -> ProviderUnavailable:
    return ProviderUnavailable(
        "Another thread asks the provider the same, and is not ready in time.",
        reason="crowded",
        retry_after=SILENCE,
    )
