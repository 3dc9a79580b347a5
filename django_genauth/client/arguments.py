"""The arguments of the client's methods: checked before anything is sent.

Settings are checked in `registration`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urldefrag, urlsplit

from django_genauth.client.setting_urls import redirect_uri_problem
from django_genauth.protocol.errors import ConfigurationError

Parameters = Mapping[str, str | int | list[str]]


def further_parameters(extra: Mapping[str, Any]) -> Parameters:
    """Return the parameters that are not None. Raises ConfigurationError for any other kind."""
    given = {name: value for name, value in extra.items() if value is not None}
    for name, value in given.items():
        for each in value if isinstance(value, list) else [value]:
            if not isinstance(each, str | int):
                raise invalid(name, "is a text, a number, or a list of texts")
    return given


def split_callback(source: Any) -> tuple[str, list[tuple[str, str]]]:
    """Split a callback (an address, or Django's request) into redirect URI and parameters."""
    if isinstance(source, str):
        try:
            parts = urlsplit(source)
        except ValueError:
            raise invalid("current_url_or_request", "is an address, or a request") from None
        query, fragment = (
            parse_qsl(part, keep_blank_values=True) for part in (parts.query, parts.fragment)
        )
        address = urldefrag(source).url
        if fragment and not any(name in ("code", "error", "response") for name, _ in query):
            # The query is the redirect URI's own (RFC 6749 3.1.2).
            return address, fragment
        return address.partition("?")[0], query
    if not hasattr(source, "method"):
        raise invalid("current_url_or_request", "is an address, or a request")
    data = source.POST if source.method == "POST" else source.GET
    pairs = [(name, value) for name, values in data.lists() for value in values]
    return source.build_absolute_uri(source.path), pairs


def token_text(name: str, value: object) -> str:
    """Return a token, a code or a key. Raises ConfigurationError if no request can carry it."""
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        raise invalid(name, "is a text that is not empty")
    return value


def optional_texts(**values: object) -> None:
    """Raise ConfigurationError for a value that is neither None nor a text."""
    for name, value in values.items():
        if value is not None and (not isinstance(value, str) or not value):
            raise invalid(name, "is a text that is not empty")


def optional_seconds(**values: object) -> None:
    """Raise ConfigurationError for a value that is neither None nor a number of seconds."""
    for name, value in values.items():
        if value is not None and not (isinstance(value, int) and value >= 0):
            raise invalid(name, "is a number of seconds")


def redirect_uri(value: str | None) -> str:
    """Return a redirect URI. Raises ConfigurationError where there is none, or no web address."""
    if not value:
        raise invalid("redirect_uri", "is a web address, given here or to the client")
    if problem := redirect_uri_problem(value):
        raise invalid("redirect_uri", problem)
    return value


def audience(value: Any) -> str | list[str] | None:
    """Return an audience: a text, or several. Raises ConfigurationError for anything else."""
    if value is None or (isinstance(value, str) and value):
        return value
    given = list(value) if isinstance(value, list | tuple | set | frozenset) else []
    if not given or not all(isinstance(each, str) and each for each in given):
        raise invalid("audience", "is a text that is not empty, or a list of such texts")
    return given


def check_challenge_method(name: str, value: str) -> None:
    """Raise ConfigurationError for a method that RFC 7636 4.2 does not have; warn of `plain`."""
    if value not in ("S256", "plain"):
        raise invalid(name, "is one of S256, plain")
    if value == "plain":
        warnings.warn(
            "A plain code challenge protects nobody who can read the address. Use S256.",
            UserWarning,
            stacklevel=3,
        )


def invalid(name: str, what: str) -> ConfigurationError:
    """Return the error for an argument that cannot work."""
    return ConfigurationError(f"{name} {what}.", reason="argument")
