"""What a command works on: grants that were named, all of them, or tokens on standard input."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError
from django.db.models import QuerySet

from django_genauth.conf import DEFAULT_ALIAS, aliases
from django_genauth.grants.sweeps import Part, pages, rows
from django_genauth.management.interrupts import SignalStop
from django_genauth.models import Grant

# Longer than any token, and short enough to be read at once.
_LONGEST_TOKEN: Final = 100_000
_TOKEN: Final = re.compile(rb"[\x21-\x7e]{1,%d}" % _LONGEST_TOKEN)


@dataclass(frozen=True, kw_only=True)
class Line:
    """Hold the token of a line; None where the line is none."""

    number: int
    token: str | None = field(repr=False)


class _Unclaimed:
    """Be worked on by whoever asks."""

    total: int | None = None

    def finish(self, item: Grant | Line) -> None:
        """Do nothing: nobody was kept from it."""

    def renew(self) -> None:
        """Do nothing, likewise."""

    def end(self, *, hopeless: int) -> None:
        """Do nothing, likewise."""


class Named(_Unclaimed):
    """Work on certain grants."""

    def __init__(self, grants: QuerySet[Grant], *, page: int) -> None:
        self.total = grants.count()
        self._grants = grants.select_related("identity__user")
        self._page = page

    def items(self) -> Iterator[Grant]:
        """Yield the grants."""
        for page in pages(self._grants, size=self._page):
            yield from page


class Lines(_Unclaimed):
    """Work on the tokens that are read from standard input, one a line."""

    def __init__(self, stop: SignalStop) -> None:
        self._stop = stop

    def items(self) -> Iterator[Line]:
        """Yield the lines that are not empty."""
        number = 0
        while octets := self._read():
            number += 1
            text = octets.strip()
            while len(octets) > _LONGEST_TOKEN and not octets.endswith(b"\n"):
                octets = self._read()
            if text:
                token = text.decode("ascii") if _TOKEN.fullmatch(text) else None
                yield Line(number=number, token=token)

    def _read(self) -> bytes:
        try:
            self._stop.waits = True
            octets = sys.stdin.buffer.readline(_LONGEST_TOKEN + 1)
            self._stop.waits = False
        except KeyboardInterrupt:
            self._stop.waits = False
            return b""
        return octets


Source = Part | Named | Lines


def grants_of(options: dict[str, Any], grants: QuerySet[Grant]) -> QuerySet[Grant]:
    """Return those of the grants that --user or --sub names. Raises CommandError for nobody's."""
    name, subject = options["user"], options["sub"]
    if name is not None:
        model = get_user_model()
        user = model._default_manager.filter(**{model.USERNAME_FIELD: name}).first()
        if user is None:
            raise CommandError(f"There is no user {name!r}.", returncode=2)
        theirs, whose = rows(options["app"]).filter(identity__user=user.pk), f"user {name!r}"
    else:
        theirs = rows(options["app"]).filter(identity__subject=subject)
        whose = f"subject {subject!r}"
    if not theirs.exists():
        where = "" if options["app"] is None else f" at the app {options['app']!r}"
        raise CommandError(f"There is no grant of the {whose}{where}.", returncode=2)
    return grants & theirs


def app_of_lines(app: str | None) -> str:
    """Return the app that tokens without a name belong to: the one named, or the only one."""
    known = aliases()
    return app or (known[0] if len(known) == 1 else DEFAULT_ALIAS)
