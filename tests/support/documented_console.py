"""The console of a page: each line that a reader types is run, and what it says is compared."""

from __future__ import annotations

import io
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest
from django.core.management import call_command
from django.core.management.base import BaseCommand

from tests.support.pages import Block


class Typed(NamedTuple):
    """Hold a line that is typed, with its continuations, and what a page shows below it."""

    line: str
    shown: str


def typed_in(block: Block) -> Iterator[Typed]:
    """Yield what is typed in an example."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        length = next(size for size in range(1, 99) if _is_whole("".join(lines[:size])))
        shown = "".join(lines[length:]).rstrip()
        yield Typed("".join(lines[:length]), shown and f"{shown}\n")


def _is_whole(line: str) -> bool:
    try:
        shlex.split(line)
    except ValueError:
        # A quotation goes on.
        return False
    return not line.endswith("\\\n")


def plain(text: str) -> str:
    """Return a text without its numbers, dates and times, which differ from run to run."""
    return re.sub(r"\d[\d,]*", "0", text)


class Console:
    """Run lines that call manage.py, in a directory where all their files are.

    Output and errors come together, as on a terminal. `commands` are those of the site itself,
    `statuses` those that the lines ended with.
    """

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.commands: dict[str, BaseCommand] = {}
        self.statuses: list[int] = []
        self._directory = directory
        self._monkeypatch = monkeypatch
        monkeypatch.chdir(directory)

    def follow(self, *blocks: Block) -> None:
        """Run what is typed in examples; where they show what is said then, it has to be that."""
        for block in blocks:
            for typed in typed_in(block):
                said = self.run(typed.line)
                is_as_shown = plain(said) == plain(typed.shown)
                assert is_as_shown or not typed.shown, f"{typed.line}{said}"

    def run(self, line: str) -> str:
        """Run a line, and return what is said."""
        words = shlex.split(line.replace("\\\n", ""))
        given, kept = (self._redirected(words, mark) for mark in "<>")
        name, *arguments = words[words.index("manage.py") + 1 :]
        stdin = io.BytesIO(given.read_bytes() if given else b"")
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stdin))
        said = io.StringIO()
        status = 0
        try:
            with redirect_stdout(said):
                call_command(self.commands.get(name, name), *arguments, stdout=said, stderr=said)
        except SystemExit as end:
            status = int(str(end.code))
        self.statuses.append(status)
        if kept:
            kept.write_text(said.getvalue(), "utf-8")
        return "" if kept else said.getvalue()

    def _redirected(self, words: list[str], mark: str) -> Path | None:
        """Take a redirection out of the words, and return its file, here."""
        if mark not in words:
            return None
        _, name = words[words.index(mark) : words.index(mark) + 2]
        del words[words.index(mark) : words.index(mark) + 2]
        return self._directory / Path(name).name
