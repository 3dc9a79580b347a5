"""How measurements are printed, and written for the documentation, and what they are judged by."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import django

# Where tables are written to as well: `docs/measured`, from the root of the repository.
_FOLDER = "GENAUTH_TESTS_TABLES"


@dataclass(frozen=True)
class Verdict:
    """Hold a figure and the most that it may be."""

    what: str
    found: float
    bound: float

    @property
    def is_good(self) -> bool:
        """Tell whether the figure keeps the bound."""
        return self.found <= self.bound

    def __str__(self) -> str:
        word = "good" if self.is_good else "TOO MUCH"
        return f"{self.what}: {self.found:.3f}, at most {self.bound:g}: {word}"


def show(
    title: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, name: str | None = None
) -> None:
    """Print a table: the first column to the left, figures to the right.

    One with a `name` belongs to the documentation, and is written too where GENAUTH_TESTS_TABLES
    names a folder.
    """
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    sys.stdout.write(f"\n{title}\n")
    for line in lines:
        first, *figures = (
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        sys.stdout.write(f"  {first}  {'  '.join(figures)}\n")
    sys.stdout.flush()
    if name is not None and _FOLDER in os.environ:
        Path(os.environ[_FOLDER], f"{name}.txt").write_text(_page(title, lines), "utf-8")


def _page(title: str, lines: Sequence[Sequence[str]]) -> str:
    """Return a table as a page of the documentation includes it, and when and where it was made."""
    written = [f".. list-table:: {title}", "   :header-rows: 1", ""]
    for line in lines:
        # An empty cell, in reStructuredText.
        first, *others = (cell or ".." for cell in line)
        written += [f"   * - {first}", *(f"     - {cell}" for cell in others)]
    versions = f"Python {platform.python_version()} and Django {django.get_version()}"
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    written += ["", f"Measured on {day} with {versions}, on {os.cpu_count()} processors."]
    return "\n".join(written) + "\n"
