"""How measurements are printed, and what they are judged by."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass


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


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: the first column to the left, figures to the right."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    sys.stdout.write(f"\n{title}\n")
    for line in lines:
        name, *figures = (
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        sys.stdout.write(f"  {name}  {'  '.join(figures)}\n")
    sys.stdout.flush()
