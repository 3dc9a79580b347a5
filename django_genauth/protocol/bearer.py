"""Access tokens as a client shows them to an API, and what the API answers (RFC 6750, 9470, 9728).

The scheme is Bearer, or DPoP for a token that is bound to a key (RFC 9449 7.1).

Which token is good is not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from django_genauth.protocol.errors import BearerError, ConfigurationError

__all__ = ["Requirements", "challenge", "description", "is_scope", "token_of", "without_token"]

# RFC 6749 3.3: scope-token.
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
# A part of the header that begins with our scheme, whatever follows the name (RFC 9110 11.1).
_OUR_SCHEME: Final = re.compile(r"(?:bearer|dpop)(?![!#$%&'*+.^_`|~0-9a-z-])", re.IGNORECASE)
_SCHEMES: Final = {"bearer": "Bearer", "dpop": "DPoP"}
_BLANKS: Final = " \t"
_NOT_IN_A_TOKEN: Final = frozenset(" \t,")
_DESCRIPTIONS: Final = {
    "invalid_request": "The Authorization header holds no single bearer token.",
    "invalid_dpop_proof": "The DPoP proof is missing, or not good for this request.",
    "invalid_token": "The access token is not valid here. It may have expired.",
    "insufficient_scope": "The access token does not have the scopes that are needed here.",
    "insufficient_user_authentication": "The person has to sign in again for this.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """Hold what a token has to have: scopes, one of the ACR values, and a sign-in of late.

    `max_age` is in seconds. Raises ConfigurationError for values that no token and no header can
    hold.
    """

    scopes: tuple[str, ...] = ()
    acr_values: tuple[str, ...] = ()
    max_age: int | None = None

    def __post_init__(self) -> None:
        """Check the values."""
        for name, values in (("scope", self.scopes), ("acr value", self.acr_values)):
            for value in values:
                if not is_scope(value):
                    raise ConfigurationError(
                        f"A {name} is a text without spaces, quotation marks and backslashes"
                        " (RFC 6749 3.3). Name several one by one, and call the decorator with"
                        " parentheses.",
                        reason="scope",
                    )
        if self.max_age is not None and (
            not isinstance(self.max_age, int) or isinstance(self.max_age, bool) or self.max_age < 0
        ):
            raise ConfigurationError("max_age is a number of seconds.", reason="max_age")

    @classmethod
    def of(
        cls,
        scopes: Collection[str],
        acr_values: str | Sequence[str] | None,
        max_age: int | None,
    ) -> Requirements:
        """Make requirements of what a site writes; ACR values may be one text with spaces."""
        if isinstance(scopes, str):
            scopes = scopes.split()
        if acr_values is None:
            acr_values = ()
        elif isinstance(acr_values, str):
            acr_values = acr_values.split()
        return cls(scopes=tuple(scopes), acr_values=tuple(acr_values), max_age=max_age)


def is_scope(value: object) -> bool:
    """Tell whether a value can be a single scope (RFC 6749 3.3)."""
    return isinstance(value, str) and _SCOPE.fullmatch(value) is not None


def token_of(authorization: str | None) -> tuple[str, str] | None:
    """Return scheme and token of an Authorization header; None for another scheme, or no header.

    RFC 6750 2.1, RFC 9449 7.1. Servers join two headers with a comma, which stands in no token:
    neither of the two is chosen. Raises BearerError for a header that is malformed.
    """
    if authorization is None:
        return None
    scheme, _, token = authorization.strip(_BLANKS).partition(" ")
    token = token.strip(_BLANKS)
    known = _SCHEMES.get(scheme.lower())
    if known is not None and token and _NOT_IN_A_TOKEN.isdisjoint(token):
        return known, token
    if not any(_OUR_SCHEME.match(each.strip(_BLANKS)) for each in authorization.split(",")):
        return None
    raise BearerError(
        "The Authorization header is no scheme, a space and one token.",
        reason="malformed",
        status=400,
        error="invalid_request",
    )


def without_token() -> BearerError:
    """Return the error for a request that shows no token; it names no error code (RFC 6750 3.1)."""
    return BearerError("The request has no bearer token.", reason="missing", status=401, error="")


def challenge(
    error: BearerError,
    *,
    resource_metadata: str | None = None,
    scheme: str = "Bearer",
    dpop_algorithms: Collection[str] = (),
) -> str:
    """Return the WWW-Authenticate header of a refusal.

    `scheme` is that of the request, whose challenge has the error. With `dpop_algorithms` the other
    one stands beside it (RFC 9449 7.1, 7.2). RFC 6750 3 has the error codes, RFC 9470 3 the ACR
    values and the age, RFC 9728 5.1 the address of the metadata. The reason is for the site's log
    alone.
    """
    parameters: list[tuple[str, str]] = []
    if error.error:
        parameters.append(("error", error.error))
        parameters.append(("error_description", description(error)))
    if error.error == "insufficient_scope":
        parameters.append(("scope", " ".join(error.scopes)))
    if error.acr_values:
        parameters.append(("acr_values", " ".join(error.acr_values)))
    if error.max_age is not None:
        parameters.append(("max_age", str(error.max_age)))
    where = [] if resource_metadata is None else [("resource_metadata", resource_metadata)]
    if scheme == "DPoP":
        algorithms = [("algs", " ".join(dpop_algorithms))]
        return f"{_written('Bearer', where)}, {_written('DPoP', parameters + where + algorithms)}"
    bearer = _written("Bearer", parameters + where)
    if not dpop_algorithms:
        return bearer
    return f"{bearer}, {_written('DPoP', [('algs', ' '.join(dpop_algorithms))])}"


def _written(scheme: str, parameters: Sequence[tuple[str, str]]) -> str:
    written = ", ".join(f'{name}="{value}"' for name, value in parameters)
    return f"{scheme} {written}".strip()


def description(error: BearerError) -> str:
    """Return a sentence for the client's developer, which tells nothing about the token."""
    return _DESCRIPTIONS.get(error.error, "Send an access token in the Authorization header.")
