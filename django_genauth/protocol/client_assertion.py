"""Client assertions: a client proves who it is by a signed token (RFC 7523 2.2, OIDC Core 9).

A signed one shows the provider no secret, and is good for one request and a minute.
"""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Final

from django_genauth.protocol.client_keys import ClientKey
from django_genauth.protocol.jwks import secret_key
from django_genauth.protocol.jws import signed

__all__ = ["client_assertion"]

# In seconds; longer than a request may take, and too short to be of use to a thief.
_LIFETIME: Final = 60


def client_assertion(
    client_id: str, key: ClientKey | str, *, algorithm: str, audience: str, now: float
) -> str:
    """Return a fresh assertion for one request.

    `key` is a private key, or the client secret for the HS algorithms. `audience` is one text: of a
    list each member could use the assertion at the others (RFC 7523bis 4). `now` is in epoch
    seconds. Raises ConfigurationError for a secret that is too short.
    """
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        # RFC 7523 3: the provider takes each once.
        "jti": token_urlsafe(32),
        "iat": int(now),
        "exp": int(now) + _LIFETIME,
    }
    if isinstance(key, str):
        return signed(claims, secret_key(key, algorithm), header={"alg": algorithm, "typ": "JWT"})
    header = {"alg": algorithm, "typ": "JWT", "kid": key.kid}
    if key.certificate is not None:
        # RFC 7515 4.1.8: Microsoft Entra finds the key by it.
        header["x5t#S256"] = key.certificate
    return signed(claims, key.jwk, header=header)
