"""Access tokens that are JWTs: verified without asking the provider (RFC 9068 4, RFC 7519).

What a token allows is decided by the API that it is for, not here.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django_genauth.protocol.errors import AccessTokenError
from django_genauth.protocol.jws import KeyFinder, verified_claims
from django_genauth.protocol.registered_claims import (
    audiences,
    check_issuer,
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
    audience: str | Collection[str] | None = None,
) -> dict[str, Any]:
    """Verify signature, issuer, audience and lifetime, and return the claims.

    `audience` is what `aud` has to name, or one of several; None is the client id. A machine's
    token has no sub, so none is asked for. Raises AccessTokenError.
    """
    claims = verified_claims(
        token,
        algorithms=algorithms,
        find_key=find_key,
        accepted_types={"jwt", "at+jwt"},
        error=AccessTokenError,
    )
    check_issuer(claims, issuer, error=AccessTokenError)
    if not is_access_token(claims):
        raise AccessTokenError(
            "The token has no scope or client_id, or a claim of ID tokens.", reason="id_token"
        )
    _check_audience(claims, client_id if audience is None else audience)
    if "cnf" in claims:
        # RFC 7800 3.1, RFC 8705 3, RFC 9449 6: whoever shows the token has to prove a key, too.
        raise AccessTokenError(
            "The access token is bound to a key (cnf), and no proof of it is checked here. Switch"
            " DPoP or certificate-bound tokens off for the app at the provider.",
            reason="cnf",
        )
    check_lifetime(claims, now=now, leeway=leeway, error=AccessTokenError)
    return claims


def _check_audience(claims: dict[str, Any], audience: str | Collection[str]) -> None:
    # RFC 9068 4: a token for another resource is not for this one, whatever else it says.
    accepted = [audience] if isinstance(audience, str) else list(audience)
    if not any(each in accepted for each in audiences(claims)):
        raise AccessTokenError(
            f"The access token's aud does not name {' or '.join(accepted)}. Add it at the provider:"
            " at Keycloak by an Audience mapper (without one aud is `account`), at Ory Hydra by"
            " `audience` in AUTHORIZE_PARAMS (without it aud is empty). Or name as audience what"
            " the provider writes there (Glewlwyd: the scopes).",
            reason="aud",
        )
