"""HTTP requests and responses as values, how a form is written and how JSON is read.

What a request or a response means stands in the module of its specification.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import quote_plus

from django_genauth.protocol.errors import ConfigurationError, ProviderError

__all__ = [
    "HttpRequest",
    "HttpResponse",
    "encode_form",
    "form_request",
    "read_json_object",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """Describe a request that somebody else sends; headers and body are secret."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """Describe a whole response; header names are in lower case, and the body is secret."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def media_type(self) -> str:
        """Return the media type in lower case, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def encode_form(parameters: Iterable[tuple[str, str]]) -> str:
    """Encode names and values as a form, in the order given.

    Space becomes `+`, `*` stays and `~` becomes `%7E`, as the WHATWG URL standard has it and as
    the providers' own libraries send it. Raises ConfigurationError for a text that is no Unicode.
    """
    try:
        return "&".join(
            f"{quote_plus(name, safe='*').replace('~', '%7E')}"
            f"={quote_plus(value, safe='*').replace('~', '%7E')}"
            for name, value in parameters
        )
    except UnicodeEncodeError:
        raise ConfigurationError(
            "A parameter of a request holds half of a surrogate pair, which no encoding can carry.",
            reason="parameter",
        ) from None


def form_request(
    url: str, parameters: Iterable[tuple[str, str]], headers: Mapping[str, str]
) -> HttpRequest:
    """Build the POST of a form that asks for JSON."""
    return HttpRequest(
        method="POST",
        url=url,
        headers={
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            **headers,
        },
        body=encode_form(parameters).encode("ascii"),
    )


def read_json_object(text: bytes, *, error: type[ProviderError]) -> dict[str, Any]:
    """Read a JSON object strictly, and raise `error` for anything else.

    Refused are what RFC 8259 leaves to chance and attackers use: duplicate members (4), NaN and
    Infinity (6), numbers that Python cannot hold, encodings other than UTF-8 (8.1), and nesting
    that exhausts the stack (9).
    """
    try:
        value = _DECODER.decode(text.decode("utf-8"))
    except (ValueError, RecursionError):
        # Without a cause: a decoding error carries the whole document, tokens included.
        raise error("The answer is not well-formed JSON.", reason="json") from None
    if not isinstance(value, dict):
        raise error("The answer is JSON, but not an object.", reason="json")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant
)
