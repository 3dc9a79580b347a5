"""Seal what is kept anew, under the newest key of its app."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from django.db.models import QuerySet

from django_genauth.conf import App, get_app
from django_genauth.grants import leases, sweeps
from django_genauth.grants import rows as grant_rows
from django_genauth.management import interrupts
from django_genauth.management.grants_command import database_failed
from django_genauth.management.progress import Progress
from django_genauth.protocol.errors import ConfigurationError, GenAuthError
from django_genauth.sessions import registry
from django_genauth.tracebacks import without_variables

_PAGE = 500


class Command(BaseCommand):
    """Seal each row anew; exit with 0 where all could be opened, and with 2 where some could not.

    Whoever runs it again goes on, as it is told by each row whether it is done.
    """

    help = "Seal stored tokens anew under the newest key of their app."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add which app."""
        parser.add_argument("--app", metavar="ALIAS", help="an app of GENAUTH; else all")

    @without_variables
    def handle(self, *args: Any, **options: Any) -> None:
        """Seal, and say how many."""
        with interrupts.on_signals() as stop:
            try:
                if options["app"] is not None:
                    get_app(options["app"])
                found = self._seal(stop, options["app"])
            except ConfigurationError as error:
                raise CommandError(str(error), returncode=2) from None
            except Error as error:
                raise database_failed(error) from None
        self.stdout.write(
            f"{found['sealed']:,} sealed anew, {found['newest']:,} under the newest key already,"
            f" {found['shut']:,} not opened."
        )
        if stop.is_asked:
            self.stderr.write("Stopped. The same command goes on from there.")
            sys.exit(interrupts.STATUS)
        if found["shut"]:
            sys.exit(2)

    def _seal(self, stop: interrupts.SignalStop, app: str | None) -> Counter[str]:
        found: Counter[str] = Counter()
        of_app = {} if app is None else {"app": app}
        kept: tuple[tuple[QuerySet[Any], Callable[[Any, App], bool]], ...] = (
            (leases.rows().filter(token_set__isnull=False, **of_app), grant_rows.reseal),
            (registry.rows().filter(**of_app), registry.reseal),
        )
        progress = Progress(self.stderr, sum(rows.count() for rows, _ in kept))
        for rows, reseal in kept:
            for row in chain.from_iterable(sweeps.pages(rows, size=_PAGE)):
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
        progress.close()
        return found
