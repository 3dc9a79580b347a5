"""Where the parameters of a request stand: in the address, in a signed object, or pushed before.

RFC 9101 and RFC 9126. What has to stand in them is checked in `authorization`.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from django_genauth.testing.provider.assertions import open_signed
from django_genauth.testing.provider.grants import Refused

_PREFIX = "urn:ietf:params:oauth:request_uri:"
# In seconds.
LIFETIME = 60
_LONGEST_LIFE = 3600
_REGISTERED = {"iss", "aud", "exp", "nbf", "iat", "jti"}


class PushedRequests:
    """Keep what was pushed, each for one login and a minute."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Mapping[str, str], float]] = {}

    def keep(self, form: Mapping[str, str]) -> str:
        """Keep parameters, and return the request_uri that names them."""
        request_uri = _PREFIX + secrets.token_urlsafe(32)
        self._kept[request_uri] = form, time.time() + LIFETIME
        return request_uri

    def take(self, request_uri: str) -> Mapping[str, str]:
        """Return what a request_uri names, once."""
        form, ends = self._kept.pop(request_uri, ({}, 0.0))
        if time.time() >= ends:
            raise Refused("invalid_request_uri", "the request_uri is unknown, used or over")
        return form


def open_request_object(
    text: str, keys: Sequence[Mapping[str, Any]] | str, *, client_id: str, issuer: str
) -> dict[str, str]:
    """Return the parameters of a request object. Refuses one that is not this client's own."""
    try:
        header, claims = open_signed(text, keys)
    except ValueError as error:
        raise _refused(f"the object {error}") from None
    if header.get("typ") != "oauth-authz-req+jwt":
        raise _refused("the object is a token of another type")
    if (claims.get("iss"), claims.get("client_id")) != (client_id, client_id):
        raise _refused("the object is another client's")
    if claims.get("aud") != issuer:
        raise _refused("the object is for somebody else")
    now = time.time()
    if not claims.get("nbf", now) <= now < claims.get("exp", 0) <= claims["nbf"] + _LONGEST_LIFE:
        raise _refused("the object is over, does not hold yet, or lives too long")
    if not claims.get("jti") or not {"request", "request_uri"}.isdisjoint(claims):
        raise _refused("the object has no jti, or names another request")
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in claims.items()
        if name not in _REGISTERED
    }


def _refused(why: str) -> Refused:
    return Refused("invalid_request_object", why)
