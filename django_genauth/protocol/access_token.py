"""An access token that is a JWT, verified without asking anybody (RFC 9068 4, RFC 7519).

For a site that wants to know whether a token is its provider's; what the token allows is the
business of the API that it is for.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django_genauth.protocol.errors import AccessTokenError
from django_genauth.protocol.jws import KeyFinder, verified_claims
from django_genauth.protocol.registered_claims import (
    check_audience,
    check_lifetime,
    is_access_token,
)

__all__ = ["verify_access_token"]


def verify_access_token(
    token: str,
    *,
    algorithms: Collection[str],
    find_key: KeyFinder,
    issuer: str,
    client_id: str,
    now: float,
    leeway: float,
) -> dict[str, Any]:
    """Verify signature, issuer, audience and lifetime, and return the claims.

    A machine's token has no sub, so none is asked for. Raises AccessTokenError.
    """
    claims = verified_claims(
        token,
        algorithms=algorithms,
        find_key=find_key,
        accepted_types={"jwt", "at+jwt"},
        error=AccessTokenError,
    )
    if claims.get("iss") != issuer:
        raise AccessTokenError(f"The access token's iss is not {issuer}.", reason="iss")
    if not is_access_token(claims):
        raise AccessTokenError(
            "The token has no scope or client_id, or a claim of ID tokens.", reason="id_token"
        )
    check_audience(claims, client_id, error=AccessTokenError)
    check_lifetime(claims, now=now, leeway=leeway, error=AccessTokenError)
    return claims
