"""Patience: how long a thread waits for other threads that ask the provider.

Each room says how long it would wait; a caller whom somebody waits for may allow less. How long the
provider has for its answer is no business of this.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_MOST: Final = ContextVar("genauth_patience", default=math.inf)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Let this thread wait no longer than so many seconds for others, each time that it waits."""
    before = _MOST.set(min(seconds, _MOST.get()))
    try:
        yield
    finally:
        _MOST.reset(before)


def allowed(seconds: float) -> float:
    """Return how long this thread may wait of the seconds that a room would wait."""
    return min(seconds, _MOST.get())
