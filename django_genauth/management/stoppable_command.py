"""The skeleton of commands that work through many rows: Ctrl-C, errors, and the exit status."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from django_genauth.management import interrupts
from django_genauth.management.pipes import write_to_whoever_reads
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.tracebacks import without_variables


class Stopped(Exception):
    """A command stopped before its end; the text tells the person how to go on."""


class StoppableCommand(BaseCommand, ABC):
    """A command that a signal stops between two rows.

    Wrong settings and a database that fails become a message and the exit status 2.
    """

    # One app with a mistake would end every command, and with status 1, which means a result here.
    requires_system_checks: list[str] = []

    @abstractmethod
    def work(self, stop: interrupts.SignalStop, options: dict[str, Any]) -> int:
        """Do the work, print the result, and return the exit status.

        Raises Stopped where `stop` asked for it, ConfigurationError, and the database's errors.
        """

    @write_to_whoever_reads()
    @without_variables
    def handle(self, *args: Any, **options: Any) -> None:
        """Work, and exit with the status."""
        try:
            with interrupts.stop_on_signals() as stop:
                status = self.work(stop, options)
        except Stopped as stopped:
            self.stderr.write(f"Stopped. {stopped}")
            status = interrupts.EXIT_STATUS
        except ConfigurationError as error:
            raise CommandError(str(error), returncode=2) from None
        except Error as error:
            raise database_failed(error) from None
        if status:
            sys.exit(status)


def database_failed(error: Error, progress: str = "") -> CommandError:
    """Return the error for a database that went away, or lacks a table."""
    # Its own text may hold values of a row.
    return CommandError(
        f"The database failed ({type(error).__name__}).{progress}"
        " Run the same command again later.",
        returncode=2,
    )
