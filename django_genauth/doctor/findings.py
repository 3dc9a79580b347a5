"""The doctor's results: what is good, what is wrong, and what to type or to click."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from django_genauth.protocol.errors import GenAuthError

__all__ = ["Examination", "Finding", "is_plain", "listed"]

_MOST_LISTED: Final = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong; `code` is stable, `remedy` says what to do."""

    code: str
    what: str
    remedy: str


@dataclass(slots=True)
class Examination:
    """The results of one examination: what is good, and what is wrong.

    `could_not_ask` is why the provider could not be asked, or None where it could.
    """

    good: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    could_not_ask: GenAuthError | None = None

    def found(self, code: str, what: str, remedy: str) -> None:
        """Add a finding."""
        self.findings.append(Finding(code, what, remedy))

    def judge(self, is_good: bool, good: str, finding: Finding) -> None:
        """Add the sentence where all is good, else the finding."""
        if is_good:
            self.good.append(good)
        else:
            self.findings.append(finding)


def is_plain(text: object) -> bool:
    """Return whether a foreign text may be shown on a terminal, and is short enough to read."""
    return isinstance(text, str) and text.isascii() and text.isprintable() and len(text) <= 255


def listed(texts: Iterable[object]) -> str:
    """Return the texts that may be shown, separated by commas; `nothing` where there are none."""
    plain = [str(text) for text in texts if is_plain(text)]
    more = [f"and {len(plain) - _MOST_LISTED:,} more"] if len(plain) > _MOST_LISTED else []
    return ", ".join(plain[:_MOST_LISTED] + more) or "nothing"
