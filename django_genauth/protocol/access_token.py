"""An access token that is a JWT, verified without asking anybody (RFC 9068 4, RFC 7519).

For a site that wants to know whether a token is its provider's; what the token allows is the
business of the API that it is for.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from django_genauth.protocol.errors import AccessTokenError
from django_genauth.protocol.jws import KeyFinder, verified_claims
from django_genauth.protocol.registered_claims import check_audience, check_lifetime

__all__ = ["verify_access_token"]

_OF_AN_ID_TOKEN: Final = frozenset({"nonce", "at_hash", "c_hash", "s_hash"})


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
    if not _OF_AN_ID_TOKEN.isdisjoint(claims):
        # RFC 8725 2.8, 3.12: both are JWTs of one issuer for one client, under one key.
        raise AccessTokenError("The token is an ID token.", reason="id_token")
    check_audience(claims, client_id, error=AccessTokenError)
    check_lifetime(claims, now=now, leeway=leeway, error=AccessTokenError)
    return claims
