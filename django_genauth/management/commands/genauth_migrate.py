"""Take over the people whom another package signed in, or take that back.

manage.py genauth_migrate SOURCE [--app ALIAS] [--provider NAME] [--file FILE]
                          [--format FORMAT] (--record FILE | --dry-run)
manage.py genauth_migrate --undo FILE [--dry-run] [--format FORMAT]
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from itertools import islice
from typing import Any, Final, NamedTuple, TypeVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from django_genauth.conf import DEFAULT_ALIAS, get_client
from django_genauth.management import interrupts
from django_genauth.management.grants_command import database_failed
from django_genauth.management.progress import Progress
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.tracebacks import without_variables
from django_genauth.user_import.files import new_record, of_file, read_record
from django_genauth.user_import.identities import BATCH, Outcome, take_back, take_over
from django_genauth.user_import.packages import PACKAGES, of_package

_CSV: Final = "csv"
_MOZILLA: Final = "mozilla"
_GOOD: Final = (Outcome.TAKEN, Outcome.THERE, Outcome.TAKEN_BACK, Outcome.GONE)
# Of a name or a subject that is too long, so much is shown.
_SHOWN: Final = 255

Item = TypeVar("Item")


class Said(NamedTuple):
    """Hold what came of an account, or of an identity that was made of one."""

    where: str
    user: str
    sub: str
    outcome: Outcome


class Command(BaseCommand):
    """Make identities of what others kept; exit with 0 where all were taken, and 1 where not.

    With 2 where nothing could be read.
    """

    help = "Take over the people whom another package signed in, by issuer and subject."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the source, and the way back."""
        parser.add_argument(
            "source",
            nargs="?",
            choices=(*PACKAGES, _CSV, _MOZILLA),
            metavar="SOURCE",
            help=f"who says which user is which subject: {', '.join(PACKAGES)} or {_CSV}",
        )
        parser.add_argument(
            "--app",
            default=DEFAULT_ALIAS,
            metavar="ALIAS",
            help=f"the app of GENAUTH whose issuer has the subjects (default: {DEFAULT_ALIAS})",
        )
        parser.add_argument("--provider", metavar="NAME", help="what a package calls that issuer")
        parser.add_argument("--file", metavar="FILE", help="the CSV; else standard input")
        parser.add_argument(
            "--record", metavar="FILE", help="a new file for what is made, which --undo reads"
        )
        parser.add_argument("--undo", metavar="FILE", help="take back what a record tells")
        parser.add_argument("--dry-run", action="store_true", help="change nothing")
        parser.add_argument(
            "--format", choices=("text", "json"), default="text", help="json: an object a line"
        )

    @without_variables
    def handle(self, *args: Any, **options: Any) -> None:
        """Take over or back, and exit with the status."""
        _require_sense(options)
        found: Counter[Outcome] = Counter()
        with interrupts.on_signals() as stop, ExitStack() as files:
            try:
                work = _taking_over if options["undo"] is None else _taking_back
                total, batches = work(options, files)
                with closing(Progress(self.stderr, total)) as progress:
                    for batch in batches:
                        self._print(batch, progress, options["format"])
                        found.update(said.outcome for said in batch)
                        progress.add(len(batch))
                        if stop.is_asked:
                            break
            except ConfigurationError as error:
                raise CommandError(str(error), returncode=2) from None
            except Error as error:
                raise database_failed(error) from None
        self.stderr.write(_sums(found, options))
        if stop.is_asked:
            anew = ", with another --record" if options["record"] else ""
            self.stderr.write(f"Stopped. Run it again to go on{anew}.")
            sys.exit(interrupts.STATUS)
        if set(found) - set(_GOOD):
            sys.exit(1)

    def _print(self, batch: list[Said], progress: Progress, form: str) -> None:
        with progress.aside():
            for said in batch:
                if said.outcome not in _GOOD:
                    self.stdout.write(_json(said) if form == "json" else _text(said))


def _require_sense(options: dict[str, Any]) -> None:
    """Refuse what could only be a mistake. Raises CommandError."""
    source = options["source"]
    is_recorded = options["record"] is not None
    if (source is None) == (options["undo"] is None):
        raise CommandError("Give SOURCE or --undo.", returncode=2)
    if source == _MOZILLA:
        raise CommandError(
            "mozilla-django-oidc keeps no subjects, so there are none to take over. What you know"
            " of them from elsewhere comes in by csv.",
            returncode=2,
        )
    if source is None and is_recorded:
        raise CommandError("--record goes with SOURCE.", returncode=2)
    if source is not None and is_recorded == options["dry_run"]:
        raise CommandError("Give --record, which makes a way back, or --dry-run.", returncode=2)
    if source != _CSV and options["file"] is not None:
        raise CommandError("--file goes with csv.", returncode=2)
    if source not in PACKAGES and options["provider"] is not None:
        raise CommandError(f"--provider goes with {' and '.join(PACKAGES)}.", returncode=2)


def _taking_over(
    options: dict[str, Any], files: ExitStack
) -> tuple[int | None, Iterator[list[Said]]]:
    issuer = get_client(options["app"]).issuer
    if options["source"] == _CSV:
        source = of_file(options["file"], files)
    else:
        source = of_package(options["source"], options["provider"])
    # Last, so that no empty one is left where there is nothing to do.
    record = None if options["dry_run"] else new_record(options["record"], files)

    def batches() -> Iterator[list[Said]]:
        for accounts in _batches(source.accounts):
            outcomes = take_over(
                accounts,
                issuer=issuer,
                naming=source.naming,
                several=source.several,
                record=record,
            )
            yield [
                Said(account.place, account.user, account.subject, outcome)
                for account, outcome in zip(accounts, outcomes, strict=True)
            ]

    return source.total, batches()


def _taking_back(options: dict[str, Any], files: ExitStack) -> tuple[None, Iterator[list[Said]]]:
    recorded = read_record(options["undo"], files)

    def batches() -> Iterator[list[Said]]:
        for made in _batches(recorded):
            outcomes = take_back(made, dry_run=options["dry_run"])
            yield [
                Said(f"identity {each.identity}", "", each.subject, outcome)
                for each, outcome in zip(made, outcomes, strict=True)
            ]

    return None, batches()


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    each = iter(items)
    while batch := list(islice(each, BATCH)):
        yield batch


def _sums(found: Counter[Outcome], options: dict[str, Any]) -> str:
    done = found[Outcome.TAKEN] + found[Outcome.TAKEN_BACK]
    already = found[Outcome.THERE] + found[Outcome.GONE]
    would = "would be " if options["dry_run"] else ""
    words = ("taken over", "there") if options["undo"] is None else ("taken back", "gone")
    return (
        f"{done:,} {would}{words[0]}, {already:,} {words[1]} already,"
        f" {found.total() - done - already:,} not."
    )


def _text(said: Said) -> str:
    why = f"{said.outcome.value} [{said.outcome.name.lower()}]"
    user, sub = (text[:_SHOWN] or "-" for text in (said.user, said.sub))
    line = f"{said.where:<12}  {user:<20}  {sub:<24}  {why}"
    # A file may hold what a terminal takes for orders.
    return "".join(each if each.isprintable() else "?" for each in line)


def _json(said: Said) -> str:
    return json.dumps(
        {
            "where": said.where,
            "user": said.user[:_SHOWN],
            "sub": said.sub[:_SHOWN],
            "reason": said.outcome.name.lower(),
            "detail": said.outcome.value,
        }
    )
