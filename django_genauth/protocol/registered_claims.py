"""The claims that tokens of every kind share: for whom they are, and when (RFC 7519 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django_genauth.protocol.errors import ProviderError

__all__ = ["audiences", "check_audience", "check_lifetime", "numeric_date"]

# The end of the year 9999: later is no date but a way to make arithmetic fail.
_LAST_SECOND: Final = 253_402_300_799


def audiences(claims: Mapping[str, Any]) -> list[Any]:
    """Return the audiences, one as a list too (4.1.3)."""
    audience = claims.get("aud")
    return audience if isinstance(audience, list) else [audience]


def check_audience(
    claims: Mapping[str, Any], client_id: str, *, error: type[ProviderError]
) -> None:
    """Raise `error` unless the token is for this client (4.1.3)."""
    if client_id not in audiences(claims):
        raise error("The token's aud does not name this client.", reason="aud")


def check_lifetime(
    claims: Mapping[str, Any], *, now: float, leeway: float, error: type[ProviderError]
) -> None:
    """Raise `error` for a token that has expired or does not hold yet (4.1.4, 4.1.5)."""
    if now > numeric_date(claims, "exp", error=error) + leeway:
        raise error("The token has expired.", reason="exp")
    if "nbf" in claims and numeric_date(claims, "nbf", error=error) > now + leeway:
        raise error("The token is not valid yet.", reason="nbf")


def numeric_date(claims: Mapping[str, Any], name: str, *, error: type[ProviderError]) -> float:
    """Return a date in seconds since the epoch, and raise `error` for what is none (2)."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise error(f"The token's {name} is no number.", reason=name)
    if not 0 <= value <= _LAST_SECOND:
        raise error(f"The token's {name} is no date.", reason=name)
    return value
