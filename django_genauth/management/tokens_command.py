"""Commands that read tokens from standard input too; what they do with grants stands in `base`."""

from __future__ import annotations

import argparse
from abc import abstractmethod
from typing import Any

from django.core.management.base import CommandParser

from django_genauth.conf import get_app
from django_genauth.management.grants_command import GrantsCommand, Said
from django_genauth.management.interrupts import SignalStop
from django_genauth.management.sources import Line, Lines, Source, app_of_lines
from django_genauth.protocol.errors import ConfigurationError


class TokensCommand(GrantsCommand):
    """Work through the tokens on standard input, where `-` asks for that."""

    sources = (*GrantsCommand.sources, "-")

    @abstractmethod
    def ask_token(self, token: str, app: str) -> Said:
        """Ask about a token that was read. Raises GenAuthError."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Add standard input to the sources."""
        super().add_arguments(parser)
        parser.add_argument(
            "dash", nargs="*", type=_dash, metavar="-", help="tokens on standard input, one a line"
        )

    def source(self, stop: SignalStop, options: dict[str, Any]) -> Source:
        """Return the lines, where they are the source."""
        if not options["dash"]:
            return super().source(stop, options)
        options["app"] = app_of_lines(options["app"])
        get_app(options["app"])
        return Lines(stop)

    def do(self, item: Any, options: dict[str, Any]) -> Said:
        """Ask about a line, where that is what the source gave."""
        if not isinstance(item, Line):
            return super().do(item, options)
        if item.token is None:
            raise ConfigurationError(
                "No token is like this: it has a space, a character beyond ASCII, or too many.",
                reason="argument",
            )
        return self.ask_token(item.token, options["app"])


def _dash(text: str) -> str:
    if text != "-":
        # Its text stays unsaid: it may be a token.
        raise argparse.ArgumentTypeError(
            "is - alone; tokens are read from standard input, where other users cannot see them"
        )
    return text
