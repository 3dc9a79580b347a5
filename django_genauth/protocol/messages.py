"""HTTP requests and responses as values, and the formats of forms, JSON and tokens.

The module of each specification knows what a request or a response means.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Final, NoReturn
from urllib.parse import quote_plus

from django_genauth.protocol.errors import ConfigurationError, ProviderError

__all__ = [
    "LONGEST_TOKEN",
    "HttpRequest",
    "HttpResponse",
    "encode_form",
    "form_request",
    "is_token_text",
    "is_vschar_text",
    "members_of",
    "read_json_document",
    "read_json_object",
]

# In characters. A token that a browser has to carry as id_token_hint is of a few thousand.
LONGEST_TOKEN: Final = 100_000

# RFC 8259 9 leaves the limit to the reader. Claims that standards describe are four or five levels
# deep, and no document that a provider publishes is deeper.
_MAX_DEPTH: Final = 64
# Also one without an end, and without a step back: the time is that of the text's length.
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
# A name of a claim, an address included, that a log can show.
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_.:/-]{1,64}")


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
    # An error of the encoder would have the value with it, which may be secret.
    with suppress(UnicodeEncodeError):
        return "&".join(
            f"{quote_plus(name, safe='*').replace('~', '%7E')}"
            f"={quote_plus(value, safe='*').replace('~', '%7E')}"
            for name, value in parameters
        )
    raise ConfigurationError(
        "A parameter of a request holds half of a surrogate pair, which no encoding can carry.",
        reason="parameter",
    )


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


def is_vschar_text(value: object) -> bool:
    """Tell whether a value can be a code or a refresh token: 1*VSCHAR (RFC 6749 A.11, A.17).

    A space is legal in both: they travel in a form, never in a header.
    """
    return (
        isinstance(value, str)
        and 0 < len(value) <= LONGEST_TOKEN
        and value.isascii()
        and value.isprintable()
    )


def is_token_text(value: object) -> bool:
    """Tell whether a value can be an access token: text that a header can carry (RFC 6750 2.1).

    A space would end the token there, and a line end would make two headers of one.
    """
    return is_vschar_text(value) and " " not in str(value)


def read_json_document(text: bytes, *, error: type[ProviderError]) -> dict[str, Any]:
    """Parse the JSON object of an answer strictly; it may begin with a byte order mark.

    RFC 8259 8.1 lets a reader ignore the mark, which some servers send. Inside a signed token it
    is refused.
    """
    return read_json_object(text.removeprefix(_BYTE_ORDER_MARK), error=error)


def read_json_object(
    text: bytes,
    *,
    error: type[ProviderError],
    is_signed: bool = False,
    may_repeat: str | None = None,
) -> dict[str, Any]:
    """Parse a JSON object strictly, and raise `error` for anything else.

    Refused are what RFC 8259 leaves to chance and attackers use: duplicate members (4), NaN and
    Infinity (6), numbers that Python cannot hold, encodings other than UTF-8 (8.1), and more than
    64 levels of nesting (9). `is_signed` says that the provider's signature over the text was
    verified: then a duplicate member is named. `may_repeat` is a member that may stand several
    times with one value, which leaves nothing to chance.
    """
    # Counted before it is read, as reading takes the interpreter's stack; few have that many.
    if text.count(b"[") + text.count(b"{") > _MAX_DEPTH and _is_too_deep(text):
        raise error(f"The answer is nested deeper than {_MAX_DEPTH} levels.", reason="nesting")
    problem, value = _read(text, is_signed=is_signed, may_repeat=may_repeat)
    if problem is None and not isinstance(value, dict):
        problem = "The answer is JSON, but not an object."
    if problem is not None:
        raise error(problem, reason="json")
    members: dict[str, Any] = value
    return members


def members_of(text: bytes) -> dict[str, Any]:
    """Return the members of a JSON object, and none where the text is something else.

    For what only explains another error.
    """
    if text.count(b"[") + text.count(b"{") > _MAX_DEPTH:
        return {}
    _, value = _read(text, is_signed=False)
    return value if isinstance(value, dict) else {}


def _read(text: bytes, *, is_signed: bool, may_repeat: str | None = None) -> tuple[str | None, Any]:
    """Return what is wrong with a text as JSON, if something is, and otherwise its value.

    Nothing is raised here: an error that comes from a decoder's, in whatever way, has the whole
    document with it, tokens included.
    """
    try:
        document = text.decode("utf-8").strip(" \t\n\r")
        decoder = _DECODER if may_repeat is None else _decoder(may_repeat)
        value, end = decoder.raw_decode(document)
    except _RepeatedMember as repeated:
        # A name that nobody signed may be anything, and stays out of logs.
        name = repeated.name() if is_signed else ""
        if _PLAIN_NAME.fullmatch(name):
            return f"The claim {name} stands twice. Look for two mappers of it.", None
        return "A member stands twice in the answer's JSON.", None
    except ValueError:
        return (
            "The answer is not well-formed JSON. Often it is a page of a proxy, or of another"
            " program: compare the address with the provider's.",
            None,
        )
    if end != len(document):
        return "The answer goes on behind its JSON.", None
    return None, value


def _is_too_deep(text: bytes) -> bool:
    depth = 0
    for bracket in re.findall(rb"[][{}]", _STRING.sub(b"", text)):
        depth += 1 if bracket in b"[{" else -1
        if depth > _MAX_DEPTH:
            return True
    return False


class _RepeatedMember(ValueError):
    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__("a member stands twice")
        self._pairs = pairs

    def name(self) -> str:
        """Return the name; looking for it is work that only a signed text is worth."""
        counted = Counter(name for name, _ in self._pairs)
        return next(name for name, times in counted.items() if times > 1)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _RepeatedMember(pairs)
    return members


def _unique_but_one(pairs: list[tuple[str, Any]], may_repeat: str) -> dict[str, Any]:
    """Return the members, of which one may stand several times with one value."""
    members = _unique([(name, value) for name, value in pairs if name != may_repeat])
    for name, value in pairs:
        if name == may_repeat and members.setdefault(name, value) != value:
            raise _RepeatedMember(pairs)
    return members


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


@cache
def _decoder(may_repeat: str | None) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=partial(_unique_but_one, may_repeat=may_repeat)
        if may_repeat
        else _unique,
        parse_float=_finite,
        parse_constant=_no_constant,
    )


_DECODER = _decoder(None)
