"""Client assertions, and what else a client signs, as an honest provider reads it.

RFC 7523 3, OIDC Core 9.
"""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from django_genauth.testing.provider.grants import Refused
from django_genauth.testing.provider.keys import base64url_decode

_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# In seconds: an assertion that lives longer is one to steal.
_LONGEST_LIFE = 300
_HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
_CURVES: Mapping[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
}


def check_assertion(
    form: Mapping[str, str],
    *,
    client_id: str,
    keys: Sequence[Mapping[str, Any]] | str,
    audiences: Sequence[str],
    used: set[str],
) -> None:
    """Refuse an assertion that is not of this client, for this provider, fresh and unused.

    `keys` are the client's public keys, or its secret; `used` gets the assertion's `jti`.
    """
    if form.get("client_assertion_type") != _TYPE or "client_secret" in form:
        raise _refused("this client sends an assertion, and no secret")
    try:
        _, claims = open_signed(form.get("client_assertion", ""), keys)
    except ValueError as error:
        raise _refused(f"the assertion {error}") from None
    if (claims.get("iss"), claims.get("sub")) != (client_id, client_id):
        raise _refused("the assertion is another client's")
    # Of a list, each member could show it to the others.
    if claims.get("aud") not in audiences:
        raise _refused("the assertion is for somebody else")
    now = time.time()
    if not now - 30 < claims.get("exp", 0) <= now + _LONGEST_LIFE:
        raise _refused("the assertion is over, or lives too long")
    if not claims.get("jti") or claims["jti"] in used:
        raise _refused("the assertion was used before")
    used.add(claims["jti"])


def open_signed(
    token: str, keys: Sequence[Mapping[str, Any]] | str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a token that the client signed. Raises ValueError."""
    try:
        head, body, end = token.split(".")
        header, claims = (json.loads(base64url_decode(each)) for each in (head, body))
        signature = base64url_decode(end)
    except ValueError:
        raise ValueError("is no signed token") from None
    _check_signature(header, f"{head}.{body}".encode(), signature, keys)
    return header, claims


def _check_signature(
    header: Mapping[str, Any],
    data: bytes,
    signature: bytes,
    keys: Sequence[Mapping[str, Any]] | str,
) -> None:
    alg = str(header.get("alg"))
    if isinstance(keys, str):
        mac = hmac.digest(keys.encode(), data, f"sha{alg[-3:]}") if alg.startswith("HS") else b""
        if not hmac.compare_digest(mac, signature):
            raise ValueError("is not signed with the secret")
        return
    named = [key for key in keys if key["kid"] == header.get("kid")]
    try:
        verify_signature(named[0], alg, data, signature)
    except (InvalidSignature, IndexError, ValueError):
        raise ValueError("is not signed with a registered key") from None


def verify_signature(key: Mapping[str, Any], alg: str, data: bytes, signature: bytes) -> None:
    """Verify a signature with a public JWK. Raises InvalidSignature, KeyError or ValueError."""
    numbers = {name: base64url_decode(key[name]) for name in ("n", "e", "x", "y") if name in key}
    if key["kty"] == "OKP":
        ed25519.Ed25519PublicKey.from_public_bytes(numbers["x"]).verify(signature, data)
        return
    digest = _HASHES[alg[-3:]]
    whole = {name: int.from_bytes(octets, "big") for name, octets in numbers.items()}
    if key["kty"] == "EC":
        curve = _CURVES[key["crv"]]
        half = len(signature) // 2
        r, s = (int.from_bytes(each, "big") for each in (signature[:half], signature[half:]))
        point = ec.EllipticCurvePublicNumbers(whole["x"], whole["y"], curve).public_key()
        point.verify(encode_dss_signature(r, s), data, ec.ECDSA(digest))
        return
    pss = padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
    how = pss if alg.startswith("PS") else padding.PKCS1v15()
    rsa.RSAPublicNumbers(whole["e"], whole["n"]).public_key().verify(signature, data, how, digest)


def _refused(why: str) -> Refused:
    return Refused("invalid_client", why, status=401)
