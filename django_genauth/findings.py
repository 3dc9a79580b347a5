"""What the doctor finds: what is wrong, and what to type or to click."""

from __future__ import annotations

from dataclasses import dataclass, field

from django_genauth.protocol.errors import GenAuthError

__all__ = ["Examination", "Finding"]


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
