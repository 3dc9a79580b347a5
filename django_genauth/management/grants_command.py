"""What the commands share that ask the provider: their options, how they go on, how they end."""

from __future__ import annotations

import argparse
import re
import sys
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from django.db.models import QuerySet

from django_genauth.conf import aliases, get_app, get_client
from django_genauth.grants.sweeps import Part, rows
from django_genauth.management import interrupts
from django_genauth.management.outcomes import Outcome, in_utc
from django_genauth.management.progress import Progress
from django_genauth.management.sources import Line, Named, Source, grants_of
from django_genauth.management.workers import MOST_WORKERS, Workers
from django_genauth.models import Grant
from django_genauth.protocol.errors import (
    ConfigurationError,
    GenAuthError,
    GrantError,
    SealError,
)
from django_genauth.tracebacks import without_variables

_WORKERS: Final = 4


class Said(NamedTuple):
    """Hold what was said of a token: its state in the command's words, and what else is known."""

    state: str
    grant: Grant | None = None
    expires_at: datetime | None = None


class GrantsCommand(BaseCommand, ABC):
    """Work through grants or tokens; a subclass says what is asked and what the answers mean.

    `states` are the words for what may come of one, each with the exit status that it makes at
    least; `over` is the word for a grant that has ended, `in_vain` for one that nobody answered.
    """

    states: Mapping[str, int]
    over: str
    in_vain: str
    sources: tuple[str, ...] = ("--user", "--sub", "--all")

    @abstractmethod
    def ask(self, grant: Grant) -> Said:
        """Ask about a grant. Raises GenAuthError."""

    @abstractmethod
    def part(self, *, page: int, **options: Any) -> Part | Named:
        """Return what --all stands for."""

    def grants(self, **options: Any) -> QuerySet[Grant]:
        """Return the grants of which --user and --sub name some."""
        return rows(options["app"])

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Keep a token that was given as an argument out of what is said about that."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        complain = parser.error

        def error(message: str) -> Any:
            complain(re.sub(r"(unrecognized arguments|ambiguous option): .*", r"\1", message))

        parser.error = error  # type: ignore[method-assign] # Django makes the parser itself
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the source of the tokens, and how many are asked for at once."""
        parser.add_argument("--user", metavar="NAME", help="the grants of a user")
        parser.add_argument("--sub", metavar="SUB", help="the grants of a subject")
        parser.add_argument("--all", action="store_true", help="all grants")
        parser.add_argument("--app", metavar="ALIAS", help="an app of GENAUTH; else all")
        parser.add_argument(
            "--workers",
            type=_workers,
            default=_WORKERS,
            metavar="N",
            help=f"how many are asked for at once, at most {MOST_WORKERS} (default: {_WORKERS})",
        )
        parser.add_argument(
            "--rate", type=_rate, metavar="N/s", help="how many requests a second, at most"
        )
        parser.add_argument(
            "--format", choices=("text", "json"), default="text", help="json: an object a line"
        )

    @without_variables
    def handle(self, *args: Any, **options: Any) -> None:
        """Do all of it, and exit with the status of the worst that came of it."""
        with interrupts.on_signals() as stop:
            try:
                source = self._source(stop, options)
            except ConfigurationError as error:
                raise CommandError(str(error), returncode=2) from None
            except Error as error:
                raise database_failed(error) from None
            progress = Progress(self.stderr, source.total)
            try:
                found = self._work(source, stop, progress, options)
            except Error as error:
                raise database_failed(error, f" {progress}") from None
            finally:
                progress.close()
        if stop.is_asked:
            again = " The same command goes on from there." if options["all"] else ""
            self.stderr.write(f"Stopped. {progress}{again}")
            sys.exit(interrupts.STATUS)
        self.stderr.write(", ".join(f"{found[state]:,} {state}" for state in self.states) + ".")
        status = max((self.states[state] for state in found), default=0)
        if status:
            sys.exit(status)

    def source(self, stop: interrupts.SignalStop, options: dict[str, Any]) -> Source:
        """Return what is to be worked on. Raises CommandError where there is none."""
        if options["all"]:
            return self.part(page=_page(options), **options)
        return Named(grants_of(options, self.grants(**options)), page=_page(options))

    def do(self, item: Any, options: dict[str, Any]) -> Said:
        """Ask about what the source gave. Raises GenAuthError."""
        return self.ask(item)

    def _source(self, stop: interrupts.SignalStop, options: dict[str, Any]) -> Source:
        given = [options.get(name.lstrip("-") or "dash") for name in self.sources]
        if len([each for each in given if each]) != 1:
            *most, last = self.sources
            raise CommandError(f"Give one of {', '.join(most)} or {last}.", returncode=2)
        if options["app"] is not None:
            get_app(options["app"])
        _make_room(options)
        return self.source(stop, options)

    def _work(
        self,
        source: Source,
        stop: interrupts.SignalStop,
        progress: Progress,
        options: dict[str, Any],
    ) -> Counter[str]:
        found: Counter[str] = Counter()
        hopeless = 0
        workers: Workers[Any, Said] = Workers(
            partial(self.do, options=options),
            count=options["workers"],
            per_second=options["rate"],
            stop=stop,
        )
        for came in workers.work(source.items()):
            if came is not None:
                item, answer = came
                outcome = self._outcome(item, answer, options)
                with progress.aside():
                    self.stdout.write(getattr(outcome, options["format"])())
                    # A script that reads on, and one that was killed, have what is done.
                    self.stdout.flush()
                source.finish(item)
                found[outcome.state] += 1
                # Asking once more would not open what is shut.
                hopeless += isinstance(answer, SealError | ConfigurationError)
            source.renew()
            progress.add(came is not None)
        source.end(hopeless=hopeless)
        return found

    def _outcome(
        self, item: Grant | Line, answer: Said | GenAuthError, options: dict[str, Any]
    ) -> Outcome:
        given = item if isinstance(item, Grant) else None
        line = None if isinstance(item, Grant) else item.number
        app = options["app"] if given is None else given.app
        if isinstance(answer, GenAuthError):
            state = self.over if isinstance(answer, GrantError) else self.in_vain
            return Outcome(state=state, app=app, grant=given, line=line, error=answer)
        grant = given or answer.grant
        ends = in_utc(answer.expires_at)
        return Outcome(state=answer.state, app=app, grant=grant, line=line, expires_at=ends)


def database_failed(error: Error, where: str = "") -> CommandError:
    """Make the error for a database that went away, or is not as it should be."""
    # Its own text may hold values of a row.
    return CommandError(
        f"The database failed ({type(error).__name__}).{where} Run the same command again later.",
        returncode=2,
    )


def _make_room(options: dict[str, Any]) -> None:
    """Let as many threads wait for a provider as there are workers: no page waits for them here."""
    for alias in [options["app"]] if options["app"] else aliases():
        # An app whose settings are wrong is named with its grants.
        with suppress(ConfigurationError):
            bulkhead = get_client(alias).bulkhead
            bulkhead.limit = max(bulkhead.limit, options["workers"])


def _page(options: dict[str, Any]) -> int:
    # Enough for the threads to go on with while the next is claimed.
    return 2 * int(options["workers"])


def _workers(text: str) -> int:
    if not re.fullmatch("[0-9]{1,3}", text) or not 1 <= int(text) <= MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"is a number from 1 to {MOST_WORKERS}")
    return int(text)


def _rate(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?(/s)?", text) or not float(text.rstrip("/s")):
        raise argparse.ArgumentTypeError("is a number above 0, like 5/s or 0.5/s")
    return float(text.rstrip("/s"))
