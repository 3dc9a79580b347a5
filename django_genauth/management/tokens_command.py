"""Commands that also read tokens from standard input; the rest stands in `grants_command`."""

from __future__ import annotations

import argparse
from abc import abstractmethod
from typing import Any

from django.core.management.base import CommandParser

from django_genauth.conf import DEFAULT_ALIAS, aliases, get_app
from django_genauth.management.grants_command import GrantsCommand, TokenResult
from django_genauth.management.interrupts import SignalStop
from django_genauth.management.sources import InputLine, InputLines, TokenSource
from django_genauth.protocol.errors import ConfigurationError


class TokensCommand(GrantsCommand):
    """A command that works through the tokens on standard input where `-` is given."""

    sources = (*GrantsCommand.sources, "-")

    @abstractmethod
    def ask_token(self, token: str, app: str) -> TokenResult:
        """Ask the provider about a token that was read. Raises GenAuthError."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Add standard input to the sources."""
        super().add_arguments(parser)
        parser.add_argument(
            "dash", nargs="*", type=_dash, metavar="-", help="tokens on standard input, one a line"
        )

    def source(self, stop: SignalStop, options: dict[str, Any]) -> TokenSource:
        """Return the lines of standard input where `-` is given."""
        if not options["dash"]:
            return super().source(stop, options)
        if options["app"] is None:
            # A token does not tell its app.
            alias = aliases()[0] if len(aliases()) == 1 else DEFAULT_ALIAS
            get_app(alias)
            options["app"] = alias
        return InputLines(stop)

    def ask_item(self, item: Any, options: dict[str, Any]) -> TokenResult:
        """Ask about a grant, or about the token in a line."""
        if not isinstance(item, InputLine):
            return super().ask_item(item, options)
        if item.token is None:
            raise ConfigurationError(
                "No token is like this: it has a character beyond ASCII, or too many.",
                reason="argument",
            )
        return self.ask_token(item.token, options["app"])


def _dash(text: str) -> str:
    if text != "-":
        # The text is not repeated: it may be a token.
        raise argparse.ArgumentTypeError(
            "is - alone; tokens are read from standard input, where other users cannot see them"
        )
    return text
