"""The ID token: verified, then read (OIDC Core 2, 3.1.3.7, 3.1.3.8).

`verify` is the only maker of an IdToken, so whoever holds one holds a person's proven identity.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any, Final

from django_genauth.protocol.errors import IDTokenError
from django_genauth.protocol.jws import KeyFinder, verified_claims

__all__ = ["PROTOCOL_CLAIMS", "Expected", "IdToken", "subject_of", "verify"]

# Claims about the token itself rather than the person.
PROTOCOL_CLAIMS: Final = frozenset(
    {
        "acr",
        "amr",
        "at_hash",
        "aud",
        "auth_time",
        "azp",
        "c_hash",
        "exp",
        "iat",
        "iss",
        "jti",
        "nbf",
        "nonce",
        "s_hash",
        "sid",
        "sub",
    }
)

# A token comes straight from the provider, so one that was issued long ago is somebody's copy.
_MAX_AGE: Final = 600
# The end of the year 9999: later is no date but a way to make arithmetic fail.
_LAST_SECOND: Final = 253_402_300_799
_MAX_SUBJECT: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Say what an ID token has to agree with; `leeway` is in seconds."""

    issuer: str
    client_id: str
    algorithm: str
    nonce: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    leeway: float = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class IdToken:
    """Hold a verified ID token: who signed in, where, and what is said of them."""

    issuer: str
    subject: str
    claims: Mapping[str, Any] = field(repr=False)
    encoded: str = field(repr=False)


def verify(token: str, *, find_key: KeyFinder, expected: Expected, now: float) -> IdToken:
    """Verify an ID token; `now` is in seconds since the epoch.

    Raises IDTokenError with the broken rule as its reason, and what `find_key` raises.
    """
    claims = verified_claims(
        token,
        algorithm=expected.algorithm,
        find_key=find_key,
        accepted_types={"jwt"},
        error=IDTokenError,
    )
    if claims.get("iss") != expected.issuer:  # OIDC Core 3.1.3.7 (2)
        raise IDTokenError(f"The ID token's iss is not {expected.issuer}.", reason="iss")
    subject = subject_of(claims)
    _check_audience(claims, expected.client_id)
    _check_times(claims, now=now, leeway=expected.leeway)
    if expected.nonce is not None and not _same_text(claims.get("nonce"), expected.nonce):
        # (11): a code or a token of another login was slipped into this one.
        raise IDTokenError("The ID token's nonce is not the one that was sent.", reason="nonce")
    if expected.access_token is not None and "at_hash" in claims:
        at_hash = _left_half_hash(expected.access_token, expected.algorithm)
        if not _same_text(claims["at_hash"], at_hash):  # 3.1.3.8
            raise IDTokenError(
                "The ID token's at_hash is of another access token.", reason="at_hash"
            )
    return IdToken(issuer=expected.issuer, subject=subject, claims=claims, encoded=token)


def subject_of(claims: Mapping[str, Any]) -> str:
    """Return the sub: a text of 1 to 255 characters without control characters (OIDC Core 2)."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT:
        raise IDTokenError("The sub is not a text of 1 to 255 characters.", reason="sub")
    if any(ord(character) < 32 or 0xD800 <= ord(character) < 0xE000 for character in subject):
        # A database would drop or refuse them, and two people would become one.
        raise IDTokenError("The sub holds a character that no subject has.", reason="sub")
    return subject


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    if not isinstance(audiences, list) or client_id not in audiences:  # OIDC Core 3.1.3.7 (3)
        raise IDTokenError("The ID token's aud does not name this client.", reason="aud")
    authorized = claims.get("azp")
    if len(audiences) > 1 and authorized is None:  # (4)
        raise IDTokenError("The ID token has several audiences and no azp.", reason="azp")
    if authorized is not None and authorized != client_id:  # (5)
        raise IDTokenError("The ID token was issued to another client (azp).", reason="azp")


def _check_times(claims: Mapping[str, Any], *, now: float, leeway: float) -> None:
    if now > _time(claims, "exp") + leeway:  # OIDC Core 3.1.3.7 (9)
        raise IDTokenError("The ID token has expired.", reason="exp")
    issued = _time(claims, "iat")
    if issued > now + leeway:
        raise IDTokenError(
            "The ID token was issued in the future. Compare this machine's clock.", reason="iat"
        )
    if issued < now - _MAX_AGE - leeway:  # (10)
        raise IDTokenError(f"The ID token is older than {_MAX_AGE} seconds.", reason="iat")
    if "nbf" in claims and _time(claims, "nbf") > now + leeway:  # RFC 7519 4.1.5
        raise IDTokenError("The ID token is not valid yet.", reason="nbf")


def _time(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise IDTokenError(f"The ID token's {name} is no number.", reason=name)
    if not 0 <= value <= _LAST_SECOND:
        raise IDTokenError(f"The ID token's {name} is no date.", reason=name)
    return value


def _same_text(value: object, expected: str) -> bool:
    return isinstance(value, str) and compare_digest(
        value.encode("utf-8", "surrogatepass"), expected.encode("utf-8")
    )


def _left_half_hash(text: str, algorithm: str) -> str:
    # OIDC Core 3.1.3.6: the hash of the signature's algorithm; for EdDSA that is SHA-512.
    digest = hashlib.new(f"sha{algorithm[2:] if algorithm[2:].isdigit() else '512'}", text.encode())
    octets = digest.digest()
    return urlsafe_b64encode(octets[: len(octets) // 2]).decode("ascii").rstrip("=")
