"""genauth_rekey: seal what is stored anew, under the newest key of its app."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from itertools import chain
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import QuerySet

from django_genauth.conf import App, get_app
from django_genauth.grants import leases
from django_genauth.grants import rows as grant_rows
from django_genauth.management.arguments import add_app, require_app
from django_genauth.management.interrupts import SignalStop
from django_genauth.management.progress import Progress
from django_genauth.management.stoppable_command import StoppableCommand, Stopped
from django_genauth.models import ROWS_AT_ONCE, pages
from django_genauth.protocol.errors import GenAuthError
from django_genauth.sessions import registry


class Command(StoppableCommand):
    """Seal each row anew; the exit status is 0, or 2 where no key opens some of them.

    A second run goes on where the first one stopped, as each row tells whether it is done.
    """

    help = "Seal stored tokens anew under the newest key of their app."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the choice of an app."""
        add_app(parser)

    def work(self, stop: SignalStop, options: dict[str, Any]) -> int:
        """Seal the rows, and print how many."""
        require_app(options["app"])
        found = self._seal(stop, options["app"])
        self.stdout.write(
            f"{found['sealed']:,} sealed anew, {found['newest']:,} under the newest key already,"
            f" {found['shut']:,} not opened."
        )
        if stop.is_asked:
            raise Stopped("The same command goes on from there.")
        return 2 if found["shut"] else 0

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
                for row in chain.from_iterable(pages(rows, size=ROWS_AT_ONCE)):
                    if stop.is_asked:
                        break
                    try:
                        found["sealed" if reseal(row, get_app(row.app)) else "newest"] += 1
                    except GenAuthError as error:
                        found["shut"] += 1
                        where = f"{row._meta.model_name} row {row.pk}"
                        with progress.aside():
                            self.stderr.write(f"{where}: {error} [{error.code}]")
                    progress.add(1)
        return found
