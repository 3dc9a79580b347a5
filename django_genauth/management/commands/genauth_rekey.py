"""genauth_rekey: seal what is stored anew, under the newest key of its app."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final

from django.core.management.base import CommandParser
from django.db import connections, transaction
from django.db.models import QuerySet

from django_genauth.conf import App, get_app
from django_genauth.grants import leases
from django_genauth.grants import rows as grant_rows
from django_genauth.management.arguments import add_app, add_format, require_app
from django_genauth.management.interrupts import SignalStop
from django_genauth.management.progress import Progress
from django_genauth.management.stoppable_command import StoppableCommand, Stopped
from django_genauth.protocol.errors import GenAuthError
from django_genauth.sessions import registry

# So many rows are locked at once, for some hundredths of a second: a page may wait for one.
_PAGE: Final = 50


class Command(StoppableCommand):
    """Seal each row anew; the exit status is 0, or 2 where no key opens some of them.

    Several processes share the rows. A second run goes on where the first one stopped, as each row
    tells whether it is done.
    """

    help = "Seal stored tokens anew under the newest key of their app."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the choice of an app."""
        add_app(parser)
        add_format(parser, json="one object with the numbers")

    def work(self, stop: SignalStop, options: dict[str, Any]) -> int:
        """Seal the rows, and print how many."""
        require_app(options["app"])
        found = self._seal(stop, options["app"])
        numbers = {name: found[name] for name in ("sealed", "newest", "not_opened")}
        self.stdout.write(
            json.dumps(numbers)
            if options["format"] == "json"
            else f"{numbers['sealed']:,} sealed anew, {numbers['newest']:,} under the newest key"
            f" already, {numbers['not_opened']:,} not opened."
        )
        if stop.is_asked:
            raise Stopped("The same command goes on from there.")
        return 2 if found["not_opened"] else 0

    def _seal(self, stop: SignalStop, app: str | None) -> Counter[str]:
        found: Counter[str] = Counter()
        of_app = {} if app is None else {"app": app}
        tables: tuple[tuple[QuerySet[Any], Callable[[Any, App], bool]], ...] = (
            (leases.rows().filter(token_set__isnull=False, **of_app), grant_rows.reseal),
            (registry.rows().filter(**of_app), registry.reseal),
        )
        total = sum(rows.count() for rows, _ in tables)
        with closing(Progress(self.stderr, total)) as progress:
            for rows, reseal in tables:
                for page in _shared_pages(rows, stop):
                    for row in page:
                        # What of the page is done is kept.
                        if stop.is_asked:
                            break
                        found[self._seal_row(row, reseal, progress)] += 1
                        progress.add(1)
        return found

    def _seal_row(self, row: Any, reseal: Callable[[Any, App], bool], progress: Progress) -> str:
        try:
            return "sealed" if reseal(row, get_app(row.app)) else "newest"
        except GenAuthError as error:
            where = f"{row._meta.model_name} row {row.pk}"
            with progress.aside():
                self.stderr.write(f"{where}: {error} [{error.code}]")
            return "not_opened"


def _shared_pages(rows: QuerySet[Any], stop: SignalStop) -> Iterator[list[Any]]:
    """Yield the rows, so many at a time, until a stop is asked for.

    Each page is locked until the next one, and what other processes have locked comes last: they
    have sealed it by then, or were killed.
    """
    locked_elsewhere: list[int] = []
    last = 0
    keys = rows.order_by("pk").values_list("pk", flat=True)
    while not stop.is_asked and (some := list(keys.filter(pk__gt=last)[:_PAGE])):
        with _lock(rows, some, skips=True) as page:
            yield page
        locked_elsewhere += sorted(set(some) - {row.pk for row in page})
        last = some[-1]
    while not stop.is_asked and locked_elsewhere:  # pragma: no cover # PostgreSQL and MariaDB
        with _lock(rows, locked_elsewhere[:_PAGE], skips=False) as page:
            yield page
        del locked_elsewhere[:_PAGE]


@contextmanager
def _lock(rows: QuerySet[Any], keys: Sequence[int], *, skips: bool) -> Iterator[list[Any]]:
    """Lend the rows, locked until they are given back; without those that others have locked."""
    page = rows.filter(pk__in=keys).order_by("pk")
    if not connections[rows.db].features.has_select_for_update_skip_locked:
        # SQLite locks no rows; what somebody else has written meanwhile is left as it is.
        yield list(page)
        return
    with transaction.atomic(using=rows.db):  # pragma: no cover # PostgreSQL and MariaDB
        yield list(page.select_for_update(skip_locked=skips))
