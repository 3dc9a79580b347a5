"""genauth_purge: delete the rows of what is over."""

from __future__ import annotations

import argparse
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error

from django_genauth.management.arguments import add_format
from django_genauth.management.pipes import write_to_whoever_reads
from django_genauth.management.stoppable_command import database_failed
from django_genauth.tasks import DAYS_KEPT, purge
from django_genauth.tracebacks import without_variables


class Command(BaseCommand):
    """Delete grants that nobody can use any more, and the rows of sessions that are over."""

    # No provider is asked, so that a mistake in an app is no reason to stop.
    requires_system_checks: list[str] = []
    help = "Delete grants that ended or ran out, and the rows of sessions that are over."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add how many days a grant that is over is kept."""
        parser.add_argument(
            "--days",
            type=_days,
            default=DAYS_KEPT,
            metavar="N",
            help=f"keep what was over for fewer days (default: {DAYS_KEPT})",
        )
        add_format(parser, json="one object with the numbers")

    @write_to_whoever_reads()
    @without_variables
    def handle(self, *args: Any, **options: Any) -> None:
        """Delete the rows, and print how many."""
        try:
            deleted = purge(days=options["days"])
        except Error as error:
            raise database_failed(error) from None
        if options["format"] == "json":
            numbers = {name.replace(" ", "_"): number for name, number in deleted.items()}
            self.stdout.write(json.dumps(numbers))
            return
        self.stdout.write(
            f"Deleted {deleted['ended']:,} ended grants, {deleted['expired']:,} expired grants, and"
            f" the rows of {deleted['sessions']:,} sessions that are over."
        )
        if deleted["to be revoked"]:
            self.stdout.write(
                f"{deleted['to be revoked']:,} grants that nobody needs are to be revoked:"
                " genauth_revoke --all --pending does it."
            )


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 5:
        raise argparse.ArgumentTypeError("is a number of days")
    return int(text)
