"""The files of a user import: the CSV of users and subjects, and the record of what was made."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Final, Literal

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError

from django_genauth.user_import.identities import (
    Account,
    AccountSource,
    ImportedIdentity,
    ImportOutcome,
    UserKey,
)

_LARGEST_KEY: Final = 2**63 - 1
# Spreadsheets put a byte order mark in front.
_ENCODING: Final = {"r": "utf-8-sig", "x": "utf-8"}


def accounts_from_csv(path: str | None, files: ExitStack) -> AccountSource:
    """Return the accounts of a CSV file, or of standard input without a path.

    The header names the columns: `sub`, and one of `id`, the name that users sign in with, and
    their e-mail address. The address needs `email_verified` too: else whoever types in an address
    at the provider takes over the user who has it. Raises CommandError.
    """
    if path is None:
        file = io.TextIOWrapper(sys.stdin.buffer, encoding=_ENCODING["r"], newline="")
        # A program that calls the command in its own process may read on.
        files.callback(file.detach)
    else:
        file = _open(path, "r", files)
    rows = csv.DictReader(file, strict=True, skipinitialspace=True)
    with _readable(rows):
        header = list(rows.fieldnames or [])
    model = get_user_model()
    # In this order: a site whose users are named by e-mail address has no other name.
    columns = {
        "id": UserKey.ID,
        model.USERNAME_FIELD: UserKey.USERNAME,
        model.get_email_field_name(): UserKey.EMAIL,
    }
    given = [name for name in columns if name in header]
    if "sub" not in header or len(given) != 1:
        raise CommandError(
            f"The first line has to name the columns: sub, and one of {', '.join(columns)}.",
            returncode=2,
        )
    (column,) = given
    user_key = columns[column]
    if user_key is UserKey.EMAIL and "email_verified" not in header:
        raise CommandError(
            f"A file with the column {column} needs the column email_verified too.", returncode=2
        )
    # Two subjects for one user are more likely a mistake, or a stranger who took the address.
    return AccountSource(
        accounts=_lines(rows, column, user_key), user_key=user_key, several_subjects=False
    )


def create_record(path: str, files: ExitStack) -> Callable[[list[ImportedIdentity]], None]:
    """Create a file, and return a function that writes to it. Raises CommandError if it exists."""
    file = _open(path, "x", files)
    rows = csv.writer(file)
    rows.writerow(ImportedIdentity._fields)

    def write(imported: list[ImportedIdentity]) -> None:
        rows.writerows(imported)
        # Before the rows of the database are final: none is without a way back.
        file.flush()

    return write


def read_record(path: str, files: ExitStack) -> Iterator[ImportedIdentity]:
    """Yield the identities of a record. Raises CommandError for a file that is no record."""
    rows = csv.reader(_open(path, "r", files), strict=True)
    try:
        if next(rows, None) != list(ImportedIdentity._fields):
            raise ValueError
        for key, issuer, subject in rows:
            if not 0 < int(key) <= _LARGEST_KEY:
                raise ValueError
            yield ImportedIdentity(int(key), issuer, subject)
    except (ValueError, csv.Error):
        raise CommandError(
            f"Line {rows.line_num} of {path} is none of a record.", returncode=2
        ) from None


def _lines(rows: csv.DictReader[str], column: str, user_key: UserKey) -> Iterator[Account]:
    with _readable(rows):
        for row in rows:
            is_sure = user_key is not UserKey.EMAIL or _is_true(row, "email_verified")
            yield Account(
                place=f"line {rows.line_num}",
                user=_text(row, column),
                subject=_text(row, "sub"),
                refusal=None if is_sure else ImportOutcome.EMAIL_NOT_VERIFIED,
            )


def _is_true(row: Mapping[str, str | None], column: str) -> bool:
    return _text(row, column).lower() == "true"


def _text(row: Mapping[str, str | None], column: str) -> str:
    # A line may be too short.
    return row[column] or ""


@contextmanager
def _readable(rows: csv.DictReader[str]) -> Iterator[None]:
    try:
        yield
    except (csv.Error, UnicodeDecodeError):
        raise CommandError(
            f"The file is no CSV in UTF-8 after line {rows.line_num}.", returncode=2
        ) from None


def _open(path: str, mode: Literal["r", "x"], files: ExitStack) -> io.TextIOWrapper:
    try:
        return files.enter_context(open(path, mode, encoding=_ENCODING[mode], newline=""))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.", returncode=2) from None
