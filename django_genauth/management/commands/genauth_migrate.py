"""genauth_migrate: make identities from another package's accounts, or delete them again.

manage.py genauth_migrate SOURCE [--app ALIAS] [--provider NAME] [--file FILE]
                          [--format FORMAT] (--record FILE | --dry-run)
manage.py genauth_migrate --undo FILE [--dry-run] [--format FORMAT]
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from itertools import islice
from typing import Any, Final, NamedTuple, TypeVar

from django.core.management.base import CommandError, CommandParser

from django_genauth.conf import DEFAULT_ALIAS, get_client
from django_genauth.management.arguments import add_format
from django_genauth.management.interrupts import SignalStop
from django_genauth.management.output import printable
from django_genauth.management.progress import Progress
from django_genauth.management.stoppable_command import StoppableCommand, Stopped
from django_genauth.user_import.files import accounts_from_csv, create_record, read_record
from django_genauth.user_import.identities import BATCH, ImportOutcome, take_back, take_over
from django_genauth.user_import.packages import PACKAGES, accounts_from_package

_CSV: Final = "csv"
_MOZILLA: Final = "mozilla"
_GOOD: Final = (
    ImportOutcome.TAKEN_OVER,
    ImportOutcome.ALREADY_LINKED,
    ImportOutcome.TAKEN_BACK,
    ImportOutcome.GONE,
)
# Of a name or a subject that is too long, so much is shown.
_SHOWN: Final = 255

Item = TypeVar("Item")


class ImportResult(NamedTuple):
    """The result for an account, or for an identity that was made of one."""

    where: str
    user: str
    sub: str
    outcome: ImportOutcome

    def text(self) -> str:
        """Return columns that line up where names are of usual length."""
        user, sub = (text[:_SHOWN] or "-" for text in (self.user, self.sub))
        why = f"{self.outcome.sentence} [{self.outcome.code}]"
        return printable(f"{self.where:<12}  {user:<20}  {sub:<24}  {why}")

    def json(self) -> str:
        """Return a JSON object."""
        return json.dumps(
            {
                "where": self.where,
                "user": self.user[:_SHOWN],
                "sub": self.sub[:_SHOWN],
                "reason": self.outcome.code,
                "detail": self.outcome.sentence,
            }
        )


class Command(StoppableCommand):
    """Make identities from accounts that another package kept.

    The exit status is 0 where all accounts were taken over, 1 where some were not, 2 where nothing
    could be read.
    """

    help = "Take over the people whom another package signed in, by issuer and subject."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the source, the record, and the way back."""
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
        add_format(parser)

    def work(self, stop: SignalStop, options: dict[str, Any]) -> int:
        """Take accounts over, or identities back, and print those that were not."""
        _check_options(options)
        found: Counter[ImportOutcome] = Counter()
        with ExitStack() as files:
            start = _taking_over if options["undo"] is None else _taking_back
            total, batches = start(options, files)
            with closing(Progress(self.stderr, total)) as progress:
                for batch in batches:
                    with progress.aside():
                        for result in batch:
                            if result.outcome not in _GOOD:
                                self.stdout.write(getattr(result, options["format"])())
                    found.update(result.outcome for result in batch)
                    progress.add(len(batch))
                    if stop.is_asked:
                        break
        self.stderr.write(_sums(found, options))
        if stop.is_asked:
            anew = ", with another --record" if options["record"] else ""
            raise Stopped(f"Run it again to go on{anew}.")
        return 1 if set(found) - set(_GOOD) else 0


def _check_options(options: dict[str, Any]) -> None:
    """Raise CommandError for options that do not go together."""
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
) -> tuple[int | None, Iterator[list[ImportResult]]]:
    """Return how many accounts the source has, and the results, batch by batch."""
    issuer = get_client(options["app"]).registration.issuer
    if options["source"] == _CSV:
        source = accounts_from_csv(options["file"], files)
    else:
        source = accounts_from_package(options["source"], options["provider"])
    # Last, so that no empty one is left where there is nothing to do.
    record = None if options["dry_run"] else create_record(options["record"], files)

    def batches() -> Iterator[list[ImportResult]]:
        for accounts in _batches(source.accounts):
            outcomes = take_over(source, accounts, issuer=issuer, record=record)
            yield [
                ImportResult(account.place, account.user, account.subject, outcome)
                for account, outcome in zip(accounts, outcomes, strict=True)
            ]

    return source.total, batches()


def _taking_back(
    options: dict[str, Any], files: ExitStack
) -> tuple[None, Iterator[list[ImportResult]]]:
    """Return None, as a record does not tell how many it has, and the results, batch by batch."""
    recorded = read_record(options["undo"], files)

    def batches() -> Iterator[list[ImportResult]]:
        for imported in _batches(recorded):
            outcomes = take_back(imported, dry_run=options["dry_run"])
            yield [
                ImportResult(f"identity {each.identity}", "", each.subject, outcome)
                for each, outcome in zip(imported, outcomes, strict=True)
            ]

    return None, batches()


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    each = iter(items)
    while batch := list(islice(each, BATCH)):
        yield batch


def _sums(found: Counter[ImportOutcome], options: dict[str, Any]) -> str:
    done = found[ImportOutcome.TAKEN_OVER] + found[ImportOutcome.TAKEN_BACK]
    already = found[ImportOutcome.ALREADY_LINKED] + found[ImportOutcome.GONE]
    would = "would be " if options["dry_run"] else ""
    words = ("taken over", "there") if options["undo"] is None else ("taken back", "gone")
    return (
        f"{done:,} {would}{words[0]}, {already:,} {words[1]} already,"
        f" {found.total() - done - already:,} not."
    )
