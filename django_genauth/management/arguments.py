"""Arguments that several commands take, and what they name."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError, CommandParser

from django_genauth.conf import get_app


def add_app(parser: CommandParser) -> None:
    """Add `--app`, without which a command works on all apps."""
    parser.add_argument("--app", metavar="ALIAS", help="an app of GENAUTH; else all")


def add_format(parser: CommandParser, *, json: str = "an object a line") -> None:
    """Add `--format`; its values are the names of methods of the lines that are printed."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help=f"json: {json}")


def require_app(alias: str | None) -> None:
    """Raise ConfigurationError for an app that is not in GENAUTH, or whose settings are wrong."""
    if alias is not None:
        get_app(alias)


def find_user(name: str) -> Any:
    """Return the user who signs in with a name. Raises CommandError where there is none."""
    model = get_user_model()
    user = model._default_manager.filter(**{model.USERNAME_FIELD: name}).first()
    if user is None:
        raise CommandError(f"There is no user {name!r}.", returncode=2)
    return user
