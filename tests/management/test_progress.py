"""How far a command is: the bar on a terminal, and the lines elsewhere."""

import io
import sys
from contextlib import redirect_stderr

from django.core.management.base import OutputWrapper

from django_genauth.management import progress
from django_genauth.management.progress import Progress


class Terminal(io.StringIO):
    """Be written to as a terminal."""

    def isatty(self):
        """Say so."""
        return True


def test_elsewhere_than_on_a_terminal_a_line_is_written_now_and_then(monkeypatch):
    monkeypatch.setattr(progress, "_INTERVAL", 0)
    written = io.StringIO()

    shown = Progress(OutputWrapper(written), 10_000)
    shown.add(4_120)

    assert written.getvalue() == "4,120 of about 10,000 done.\n"


def test_between_two_lines_some_seconds_pass():
    written = io.StringIO()

    shown = Progress(OutputWrapper(written), 10)
    shown.add(1)
    shown.close()

    assert written.getvalue() == ""


def test_of_an_unknown_total_nothing_is_said():
    shown = Progress(OutputWrapper(io.StringIO()), None)
    shown.add(3)

    assert str(shown) == "3 done."


def test_on_a_terminal_there_is_a_bar():
    with redirect_stderr(Terminal()) as terminal:
        shown = Progress(OutputWrapper(terminal), 2)
        shown.add(2)
        shown.close()

    assert "2/2" in terminal.getvalue()


def test_a_bar_gives_way_to_a_line():
    with redirect_stderr(Terminal()) as terminal:
        shown = Progress(OutputWrapper(terminal), 2)
        with shown.aside():
            terminal.write("a line\n")
        shown.close()

    before, _, after = terminal.getvalue().partition("a line\n")
    assert before.endswith("\r")
    assert "0/2" in after


def test_without_tqdm_a_terminal_gets_lines_too(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setattr(progress, "_INTERVAL", 0)

    with redirect_stderr(Terminal()) as terminal:
        shown = Progress(OutputWrapper(terminal), 2)
        shown.add(1)

    assert terminal.getvalue() == "1 of about 2 done.\n"
