"""Ctrl-C, and what else asks a command to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from django_genauth.management.workers import Stop

# What a shell has for a command that Ctrl-C ended.
STATUS: Final = 130


class SignalStop(Stop):
    """Be asked to stop by a signal; `waits` is true where that may end a wait for input."""

    waits = False

    def take(self, number: int, frame: FrameType | None) -> None:
        """Ask for a stop; the next signal ends the process at once, as if nobody had listened."""
        self.is_asked = True
        signal.signal(number, signal.SIG_DFL)
        if self.waits:
            raise KeyboardInterrupt


@contextmanager
def on_signals() -> Iterator[SignalStop]:
    """Listen to SIGINT and SIGTERM for a while."""
    stop = SignalStop()
    # Elsewhere Python lets nobody listen.
    here = threading.current_thread() is threading.main_thread()
    numbers = (signal.SIGINT, signal.SIGTERM) if here else ()
    before = {number: signal.signal(number, stop.take) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
