"""The ID token: verified, then read (OIDC Core 2, 3.1.3.7, 3.1.3.8).

Only `verify` makes an IdToken, so an IdToken is the proven identity of a person.
"""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any, Final

from django_genauth.protocol.errors import IDTokenError, ProviderError
from django_genauth.protocol.jws import KeyFinder, verified_claims
from django_genauth.protocol.registered_claims import (
    audiences,
    check_audience,
    check_issuer,
    check_lifetime,
    check_past,
    is_access_token,
    numeric_date,
)

__all__ = ["PROTOCOL_CLAIMS", "Expected", "IdToken", "subject_of", "verify"]

# Claims about the token, the client or the session rather than the person. Not all are registered:
# Keycloak writes typ and session_state, Ory Hydra rat, Amazon Cognito token_use, event_id and
# origin_jti.
PROTOCOL_CLAIMS: Final = frozenset(
    {
        "acr",
        "amr",
        "at_hash",
        "aud",
        "auth_time",
        "azp",
        "c_hash",
        "client_id",
        "cnf",
        "event_id",
        "events",
        "exp",
        "iat",
        "iss",
        "jti",
        "nbf",
        "nonce",
        "origin_jti",
        "rat",
        "s_hash",
        "scope",
        "scp",
        "session_state",
        "sid",
        "sub",
        "token_use",
        "typ",
    }
)

# A token comes straight from the provider, so one that was issued long ago is somebody's copy.
_MAX_AGE: Final = 600
_MAX_SUBJECT: Final = 255
_NOT_IN_A_SUBJECT: Final = re.compile("[\x00-\x1f\ud800-\udfff]")
# OIDC Core 3.1.3.6: the hash of the signature's algorithm; for EdDSA that is SHA-512.
_HASHES: Final = {
    "256": hashlib.sha256,
    "384": hashlib.sha384,
    "512": hashlib.sha512,
    "DSA": hashlib.sha512,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Hold what an ID token has to agree with; None means that there is no such check.

    `leeway` and `max_age` are in seconds. `code`, `access_token` and `state` are what came beside
    the token. `just_issued` is off for a token that was kept. `trusted_audiences` are those that
    the token may name beside the client; with `azp` it may name others, too, unless they are
    refused.
    """

    issuer: str
    client_id: str
    algorithm: str
    nonce: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)
    state: str | None = field(default=None, repr=False)
    from_front_channel: bool = False
    just_issued: bool = True
    max_age: int | None = None
    acr_values: tuple[str, ...] = ()
    leeway: float = 30
    trusted_audiences: tuple[str, ...] = ()
    others_refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IdToken:
    """Hold a verified ID token: the issuer, the person's subject and claims, and the text."""

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
        algorithms=(expected.algorithm,),
        find_key=find_key,
        accepted_types=("jwt",),
        error=IDTokenError,
    )
    check_issuer(claims, expected.issuer, error=IDTokenError)  # OIDC Core 3.1.3.7 (2)
    subject = subject_of(claims, error=IDTokenError)
    _check_audience(claims, expected)
    check_lifetime(claims, now=now, leeway=expected.leeway, error=IDTokenError)  # (9)
    _check_issued(claims, expected, now=now)
    if expected.nonce is None:
        # Beside an access token it is what the answer calls it: Casdoor's has a scope, and a
        # refreshed one no nonce.
        if expected.access_token is None and is_access_token(claims):
            raise IDTokenError("The token is an access token.", reason="access_token")
    elif not _is_same_text(claims.get("nonce"), expected.nonce):
        # (11): a code or a token of another login was slipped into this one.
        raise IDTokenError("The ID token's nonce is not the one that was sent.", reason="nonce")
    _check_hashes(claims, expected)
    _check_authentication(claims, expected, now=now)
    return IdToken(issuer=expected.issuer, subject=subject, claims=claims, encoded=token)


def subject_of(claims: Mapping[str, Any], *, error: type[ProviderError]) -> str:
    """Return the sub: a text of 1 to 255 characters without control characters (OIDC Core 2)."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT:
        raise error("The sub is not a text of 1 to 255 characters.", reason="sub")
    if _NOT_IN_A_SUBJECT.search(subject):
        # A database would drop or refuse them, and two people would become one.
        raise error("The sub holds a character that no subject has.", reason="sub")
    return subject


def _check_audience(claims: Mapping[str, Any], expected: Expected) -> None:
    check_audience(claims, expected.client_id, error=IDTokenError)  # OIDC Core 3.1.3.7 (3)
    authorized = claims.get("azp")
    named = audiences(claims)
    trusted = (expected.client_id, *expected.trusted_audiences)
    if expected.others_refused and not all(each in trusted for each in named):
        raise IDTokenError(
            "The ID token is for an unknown audience, too. Name it in TRUSTED_AUDIENCES if it is"
            " known.",
            reason="aud",
        )
    if authorized is None and len(named) > 1:
        # (3), and (4) before errata set 2: without azp each has to be trusted by name.
        if len(trusted) == 1 or not all(each in trusted for each in named):
            raise IDTokenError(
                "The ID token has several audiences and no azp. Name the others in"
                " TRUSTED_AUDIENCES if they are known.",
                reason="azp",
            )
    elif authorized is not None and authorized != expected.client_id:  # (5)
        raise IDTokenError("The ID token was issued to another client (azp).", reason="azp")


def _check_issued(claims: Mapping[str, Any], expected: Expected, *, now: float) -> None:
    issued = numeric_date(claims, "iat", error=IDTokenError)
    if expected.just_issued and issued < now - _MAX_AGE - expected.leeway:  # (10)
        raise IDTokenError(
            f"The ID token is older than {_MAX_AGE} seconds. Compare this machine's clock.",
            reason="iat",
        )


def _check_hashes(claims: Mapping[str, Any], expected: Expected) -> None:
    # OIDC Core 3.1.3.8, 3.2.2.9, 3.3.2.11: through the browser the hashes are what ties a code and
    # an access token to the ID token, so there they have to be in it.
    required = expected.from_front_channel
    if expected.access_token is not None and (required or "at_hash" in claims):
        _check_hash(claims, "at_hash", expected.access_token, expected.algorithm)
    if expected.code is not None and (required or "c_hash" in claims):
        _check_hash(claims, "c_hash", expected.code, expected.algorithm)
    if expected.state is not None and "s_hash" in claims:
        _check_hash(claims, "s_hash", expected.state, expected.algorithm)


def _check_hash(claims: Mapping[str, Any], name: str, text: str, algorithm: str) -> None:
    if claims.get(name) != _left_half_hash(text, algorithm):
        raise IDTokenError(f"The ID token's {name} is missing or of something else.", reason=name)


def _check_authentication(claims: Mapping[str, Any], expected: Expected, *, now: float) -> None:
    if expected.max_age is not None:  # (13)
        # One that is still to come would be fresh for ever.
        authenticated = check_past(
            claims, "auth_time", now=now, leeway=expected.leeway, error=IDTokenError
        )
        if now - authenticated > expected.max_age + expected.leeway:
            raise IDTokenError(
                f"The person signed in at the provider more than {expected.max_age} seconds ago.",
                reason="auth_time",
            )
    if expected.acr_values and claims.get("acr") not in expected.acr_values:  # (12)
        raise IDTokenError("The ID token's acr is none of those asked for.", reason="acr")


def _is_same_text(value: object, expected: str) -> bool:
    return isinstance(value, str) and compare_digest(
        value.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass")
    )


def _left_half_hash(text: str, algorithm: str) -> str:
    octets = _HASHES[algorithm[2:]](text.encode("utf-8", "surrogatepass")).digest()
    return urlsafe_b64encode(octets[: len(octets) // 2]).decode("ascii").rstrip("=")
