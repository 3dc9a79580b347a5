"""The lines that commands print for people and for scripts. They never hold a token."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from django_genauth.models import Grant
from django_genauth.protocol.errors import GenAuthError


@dataclass(frozen=True, kw_only=True)
class OutputLine:
    """The result for a grant, or for the token in a line of standard input."""

    state: str
    app: str
    grant: Grant | None = None
    line: int | None = None
    expires_at: datetime | None = None
    error: GenAuthError | None = None

    def text(self) -> str:
        """Return columns that line up where names are of usual length."""
        where = f"row {self.grant.pk}" if self.line is None and self.grant else f"line {self.line}"
        last = "" if self.expires_at is None else f"{self.expires_at:%Y-%m-%d %H:%M:%SZ}"
        if self.error is not None:
            last = f"{where}: {self.error.with_description()} [{self.error.code}]"
        user, subject = self._whose()
        columns = (
            f"{user or '-':<20}  {subject or '-':<24}  {self.app:<10}  {self.state:<16}  {last}"
        )
        return printable(columns).rstrip()

    def json(self) -> str:
        """Return a JSON object that has every member, whatever the result."""
        user, subject = self._whose()
        return json.dumps(
            {
                "grant": None if self.grant is None else self.grant.pk,
                "line": self.line,
                "user": user,
                "sub": subject,
                "app": self.app,
                "state": self.state,
                "expires_at": None if self.expires_at is None else self.expires_at.isoformat(),
                "error": None if self.error is None else self.error.code,
                "detail": None if self.error is None else self.error.with_description(),
            }
        )

    def _whose(self) -> tuple[str | None, str | None]:
        identity = None if self.grant is None else self.grant.identity
        if identity is None:
            return None, None
        return identity.user.get_username(), identity.subject


def printable(text: str) -> str:
    """Return a text in which no character can be an order to the terminal.

    Names of users, and files, may hold such characters.
    """
    return "".join(each if each.isprintable() else "?" for each in text)
