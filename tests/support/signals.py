"""Ctrl-C, as a person presses it while a command runs in the test's own process."""

import os
import signal
import threading
import time


def press_ctrl_c() -> None:
    """Send SIGINT to the command that runs here, and return once it has noticed.

    Only once: the next one ends the process, which is the test's too.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        return
    os.kill(os.getpid(), signal.SIGINT)
    while signal.getsignal(signal.SIGINT) is not signal.SIG_DFL:
        time.sleep(0.01)


def press_ctrl_c_at_input() -> None:
    """Do the same from a thread, as soon as the command waits for standard input."""
    threading.Thread(target=_press_at_input, daemon=True).start()


def _press_at_input() -> None:
    while not getattr(_stop(), "waits_for_input", False):
        time.sleep(0.01)
    press_ctrl_c()


def _stop() -> object:
    return getattr(signal.getsignal(signal.SIGINT), "__self__", None)
