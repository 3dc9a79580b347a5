"""A cache of the documents that a provider publishes, in this process and shared by all processes.

The configuration and the key set change seldom and are needed at every login. What they say, and
how they are fetched, is not known here.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Final, Generic, Protocol, TypeVar

from django_genauth.client.single_flight import LONGEST, SingleFlight
from django_genauth.protocol.errors import GenAuthError, ProviderUnavailable

logger = logging.getLogger("django_genauth")

T = TypeVar("T")
R = TypeVar("R")

# In seconds. A document is asked for again after the first, serves on while the provider does not
# answer, and is dropped after the second.
FRESH: Final = 3_600
USABLE: Final = 86_400
# How long after a failure nobody asks again, and how long a key id that the provider does not know
# keeps the next unknown one from asking.
RETRY: Final = 30
# How often a process looks whether another one has dropped the document.
LOOK: Final = 1


class SharedCache(Protocol):
    """Name the four methods of Django's cache that are used; a cache may forget at any time."""

    def get(self, key: str) -> Any: ...
    def set(self, key: str, value: Any, timeout: float) -> Any: ...
    def add(self, key: str, value: Any, timeout: float) -> bool: ...
    def delete(self, key: str) -> Any: ...


class NoSharedCache:
    """Keep nothing: a process without a shared cache has its own memory alone."""

    def get(self, key: str) -> None:
        """Return None, as nothing is kept."""

    def set(self, key: str, value: Any, timeout: float) -> None:
        """Do nothing."""

    def add(self, key: str, value: Any, timeout: float) -> bool:
        """Return True, as no key is taken."""
        return True

    def delete(self, key: str) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    value: T
    fetched_at: float


class DocumentCache(Generic[T]):
    """Keep one document, which one thread at a time fetches when it is missing or old.

    `fetch` returns the document's octets and `parse` makes a value of them; either may raise a
    GenAuthError. A fetch that fails never replaces what is kept. Where nothing is kept yet,
    processes do not wait for each other: a fetch too many is cheaper than a worker that waits.
    """

    def __init__(
        self,
        *,
        key: str,
        fetch: Callable[[], bytes],
        parse: Callable[[bytes], T],
        shared: SharedCache,
        clock: Callable[[], float],
    ) -> None:
        self._key = key
        self._fetch = fetch
        self._parse = parse
        self._shared = shared
        self._clock = clock
        self._asking = SingleFlight(clock)
        self._kept: _Kept[T] | None = None
        # What is kept was fetched after this drop; None as long as nobody has dropped anything.
        self._generation: str | None = None
        self._looked_at = -math.inf
        self._failure: tuple[float, GenAuthError] | None = None
        self._next_attempt = 0.0
        self._misses_until = 0.0

    def get(self) -> T:
        """Return the document, usually from memory. Raises what `fetch` and `parse` raise."""
        self._follow_drops()
        kept = self._kept
        if kept is not None and self._is_fresh(kept):
            return kept.value
        usable = kept is not None and self._age(kept) < USABLE
        arrived = self._clock()
        with self._asking.passing(patience=0 if usable else LONGEST) as alone:
            if kept is not None and usable and not alone:
                # Another thread renews it already, and the kept one serves as long as that takes.
                return kept.value
            return self._renewed(arrived)

    def latest(self) -> T:
        """Return the document as it is now, for which it is fetched at most once in RETRY seconds.

        Where that fails, the kept one serves. Raises what `get` raises.
        """
        began = self._clock()
        document = self.get()
        with self._asking.passing(patience=0):
            self._load_shared()
            kept = self._kept
            if kept is None or kept.fetched_at >= began:
                return document
            return self._renewed_if_due(kept)

    def is_at_hand(self) -> bool:
        """Return whether the document can be had without asking the provider."""
        self._follow_drops()
        if self._kept is None:
            self._load_shared()
        return self._kept is not None and self._age(self._kept) < USABLE

    def peek(self) -> T | None:
        """Return the document if it is in memory, however old, and fetch nothing."""
        return None if self._kept is None else self._kept.value

    def fetch(self) -> T:
        """Fetch the document whatever is kept, and keep it. Raises what `get` raises."""
        self._follow_drops()
        return self._fetched()

    def drop(self) -> None:
        """Forget the document here and, within LOOK seconds, in all processes with this cache."""
        generation = token_hex(8)
        # It outlives every document that was kept before.
        self._shared.set(f"{self._key}:generation", generation, 2 * USABLE)
        self._forget(generation)

    def age(self) -> float | None:
        """Return how many seconds ago the document was fetched, None where it is not in memory."""
        kept = self._kept
        return None if kept is None else self._age(kept)

    def find(self, choose: Callable[[T], R | None], *, is_told: bool = True) -> R | None:
        """Return what `choose` finds in the document, which is fetched anew where it finds nothing.

        After a miss that stayed one, nothing is fetched for RETRY seconds by any process, so that
        a flood of unknown key ids is a handful of requests. A miss meanwhile is returned as one, or
        without `is_told` raised as ProviderUnavailable: what is missing may be there by now, and
        a stranger may have caused the miss before. Raises what `get` raises.
        """
        document = self.get()
        found = choose(document)
        if found is not None:
            return found
        with self._asking.passing() as alone:
            self._load_shared()
            if self._kept is not None and self._kept.value is not document:
                found = choose(self._kept.value)
            if found is None and alone and not self._may_look_again():
                if not is_told:
                    raise self._not_asked()
            elif found is None:
                found = choose(self._fetched())
                if found is not None:
                    self._misses_until = 0.0
                    self._shared.delete(f"{self._key}:miss")
        return found

    def renew(self, seen: T | None, *, since: float) -> bool:
        """Fetch a document anew that did not serve, and return whether there is another one.

        `seen` is the one that was in memory at `since`, or None. Nothing is fetched within RETRY
        seconds of the last time that this, or a miss, made any process ask.
        """
        with self._asking.passing() as alone:
            self._load_shared()
            kept = self._kept
            if seen is None and kept is not None and kept.fetched_at >= since:
                # It was fetched for this use, and is as new as can be.
                return False
            if seen is not None and kept is not None and kept.value is not seen:
                return True
            if alone and not self._may_look_again():
                return False
            self._fetched()
            return True

    def _renewed(self, arrived: float) -> T:
        self._load_shared()
        kept = self._kept
        if kept is not None and self._is_fresh(kept):
            return kept.value
        if kept is None or self._age(kept) >= USABLE:
            if self._failure is not None and self._failure[0] >= arrived:
                # It failed while this thread waited for its turn; to ask once more in a row would
                # make every waiting worker wait a time-out longer than the one before.
                raise self._failure[1]
            return self._fetched()
        return self._renewed_if_due(kept)

    def _renewed_if_due(self, kept: _Kept[T]) -> T:
        if self._is_pausing(self._next_attempt):
            return kept.value
        if not self._shared.add(f"{self._key}:renewing", 1, RETRY):
            return kept.value
        self._next_attempt = self._clock() + RETRY
        try:
            return self._fetched()
        except GenAuthError as error:
            logger.warning(
                "The provider's document could not be renewed: %s",
                error.code,
                extra={"event": "document_not_renewed", "code": error.code},
            )
            return kept.value

    def _fetched(self) -> T:
        # One that was fetched before a drop, and comes after it, is told by this.
        generation = self._generation
        try:
            text = self._fetch()
            value = self._parse(text)
        except GenAuthError as error:
            self._failure = (self._clock(), error)
            raise
        now = self._clock()
        if generation == self._generation:
            self._kept = _Kept(value, now)
        self._shared.set(self._key, (text, now, generation), USABLE)
        return value

    def _follow_drops(self) -> None:
        now = self._clock()
        if 0 <= now - self._looked_at < LOOK:
            return
        self._looked_at = now
        generation = self._shared.get(f"{self._key}:generation")
        if generation is None:
            # Nobody has dropped anything for days, or the cache is out of order.
            self._generation = None
        elif generation != self._generation:
            self._forget(generation)

    def _forget(self, generation: str) -> None:
        self._generation = generation
        self._kept = None

    def _load_shared(self) -> None:
        stored = self._shared.get(self._key)
        if stored is None or stored[2:] != (self._generation,):
            return
        if self._kept is not None and stored[1] <= self._kept.fetched_at:
            return
        try:
            self._kept = _Kept(self._parse(stored[0]), stored[1])
        except GenAuthError:
            # Written under settings that have changed since; the provider is asked instead.
            return

    def _may_look_again(self) -> bool:
        now = self._clock()
        if self._is_pausing(self._misses_until):
            return False
        self._misses_until = now + RETRY
        return self._shared.add(f"{self._key}:miss", 1, RETRY)

    def _not_asked(self) -> ProviderUnavailable:
        left = self._misses_until - self._clock()
        return ProviderUnavailable(
            "The provider was asked for its keys a moment ago, and may have others by now.",
            reason="paused",
            retry_after=math.ceil(left) if 0 < left <= RETRY else RETRY,
        )

    def _is_fresh(self, kept: _Kept[T]) -> bool:
        # An age below nothing: the clock was set back, and by how much nobody knows.
        return 0 <= self._age(kept) < FRESH

    def _is_pausing(self, until: float) -> bool:
        return 0 < until - self._clock() <= RETRY

    def _age(self, kept: _Kept[T]) -> float:
        return self._clock() - kept.fetched_at
