"""The threads that ask the provider: how many, how fast, and how they wait when it says so.

What is asked stands in the commands, for which grants in `grants.sweeps`.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Generic, TypeVar

from django_genauth.protocol.errors import GenAuthError, ProviderUnavailable
from django_genauth.threads import inherited

Item = TypeVar("Item")
Answer = TypeVar("Answer")

# The transport keeps as many connections; more threads would open a new one for each request.
MOST_WORKERS: Final = 32
# How often a row is asked for that the provider answers with "later", and how long, in seconds,
# it may ask us to wait.
_ATTEMPTS: Final = 4
_LONGEST_REST: Final = 120
# For a provider that throttles (429) without a time that we can read.
_REST: Final = 5
# How often, in seconds, a wait ends without an answer, to look whether a stop is asked for.
_TICK: Final = 0.5


class Stop:
    """A flag that asks to begin nothing more; without a lock, as a signal's handler sets it."""

    is_asked = False


class RateLimiter:
    """The rate of all threads together: so many requests a second, and none while resting."""

    def __init__(self, per_second: float | None) -> None:
        self._interval = 1 / per_second if per_second else 0.0
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self, stop: Stop) -> bool:
        """Wait until a request may leave; return False where a stop is asked for instead."""
        while not stop.is_asked:
            with self._lock:
                now = time.monotonic()
                if now >= self._next:
                    self._next = now + self._interval
                    return True
                pause = self._next - now
            time.sleep(min(pause, _TICK))
        return False

    def rest(self, seconds: float) -> None:
        """Let no request leave for so long."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)


class Workers(Generic[Item, Answer]):
    """Call `do` with many items, in `count` threads, until all are done or a stop is asked for.

    `per_second` bounds how often all of them together begin; None bounds it not at all.
    """

    def __init__(
        self,
        do: Callable[[Item], Answer],
        *,
        count: int,
        per_second: float | None,
        stop: Stop,
    ) -> None:
        self._do = do
        self._count = count
        self._rate = RateLimiter(per_second)
        self._stop = stop
        self._in_hand = 0
        self._items: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[Item, Answer | BaseException]] = queue.SimpleQueue()

    def work(
        self, items: Iterable[Item | None]
    ) -> Iterator[tuple[Item, Answer | GenAuthError] | None]:
        """Yield each item with its answer, as answers come; None where a moment brought none.

        `items` are taken when a thread is about to want one, and may be None for: none just now.
        What `do` raises besides GenAuthError is raised here, and ends the work. An item that is not
        yielded was not begun, or it was under way when that happened.
        """
        # Under a tenant, whoever called the command stands in its schema, and so do the threads.
        threads = [
            threading.Thread(target=inherited(self._run), daemon=True) for _ in range(self._count)
        ]
        for thread in threads:
            thread.start()
        try:
            for item in items:
                if item is None:
                    time.sleep(_TICK)
                    yield None
                else:
                    self._items.put(item)
                    self._in_hand += 1
                # One for each thread, and one that it finds when it is done with that.
                while self._in_hand == 2 * self._count or not self._answers.empty():
                    yield from self._next_answer()
                if self._stop.is_asked:
                    break
            while self._in_hand:
                yield from self._next_answer()
        except BaseException:
            self._stop.is_asked = True
            raise
        finally:
            for _ in threads:
                self._items.put(None)
            # A request that is under way comes to its end.
            for thread in threads:
                thread.join()

    def _next_answer(self) -> Iterator[tuple[Item, Answer | GenAuthError] | None]:
        try:
            item, answer = self._answers.get(timeout=_TICK)
        except queue.Empty:
            yield None
            return
        self._in_hand -= 1
        if isinstance(answer, BaseException) and not isinstance(answer, GenAuthError):
            if isinstance(answer, _NotBegun):
                return
            raise answer
        yield item, answer

    def _run(self) -> None:
        while (item := self._items.get()) is not None:
            try:
                self._answers.put((item, self._attempt(item)))
            except BaseException as error:  # noqa: BLE001 # it is raised where it is awaited
                self._answers.put((item, error))

    def _attempt(self, item: Item) -> Answer:
        attempts = 0
        while self._rate.wait(self._stop):
            attempts += 1
            try:
                return self._do(item)
            except ProviderUnavailable as error:
                if error.code == "provider_unavailable.crowded":
                    # No request left. Those that are under way are answered, or time out.
                    attempts -= 1
                    time.sleep(error.retry_after or _TICK)
                    continue
                seconds = _rest(error)
                if seconds is None or attempts == _ATTEMPTS:
                    raise
                self._rate.rest(seconds)
        raise _NotBegun


class _NotBegun(Exception):
    """The item is left to a later run, as a stop was asked for."""


def _rest(error: ProviderUnavailable) -> float | None:
    """Return how long, in seconds, the provider wants to be left alone, or None."""
    if error.code == "provider_unavailable.busy":
        # One row alone has to wait, for another process that refreshes it.
        return None
    if error.retry_after is None:
        return _REST if error.code == "provider_unavailable.status_429" else None
    return min(error.retry_after, _LONGEST_REST)
