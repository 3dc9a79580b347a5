"""Values of GENAUTH that are callables: called at each use, and checked as the others are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django_genauth.protocol.errors import ConfigurationError


def has_blanks(key: str, value: object) -> bool:
    """Return whether a text has blanks around it, as of a line of a file."""
    # A scope's texts are told apart by them.
    return key != "SCOPE" and isinstance(value, str) and value != value.strip()


def call_setting(alias: str, key: str, value: Callable[[], Any]) -> Any:
    """Return the result of a callable. Raises ConfigurationError where it raises."""
    try:
        given = value()
        if callable(given):
            failure = "it returns a callable"
        elif has_blanks(key, given):
            failure = "its text begins or ends with a blank or a line break"
        else:
            return given
    except Exception as error:  # noqa: BLE001 # it is the site's, and may ask whomever it likes
        failure = type(error).__name__
    # Out here, as the other error may hold the secret that was asked for.
    raise ConfigurationError(
        f"The callable in GENAUTH[{alias!r}][{key!r}] failed ({failure}). Call it in"
        " `manage.py shell` to see why.",
        reason=key.lower(),
    )
