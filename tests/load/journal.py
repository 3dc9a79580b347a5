"""What happened under mixed traffic, the faults meanwhile, and which findings no fault excuses."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

Fault = Literal["redis", "postgres", "provider", "worker"]
# For so many seconds after its end a fault still excuses: a server that recovers, a request that
# began then and ends with its time-out, a lease that a killed worker held (2 x TIMEOUT + 5).
_AFTERMATH: dict[Fault, float] = {"redis": 5, "postgres": 8, "provider": 12, "worker": 17}


@dataclass(frozen=True, kw_only=True)
class Event:
    """Say what somebody did, and what was not as it should be; None where all was well.

    `is_told` says that the person was asked to try again later, and `sign_in` is the number of the
    sign-in that was lost.
    """

    deed: str
    began: float
    ended: float
    finding: str | None
    excuses: Collection[Fault]
    is_told: bool
    sign_in: int | None


class Journal:
    """Keep the events and the faults; times are seconds since the epoch."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.faults: list[tuple[Fault, float, float]] = []
        self._lock = threading.Lock()

    def note(
        self,
        deed: str,
        began: float,
        finding: str | None = None,
        *,
        excuses: Collection[Fault] = (),
        is_told: bool = False,
        sign_in: int | None = None,
    ) -> None:
        """Note what came of a deed that began then; see `Event`."""
        event = Event(
            deed=deed,
            began=began,
            ended=time.time(),
            finding=finding,
            excuses=excuses,
            is_told=is_told,
            sign_in=sign_in,
        )
        with self._lock:
            self.events.append(event)

    @contextmanager
    def fault(self, kind: Fault) -> Iterator[None]:
        """Note that something is out of order inside the `with` block."""
        began = time.time()
        yield
        self.faults.append((kind, began, time.time()))

    def is_excused(self, began: float, ended: float, excuses: Collection[Fault]) -> bool:
        """Return whether one of those faults was there, or had been a moment ago."""
        return any(
            kind in excuses and began <= over + _AFTERMATH[kind] and since <= ended
            for kind, since, over in self.faults
        )

    def wrong(self) -> list[str]:
        """Return the findings that no fault excuses, and of which nobody was told.

        Without sign-ins that were lost, on which the provider's accounts decide.
        """
        return [
            f"{time.strftime('%X', time.localtime(each.began))} {each.deed}: {each.finding}"
            for each in self._without_excuse()
            if not each.is_told and each.sign_in is None
        ]

    def put_off(self) -> int:
        """Return how often somebody was asked to try again later, though there was no fault.

        A machine that is busy with other things makes the provider look as if it were silent.
        """
        return sum(each.is_told for each in self._without_excuse())

    def _without_excuse(self) -> list[Event]:
        return [
            each
            for each in self.events
            if each.finding and not self.is_excused(each.began, each.ended, each.excuses)
        ]

    def table(self) -> list[tuple[str, int, int]]:
        """Return each deed, how often it was done, and how often a fault was in its way."""
        done = Counter(each.deed for each in self.events)
        in_the_way = Counter(each.deed for each in self.events if each.finding)
        return [(deed, count, in_the_way[deed]) for deed, count in sorted(done.items())]
