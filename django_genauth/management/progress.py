"""How far a command is: a bar on a terminal where tqdm is installed, else a line now and then."""

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
    """Show on standard error how much is done of `total`, which is about right, or unknown."""

    def __init__(self, stderr: OutputWrapper, total: int | None) -> None:
        self.done = 0
        self.total = total
        self._stderr = stderr
        self._due = time.monotonic() + _INTERVAL
        self._bar = _bar(total) if stderr.isatty() else None

    def __str__(self) -> str:
        return f"{self.done:,} done." if self.total is None else self._of_total()

    def _of_total(self) -> str:
        return f"{self.done:,} of about {self.total:,} done."

    def add(self, count: int) -> None:
        """Count what is done, and show it when it is time."""
        self.done += count
        if self._bar is not None:
            self._bar.update(count)
        elif time.monotonic() >= self._due:
            self._stderr.write(str(self))
            self._due = time.monotonic() + _INTERVAL

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the bar away while something else is written to the terminal."""
        if self._bar is None:
            yield
        else:
            with self._bar.external_write_mode(file=sys.stderr):
                yield

    def close(self) -> None:
        """Leave the bar as it stands, and the line to others."""
        if self._bar is not None:
            self._bar.close()


def _bar(total: int | None) -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(total=total, unit=" tokens", file=sys.stderr, dynamic_ncols=True)
