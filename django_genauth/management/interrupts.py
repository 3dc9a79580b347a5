"""Ctrl-C, and the other signal that asks a command to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from django_genauth.management.workers import Stop

# What a shell has for a command that Ctrl-C ended.
EXIT_STATUS: Final = 130


class SignalStop(Stop):
    """A stop that a signal asks for; `waits_for_input` is set while a signal may end that wait."""

    waits_for_input = False

    def handle_signal(self, number: int, frame: FrameType | None) -> None:
        """Ask for a stop; the next signal ends the process at once, as without this handler."""
        self.is_asked = True
        signal.signal(number, signal.SIG_DFL)
        if self.waits_for_input:
            raise KeyboardInterrupt


@contextmanager
def stop_on_signals() -> Iterator[SignalStop]:
    """Handle SIGINT and SIGTERM inside the block, by asking for a stop."""
    stop = SignalStop()
    # In other threads Python allows no handlers.
    is_main = threading.current_thread() is threading.main_thread()
    numbers = (signal.SIGINT, signal.SIGTERM) if is_main else ()
    before = {number: signal.signal(number, stop.handle_signal) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
