"""genauth_purge: delete the rows of what is over."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error
from django.utils import timezone

from django_genauth.grants import sweeps
from django_genauth.login import used_states
from django_genauth.management.stoppable_command import database_failed
from django_genauth.sessions import registry
from django_genauth.tracebacks import without_variables

_DAYS = 30


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
            default=_DAYS,
            metavar="N",
            help=f"keep what was over for fewer days (default: {_DAYS})",
        )

    @without_variables
    def handle(self, *args: Any, **options: Any) -> None:
        """Delete the rows, and print how many."""
        before = timezone.now() - timedelta(days=options["days"])
        try:
            # First, as a grant is needed while its session lives.
            sessions = registry.purge()
            ended, expired, unneeded = sweeps.purge(before=before)
            used_states.purge()
        except Error as error:
            raise database_failed(error) from None
        self.stdout.write(
            f"Deleted {ended:,} ended grants, {expired:,} expired grants, and the rows of"
            f" {sessions:,} sessions that are over."
        )
        if unneeded:
            self.stdout.write(
                f"{unneeded:,} grants that nobody needs are to be revoked:"
                " genauth_revoke --all --pending does it."
            )


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 5:
        raise argparse.ArgumentTypeError("is a number of days")
    return int(text)
