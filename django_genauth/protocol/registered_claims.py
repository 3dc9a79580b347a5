"""Registered claims, which all kinds of tokens share, and how the kinds differ (RFC 7519 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django_genauth.protocol.errors import ProviderError

__all__ = [
    "audiences",
    "check_audience",
    "check_issuer",
    "check_lifetime",
    "check_past",
    "is_access_token",
    "numeric_date",
    "other_issuer",
]

# The end of the year 9999: later is no date but a way to make arithmetic fail.
_LAST_SECOND: Final = 253_402_300_799

_ID_TOKEN_CLAIMS: Final = frozenset({"nonce", "at_hash", "c_hash", "s_hash"})
_ACCESS_TOKEN_CLAIMS: Final = frozenset({"client_id", "scope", "scp"})


def is_access_token(claims: Mapping[str, Any]) -> bool:
    """Tell whether claims are an access token's rather than an ID token's.

    The two have the same issuer, audience, key, and at GenAuth the same type in the header, so the
    claims that only one of them has decide (RFC 8725 3.12). RFC 9068 2.2 demands a client_id in an
    access token; GenAuth writes a scope, and others write it scp.
    """
    return _ID_TOKEN_CLAIMS.isdisjoint(claims) and not _ACCESS_TOKEN_CLAIMS.isdisjoint(claims)


def check_issuer(claims: Mapping[str, Any], issuer: str, *, error: type[ProviderError]) -> None:
    """Raise `error` unless the token is by this issuer, to the letter (4.1.1)."""
    said = claims.get("iss")
    if said != issuer:
        raise error(other_issuer("token's iss", said, issuer), reason="iss")


def other_issuer(what: str, said: object, issuer: str) -> str:
    """Return the sentence of an error: this issuer is not the configured one.

    It does not repeat what the provider said.
    """
    if isinstance(said, str) and said and not said.startswith(("https://", "http://")):
        return (
            f"The {what} is no https URL, as an issuer has to be (OIDC Core 2). Set the issuer at"
            f" the provider to {issuer}; FusionAuth's default is acme.com, a setting of the tenant."
        )
    return (
        f"The {what} is not {issuer}, to the letter. Compare ISSUER with the issuer in the"
        " provider's console."
    )


def audiences(claims: Mapping[str, Any]) -> list[Any]:
    """Return the audiences as a list, also where there is one (4.1.3)."""
    audience = claims.get("aud")
    return audience if isinstance(audience, list) else [audience]


def check_audience(
    claims: Mapping[str, Any], client_id: str, *, error: type[ProviderError]
) -> None:
    """Raise `error` unless the token is for this client (4.1.3)."""
    if client_id not in audiences(claims):
        raise error(
            "The token's aud does not name this client. Compare APP_ID with the app in the"
            " provider's console.",
            reason="aud",
        )


def check_lifetime(
    claims: Mapping[str, Any],
    *,
    now: float,
    leeway: float,
    error: type[ProviderError],
    required: bool = True,
) -> None:
    """Raise `error` for a token that has expired, or does not hold yet (4.1.4-6).

    Without `required` a token that names no end has none.
    """
    if (required or "exp" in claims) and now > numeric_date(claims, "exp", error=error) + leeway:
        raise error("The token has expired. Compare this machine's clock.", reason="exp")
    for name in ("nbf", "iat"):
        if name in claims:
            check_past(claims, name, now=now, leeway=leeway, error=error)


def check_past(
    claims: Mapping[str, Any],
    name: str,
    *,
    now: float,
    leeway: float,
    error: type[ProviderError],
) -> float:
    """Return a date in seconds since the epoch, and raise `error` if it is in the future."""
    date = numeric_date(claims, name, error=error)
    if date > now + leeway:
        raise error(
            f"The token's {name} lies in the future. Compare this machine's clock.", reason=name
        )
    return date


def numeric_date(claims: Mapping[str, Any], name: str, *, error: type[ProviderError]) -> float:
    """Return a date in seconds since the epoch, and raise `error` if it is no date (2)."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise error(f"The token's {name} is no number.", reason=name)
    if not 0 <= value <= _LAST_SECOND:
        raise error(f"The token's {name} is no date.", reason=name)
    return value
