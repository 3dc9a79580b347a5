"""The sources of a command: named grants, all grants, or tokens on standard input."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.management.base import CommandError
from django.db.models import QuerySet

from django_genauth.grants.sweeps import GrantQueue, grants_at
from django_genauth.management.arguments import find_user
from django_genauth.management.interrupts import SignalStop
from django_genauth.models import Grant, pages

# Longer than any token, and short enough to be read at once.
_LONGEST_TOKEN: Final = 100_000
_TOKEN: Final = re.compile(rb"[\x20-\x7e]{1,%d}" % _LONGEST_TOKEN)


@dataclass(frozen=True, kw_only=True)
class InputLine:
    """A line of standard input; its token is None where the line cannot be one."""

    number: int
    token: str | None = field(repr=False)


class _UnclaimedSource:
    """A source without claims: several processes may work on the same items."""

    total: int | None = None

    def finish(self, item: Grant | InputLine) -> None:
        """Do nothing: no claim is to be given back."""

    def renew(self) -> None:
        """Do nothing, likewise."""

    def end(self, *, hopeless: int) -> None:
        """Do nothing, likewise."""


class NamedGrants(_UnclaimedSource):
    """The grants that --user or --sub names, or that a dry run would work on."""

    def __init__(self, grants: QuerySet[Grant], *, page_size: int) -> None:
        self.total = grants.count()
        self._grants = grants.select_related("identity__user")
        self._page_size = page_size

    def items(self) -> Iterator[Grant]:
        """Yield the grants."""
        for page in pages(self._grants, size=self._page_size):
            yield from page


class InputLines(_UnclaimedSource):
    """The tokens on standard input, one a line."""

    def __init__(self, stop: SignalStop) -> None:
        self._stop = stop

    def items(self) -> Iterator[InputLine]:
        """Yield the lines that are not empty."""
        number = 0
        while octets := self._read():
            number += 1
            text = octets.strip()
            while len(octets) > _LONGEST_TOKEN and not octets.endswith(b"\n"):
                octets = self._read()
            if text:
                token = text.decode("ascii") if _TOKEN.fullmatch(text) else None
                yield InputLine(number=number, token=token)

    def _read(self) -> bytes:
        try:
            self._stop.waits_for_input = True
            octets = sys.stdin.buffer.readline(_LONGEST_TOKEN + 1)
            self._stop.waits_for_input = False
        except KeyboardInterrupt:
            self._stop.waits_for_input = False
            return b""
        return octets


TokenSource = GrantQueue | NamedGrants | InputLines


def choose_grants(options: dict[str, Any], grants: QuerySet[Grant]) -> QuerySet[Grant]:
    """Return the grants that --user or --sub names. Raises CommandError where there are none."""
    name, subject = options["user"], options["sub"]
    if name is not None:
        theirs = grants_at(options["app"]).filter(identity__user=find_user(name).pk)
        whose = f"user {name!r}"
    else:
        theirs = grants_at(options["app"]).filter(identity__subject=subject)
        whose = f"subject {subject!r}"
    if not theirs.exists():
        where = "" if options["app"] is None else f" at the app {options['app']!r}"
        raise CommandError(f"There is no grant of the {whose}{where}.", returncode=2)
    return grants & theirs
