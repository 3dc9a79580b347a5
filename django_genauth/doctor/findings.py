"""What the doctor finds: what is wrong, and what to type or to click."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from django_genauth.protocol.errors import GenAuthError

__all__ = ["Examination", "Finding", "is_plain", "listed"]

_MOST_LISTED: Final = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """Name one thing that is wrong; `code` is stable, `remedy` says what to do."""

    code: str
    what: str
    remedy: str


@dataclass(slots=True)
class Examination:
    """Gather what was looked at: what is as it should be, and what is not.

    `could_not_ask` is why the provider could not be asked, or None where it could.
    """

    good: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    could_not_ask: GenAuthError | None = None

    def found(self, code: str, what: str, remedy: str) -> None:
        """Note what is wrong."""
        self.findings.append(Finding(code, what, remedy))

    def judge(self, is_good: bool, good: str, finding: Finding) -> None:
        """Note what is good, or else the finding."""
        if is_good:
            self.good.append(good)
        else:
            self.findings.append(finding)


def is_plain(text: object) -> bool:
    """Tell whether what others wrote may be shown on a terminal, and is not too long to read."""
    return isinstance(text, str) and text.isascii() and text.isprintable() and len(text) <= 255


def listed(texts: Iterable[object]) -> str:
    """Return those of the texts that may be shown, as many as anybody reads, or `nothing`."""
    plain = [str(text) for text in texts if is_plain(text)]
    more = [f"and {len(plain) - _MOST_LISTED:,} more"] if len(plain) > _MOST_LISTED else []
    return ", ".join(plain[:_MOST_LISTED] + more) or "nothing"
