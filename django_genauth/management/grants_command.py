"""The skeleton of commands that ask the provider about grants: options, threads, output."""

from __future__ import annotations

import argparse
import re
from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, NamedTuple

from django.core.management.base import CommandError, CommandParser
from django.db import Error
from django.db.models import QuerySet

from django_genauth.conf import aliases, get_client
from django_genauth.grants.sweeps import GrantQueue, grants_at
from django_genauth.management.arguments import add_app, add_format, require_app
from django_genauth.management.interrupts import SignalStop
from django_genauth.management.output import OutputLine
from django_genauth.management.progress import Progress
from django_genauth.management.sources import InputLine, NamedGrants, TokenSource, choose_grants
from django_genauth.management.stoppable_command import (
    StoppableCommand,
    Stopped,
    database_failed,
)
from django_genauth.management.workers import MOST_WORKERS, Workers
from django_genauth.models import Grant
from django_genauth.protocol.errors import (
    ConfigurationError,
    GenAuthError,
    GrantError,
    SealError,
)

_WORKERS: Final = 4


class TokenResult(NamedTuple):
    """The result for a token: its state in the command's words, and what else is known of it."""

    state: str
    grant: Grant | None = None
    expires_at: datetime | None = None


class GrantsCommand(StoppableCommand):
    """A command that asks the provider about many grants; a subclass says what it asks.

    `states` maps each state that a result may have to the lowest exit status that it causes.
    `ended_state` is that of a grant that has ended, `failed_state` that of an unanswered question.
    """

    states: Mapping[str, int]
    ended_state: str
    failed_state: str
    sources: tuple[str, ...] = ("--user", "--sub", "--all")

    @abstractmethod
    def ask(self, grant: Grant) -> TokenResult:
        """Ask the provider about a grant. Raises GenAuthError."""

    @abstractmethod
    def all_grants(self, *, page_size: int, **options: Any) -> GrantQueue | NamedGrants:
        """Return the grants that --all means."""

    def choosable_grants(self, **options: Any) -> QuerySet[Grant]:
        """Return the grants among which --user and --sub choose."""
        return grants_at(options["app"])

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return a parser whose errors do not repeat a token that was given as an argument."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        complain = parser.error

        def error(message: str) -> Any:
            complain(re.sub(r"(unrecognized arguments|ambiguous option): .*", r"\1", message))

        parser.error = error  # type: ignore[method-assign] # Django makes the parser itself
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the sources, the app, and how fast and in which form to work."""
        parser.add_argument("--user", metavar="NAME", help="the grants of a user")
        parser.add_argument("--sub", metavar="SUB", help="the grants of a subject")
        parser.add_argument("--all", action="store_true", help="all grants")
        add_app(parser)
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
        add_format(parser)

    def work(self, stop: SignalStop, options: dict[str, Any]) -> int:
        """Ask about each item; return the status of the worst result."""
        source = self._checked_source(stop, options)
        with closing(Progress(self.stderr, source.total)) as progress:
            try:
                found = self._ask_all(source, stop, progress, options)
            except Error as error:
                raise database_failed(error, f" {progress}") from None
        if stop.is_asked:
            again = " The same command goes on from there." if options["all"] else ""
            raise Stopped(f"{progress}{again}")
        self.stderr.write(", ".join(f"{found[state]:,} {state}" for state in self.states) + ".")
        return max((self.states[state] for state in found), default=0)

    def source(self, stop: SignalStop, options: dict[str, Any]) -> TokenSource:
        """Return the source that the options name. Raises CommandError for an empty one."""
        # Enough for the threads to go on with while the next page is claimed.
        page_size = 2 * options["workers"]
        if options["all"]:
            return self.all_grants(page_size=page_size, **options)
        chosen = choose_grants(options, self.choosable_grants(**options))
        return NamedGrants(chosen, page_size=page_size)

    def ask_item(self, item: Any, options: dict[str, Any]) -> TokenResult:
        """Ask the provider about an item of the source. Raises GenAuthError."""
        return self.ask(item)

    def _checked_source(self, stop: SignalStop, options: dict[str, Any]) -> TokenSource:
        given = [options.get(name.lstrip("-") or "dash") for name in self.sources]
        if len([each for each in given if each]) != 1:
            *most, last = self.sources
            raise CommandError(f"Give one of {', '.join(most)} or {last}.", returncode=2)
        require_app(options["app"])
        _widen_bulkheads(options)
        return self.source(stop, options)

    def _ask_all(
        self,
        source: TokenSource,
        stop: SignalStop,
        progress: Progress,
        options: dict[str, Any],
    ) -> Counter[str]:
        found: Counter[str] = Counter()
        hopeless = 0
        workers: Workers[Any, TokenResult] = Workers(
            partial(self.ask_item, options=options),
            count=options["workers"],
            per_second=options["rate"],
            stop=stop,
        )
        for answered in workers.work(source.items()):
            if answered is not None:
                item, answer = answered
                line = self._output_line(item, answer, options)
                with progress.aside():
                    self.stdout.write(getattr(line, options["format"])())
                    # A script that reads on, and one that was killed, have what is done.
                    self.stdout.flush()
                source.finish(item)
                found[line.state] += 1
                # Asking once more would not open what no key opens, nor correct a setting.
                hopeless += isinstance(answer, SealError | ConfigurationError)
            source.renew()
            progress.add(answered is not None)
        source.end(hopeless=hopeless)
        return found

    def _output_line(
        self, item: Grant | InputLine, answer: TokenResult | GenAuthError, options: dict[str, Any]
    ) -> OutputLine:
        given = item if isinstance(item, Grant) else None
        number = None if isinstance(item, Grant) else item.number
        app = options["app"] if given is None else given.app
        if isinstance(answer, GenAuthError):
            state = self.ended_state if isinstance(answer, GrantError) else self.failed_state
            return OutputLine(state=state, app=app, grant=given, line=number, error=answer)
        ends = answer.expires_at
        return OutputLine(
            state=answer.state,
            app=app,
            grant=given or answer.grant,
            line=number,
            expires_at=None if ends is None else ends.astimezone(UTC).replace(microsecond=0),
        )


def _widen_bulkheads(options: dict[str, Any]) -> None:
    """Let as many threads wait for a provider as there are workers: no page waits for them here."""
    for alias in [options["app"]] if options["app"] else aliases():
        # An app whose settings are wrong is named with its grants.
        with suppress(ConfigurationError):
            bulkhead = get_client(alias).provider.bulkhead
            bulkhead.limit = max(bulkhead.limit, options["workers"])


def _workers(text: str) -> int:
    if not re.fullmatch("[0-9]{1,3}", text) or not 1 <= int(text) <= MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"is a number from 1 to {MOST_WORKERS}")
    return int(text)


def _rate(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?(/s)?", text) or not float(text.rstrip("/s")):
        raise argparse.ArgumentTypeError("is a number above 0, like 5/s or 0.5/s")
    return float(text.rstrip("/s"))
