"""Signed authorization responses: one token in place of the parameters (JARM 1.0).

What the parameters have to say is checked in `authorization`, when the token was verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django_genauth.protocol.errors import AuthorizationResponseError, ResponseTokenError
from django_genauth.protocol.jws import KeyFinder, unverified_claims, verified_claims
from django_genauth.protocol.registered_claims import (
    audiences,
    check_issuer,
    check_lifetime,
)

__all__ = [
    "response_token",
    "unverified_state",
    "verify_response",
]

# An ID token has these, and the same issuer, audience and key (RFC 8725 3.12).
_OF_ID_TOKENS: Final = frozenset({"sub", "nonce", "at_hash", "c_hash", "s_hash"})
# Keycloak 26 writes it as a claim, and once more as the parameter of RFC 9207.
_REPEATED: Final = "iss"
_NO_PARAMETERS: Final = ("aud", "exp", "iat", "nbf", "jti")


def response_token(parameters: Mapping[str, str]) -> str:
    """Return the token of a response, which holds nothing else.

    Raises AuthorizationResponseError where plain parameters stand beside it or in its place.
    """
    if parameters.keys() != {"response"}:
        # JARM 2.3.4: the answer is the one parameter. Anybody can write others into an address.
        raise AuthorizationResponseError(
            "The response is not the one signed parameter that RESPONSE_MODE asks for.",
            reason="unsigned",
        )
    return parameters["response"]


def unverified_state(parameters: Mapping[str, str]) -> str:
    """Return the state of a response that nobody has verified; empty where there is none.

    It chooses the pending login to look at, and is compared again once the token is verified.
    """
    if "response" not in parameters:
        return parameters.get("state", "")
    state = unverified_claims(parameters["response"], may_repeat=_REPEATED).get("state")
    return state if isinstance(state, str) else ""


def verify_response(
    token: str,
    *,
    algorithm: str,
    find_key: KeyFinder,
    issuer: str,
    client_id: str,
    now: float,
    leeway: float,
) -> dict[str, str]:
    """Verify the token of a response, and return the parameters in it (JARM 2.4).

    Raises ResponseTokenError with the broken rule as its reason, and what `find_key` raises.
    """
    claims = verified_claims(
        token,
        algorithms=(algorithm,),
        find_key=find_key,
        accepted_types=("jwt",),
        error=ResponseTokenError,
        may_repeat=_REPEATED,
    )
    check_issuer(claims, issuer, error=ResponseTokenError)
    if audiences(claims) != [client_id]:
        raise ResponseTokenError(
            "The response is not for this client alone. Compare APP_ID with the app in the"
            " provider's console.",
            reason="aud",
        )
    check_lifetime(claims, now=now, leeway=leeway, error=ResponseTokenError)
    if not _OF_ID_TOKENS.isdisjoint(claims):
        raise ResponseTokenError("The response is a token of another kind.", reason="kind")
    if "response" in claims:
        raise ResponseTokenError("The response holds another response.", reason="nested")
    return _parameters(claims)


def _parameters(claims: Mapping[str, Any]) -> dict[str, str]:
    """Return the claims that are parameters; those of other types are nothing that is read."""
    return {
        name: value
        for name, value in claims.items()
        if name not in _NO_PARAMETERS and isinstance(value, str)
    }
