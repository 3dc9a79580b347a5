"""genauth_keys: make a private key for the app, and print the half to register at the provider.

    manage.py genauth_keys [FILE] [--alg ES256] [--format text|json]

The private half goes into a file that only its owner may read, and is printed nowhere.
"""

from __future__ import annotations

import json
import os
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from django_genauth.management.arguments import add_format
from django_genauth.management.pipes import write_to_whoever_reads
from django_genauth.protocol.client_keys import KEY_ALGORITHMS, generate_key, public_key_set
from django_genauth.tracebacks import without_variables

_NEXT: Final = """\
The private key is in {path}, which only you may read. Keep it where the site's other secrets are.
Set CLIENT_KEYS to what the file holds, and register the public half above at the provider, or the
address of the page genauth:jwks.
"""


class Command(BaseCommand):
    """Make a key in a file, and print its public half."""

    help = "Make a private key of the app, and print its public half."
    # A key is made before the settings name it.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the file and the algorithm."""
        parser.add_argument(
            "file", nargs="?", help="a new file for the private key; else genauth-KID.json here"
        )
        parser.add_argument(
            "--alg",
            choices=list(KEY_ALGORITHMS),
            default="ES256",
            help="what the key signs with, for private_key_jwt (default: ES256), or decrypts with",
        )
        add_format(parser, json="the key set alone")

    @write_to_whoever_reads()
    @without_variables
    def handle(self, *args: Any, **options: Any) -> None:
        """Make the key, write it, and print the key set of its public half."""
        text, key = generate_key(options["alg"])
        path = options["file"] or f"genauth-{key.kid[:8]}.json"
        _write(path, f"{text}\n")
        self.stdout.write(json.dumps(public_key_set([key]), indent=2))
        if options["format"] == "text":
            self.stderr.write(_NEXT.format(path=path), ending="")


def _write(path: str, text: str) -> None:
    """Write a new file that its owner alone may read. Raises CommandError."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(number, "w", encoding="ascii") as file:
            file.write(text)
    except FileExistsError:
        raise CommandError(f"{path} is there already, and may hold a key in use.") from None
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from None
