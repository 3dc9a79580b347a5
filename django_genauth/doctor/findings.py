"""The doctor's results: what is good, what is wrong, what is only worth a note, and what to do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from django_genauth import DOCUMENTATION
from django_genauth.client import AuthenticationClient
from django_genauth.protocol import genauth
from django_genauth.protocol.errors import GenAuthError, ProviderUnavailable

__all__ = [
    "ERRORS_PAGE",
    "Examination",
    "Finding",
    "console",
    "is_plain",
    "listed",
    "quoted",
    "shown",
]

ERRORS_PAGE: Final = f"{DOCUMENTATION}reference/errors.html has more."

_MOST_LISTED: Final = 50
_LONGEST_VALUE: Final = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong; `code` is stable, `remedy` says what to do."""

    code: str
    what: str
    remedy: str


@dataclass(slots=True)
class Examination:
    """The results of one examination: what is good, what is wrong, and what is neither.

    A note changes no exit status: what a provider leaves unsaid is no fault. `could_not_ask` is why
    the provider could not be asked, or None where it could.
    """

    good: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
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

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Turn an error of a step into a finding, so that the next step is taken all the same."""
        try:
            yield
        except ProviderUnavailable as error:
            self.could_not_ask = self.could_not_ask or error
        except GenAuthError as error:
            self.found(error.code, error.with_description(), ERRORS_PAGE)


def console(client: AuthenticationClient) -> str:
    """Return what to call the place where the app is registered."""
    return genauth.console_name(client.registration.issuer, client.registration.app_host)


def is_plain(text: object) -> bool:
    """Return whether a foreign text may be shown on a terminal, and is short enough to read."""
    return isinstance(text, str) and text.isascii() and text.isprintable() and len(text) <= 255


def listed(texts: Iterable[object]) -> str:
    """Return the texts that may be shown, separated by commas; `nothing` where there are none."""
    plain = [str(text) for text in texts if is_plain(text)]
    more = [f"and {len(plain) - _MOST_LISTED:,} more"] if len(plain) > _MOST_LISTED else []
    return ", ".join(plain[:_MOST_LISTED] + more) or "nothing"


def shown(value: object) -> str:
    """Return a value as JSON, in which every terminal can show every character."""
    text = json.dumps(value, default=str)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def quoted(description: str) -> str:
    """Return the sentence that quotes a provider, or nothing where it says nothing."""
    return f' It says: "{description}".' if description else ""
