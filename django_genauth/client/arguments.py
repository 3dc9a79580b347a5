"""What callers hand to the client's methods: checked before anything is sent.

Settings are checked in `registration`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urldefrag, urlsplit

from django_genauth.protocol.errors import ConfigurationError

Parameters = Mapping[str, str | int | list[str]]


def further_parameters(extra: Mapping[str, Any]) -> Parameters:
    """Return the parameters that are not None. Raises ConfigurationError for what has no text."""
    given = {name: value for name, value in extra.items() if value is not None}
    for name, value in given.items():
        for each in value if isinstance(value, list) else [value]:
            if not isinstance(each, str | int):
                raise bad_argument(name, "is a text, a number, or a list of texts")
    return given


def where_and_what(source: Any) -> tuple[str, list[tuple[str, str]]]:
    """Return the address without its answer, and the answer's parameters."""
    if isinstance(source, str):
        try:
            parts = urlsplit(source)
        except ValueError:
            raise bad_argument("current_url_or_request", "is an address, or a request") from None
        query, fragment = (
            parse_qsl(part, keep_blank_values=True) for part in (parts.query, parts.fragment)
        )
        address = urldefrag(source).url
        if fragment and not any(name in ("code", "error") for name, _ in query):
            # The query is the redirect URI's own (RFC 6749 3.1.2).
            return address, fragment
        return address.partition("?")[0], query
    if not hasattr(source, "method"):
        raise bad_argument("current_url_or_request", "is an address, or a request")
    data = source.POST if source.method == "POST" else source.GET
    pairs = [(name, value) for name, values in data.lists() for value in values]
    return source.build_absolute_uri(source.path), pairs


def token_text(name: str, value: object) -> str:
    """Return a token, a code or a key. Raises ConfigurationError for what no request can carry."""
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        raise bad_argument(name, "is a text that is not empty")
    return value


def optional_text(name: str, value: object) -> None:
    """Raise ConfigurationError for what is neither None nor a text."""
    if value is not None and (not isinstance(value, str) or not value):
        raise bad_argument(name, "is a text that is not empty")


def one_of(name: str, value: str, allowed: Iterable[str]) -> None:
    """Raise ConfigurationError for a value that is not among those allowed, which it names."""
    if value not in allowed:
        raise bad_argument(name, f"is one of {', '.join(allowed)}")


def challenge_method(name: str, value: str) -> None:
    """Raise ConfigurationError for what RFC 7636 does not know, and warn of `plain` (4.2)."""
    one_of(name, value, ("S256", "plain"))
    if value == "plain":
        warnings.warn(
            "A plain code challenge protects nobody who can read the address. Use S256.",
            UserWarning,
            stacklevel=3,
        )


def bad_argument(name: str, what: str) -> ConfigurationError:
    """Make the error for an argument that cannot work."""
    return ConfigurationError(f"{name} {what}.", reason="argument")
