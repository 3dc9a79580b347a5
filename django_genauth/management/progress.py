"""The progress of a command: a bar on a terminal where tqdm is installed, else lines."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.core.management.base import OutputWrapper

# In seconds, between two lines.
_INTERVAL: Final = 5


class Progress:
    """The count of what is done, shown on standard error; `total` is an estimate, or None."""

    def __init__(self, stderr: OutputWrapper, total: int | None) -> None:
        self.done = 0
        self.total = total
        self._stderr = stderr
        self._due = time.monotonic() + _INTERVAL
        self._bar = _bar(total) if stderr.isatty() else None

    def __str__(self) -> str:
        total = "" if self.total is None else f" of about {self.total:,}"
        return f"{self.done:,}{total} done."

    def add(self, count: int) -> None:
        """Count what was done, and show it when it is time."""
        self.done += count
        if self._bar is not None:
            self._bar.update(count)
        elif time.monotonic() >= self._due:
            self._stderr.write(str(self))
            self._due = time.monotonic() + _INTERVAL

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Hide the bar while something else is written to the terminal."""
        if self._bar is None:
            yield
        else:
            with self._bar.external_write_mode(file=sys.stderr):
                yield

    def close(self) -> None:
        """Finish the bar; what is written next has a line of its own."""
        if self._bar is not None:
            self._bar.close()


def _bar(total: int | None) -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(total=total, unit=" tokens", file=sys.stderr, dynamic_ncols=True)
