"""Where a command's output goes: a terminal that knows ASCII alone, and a reader who leaves."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

# What a shell has for a command that the end of its pipe ended: 128 and SIGPIPE.
EXIT_STATUS: Final = 141


@contextmanager
def write_to_whoever_reads() -> Iterator[None]:
    """Write what the terminal cannot show as an escape, and end where nobody reads any more.

    `| head` is such a reader. The status is one that says nothing of the rows: what was not done is
    done when the command is run again.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            yield
        finally:
            # Now, as Python complains of a pipe that it finds closed at its own end.
            _flush()
    except BrokenPipeError:
        _write_nowhere()
        sys.exit(EXIT_STATUS)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


def _write_nowhere() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        # One that a test has replaced has no number.
        with suppress(OSError, ValueError):
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
