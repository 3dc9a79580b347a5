"""Request objects: an authorization request as a signed token (RFC 9101, OIDC Core 6.1).

Whoever changes the address in the browser breaks the signature.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from secrets import token_urlsafe
from typing import Any, Final

from django_genauth.protocol.authorization import AuthorizationRequest
from django_genauth.protocol.client_keys import ClientKey
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.protocol.jwks import secret_key
from django_genauth.protocol.jws import signed

__all__ = ["request_object", "signed_parameters"]

# In seconds. The provider reads the object at once, or as soon as a slow browser brings it.
_LIFETIME: Final = 300
# In seconds. A provider whose clock is behind refuses what does not hold yet; FAPI 2.0 Message
# Signing 5.4.1 allows an hour.
_BEFORE: Final = 30
_REGISTERED: Final = ("iss", "sub", "aud", "exp", "nbf", "iat", "jti")


def request_object(
    request: AuthorizationRequest,
    key: ClientKey | str,
    *,
    algorithm: str,
    issuer: str,
    now: float,
) -> str:
    """Return an authorization request as a signed token, for this provider and five minutes.

    `key` is a private key, or the client secret for the HS algorithms. `now` is in epoch seconds.
    Raises ConfigurationError for a parameter that has the name of a registered claim.
    """
    claims = {
        **_claims(request.parameters()),
        "iss": request.client_id,
        # One text: of a list each member could use the object at the others.
        "aud": issuer,
        "jti": token_urlsafe(32),
        "iat": int(now),
        "nbf": int(now) - _BEFORE,
        "exp": int(now) + _LIFETIME,
    }
    # RFC 9101 10.8: with a type of its own, no other token passes for it.
    header = {"alg": algorithm, "typ": "oauth-authz-req+jwt"}
    if isinstance(key, str):
        return signed(claims, secret_key(key, algorithm), header=header)
    return signed(claims, key.jwk, header={**header, "kid": key.kid})


def signed_parameters(request: AuthorizationRequest, token: str) -> list[tuple[str, str]]:
    """Return the parameters of the address that carries a request object.

    OIDC Core 6.1 demands the type and the scope openid outside, too. RFC 9101 6.3: the provider
    uses what is inside, and nothing else.
    """
    is_oidc = "openid" in request.scope.split()
    demanded = [("response_type", request.response_type), ("scope", "openid")] if is_oidc else []
    return [("client_id", request.client_id), *demanded, ("request", token)]


def _claims(parameters: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return parameters as claims: a number is one, and what repeats a name is a list."""
    claims: dict[str, Any] = {}
    for name, text in parameters:
        if name in _REGISTERED:
            raise ConfigurationError(
                f"{name!r} cannot be among the parameters of a signed request.",
                reason="authorize_params",
            )
        value = _value(name, text)
        if name in claims:
            known = claims[name]
            claims[name] = [*(known if isinstance(known, list) else [known]), value]
        else:
            claims[name] = value
    return claims


def _value(name: str, text: str) -> Any:
    # RFC 9101 4: numbers are JSON numbers. OIDC Core 6.1: so is `claims` a JSON object.
    if name == "max_age" and re.fullmatch("[0-9]{1,9}", text):
        return int(text)
    if name in ("claims", "authorization_details"):
        try:
            return json.loads(text)
        except ValueError:
            raise ConfigurationError(f"{name} is no JSON.", reason="authorize_params") from None
    return text
