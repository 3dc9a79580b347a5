"""Turns of the workers of pytest-xdist, so that a test which measures time runs alone.

A run of its own for such tests would collect all tests a second time, and is easily forgotten.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support import ROOT

# Two files that are there; what they hold makes no difference.
DOOR = ROOT / "tests/__init__.py"
ROOM = ROOT / "tests/conftest.py"


@contextmanager
def turn(*, alone: bool) -> Iterator[None]:
    """Wait until the other workers let a test run, beside theirs or alone, and run it."""
    with DOOR.open() as door, ROOM.open() as room:
        # Whoever waits to be alone shuts the door, else the others would always be there before.
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        try:
            yield
        finally:
            # Closing is not enough: a process that the test forked may have the file open still.
            fcntl.flock(room, fcntl.LOCK_UN)
