"""Signing keys of a provider: making them, signing with them, publishing them.

What is signed stands in `tokens`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
_CURVES: dict[str, tuple[str, ec.EllipticCurve]] = {
    "ES256": ("P-256", ec.SECP256R1()),
    "ES384": ("P-384", ec.SECP384R1()),
    "ES512": ("P-521", ec.SECP521R1()),
}


def base64url(data: bytes) -> str:
    """Encode without padding, as RFC 7515 has it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def base64url_decode(text: str) -> bytes:
    """Decode text without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class SigningKey:
    """Hold one key together with the one algorithm that it signs with.

    `dataclasses.replace(key, alg="PS256")` gives the same key under another algorithm, and
    `replace(key, kid=None)` one that names itself in no header.
    """

    alg: str
    private: PrivateKey | bytes
    kid: str | None = None

    def sign(self, data: bytes) -> bytes:
        """Sign as RFC 7518 section 3 and RFC 8037 describe."""
        key = self.private
        if isinstance(key, bytes):
            return hmac.digest(key, data, f"sha{self.alg[-3:]}")
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return key.sign(data)
        digest = _HASHES[self.alg[-3:]]
        if isinstance(key, ec.EllipticCurvePrivateKey):
            size = (key.key_size + 7) // 8
            r, s = decode_dss_signature(key.sign(data, ec.ECDSA(digest)))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        if self.alg.startswith("PS"):
            pss = padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
            return key.sign(data, pss, digest)
        return key.sign(data, padding.PKCS1v15(), digest)

    @cached_property
    def public_jwk(self) -> dict[str, Any]:
        """Return the public key as it stands in a key set; a secret has none."""
        if isinstance(self.private, bytes):
            raise TypeError("a shared secret is not published")
        jwk: dict[str, Any] = {**_public_members(self.private), "use": "sig", "alg": self.alg}
        return jwk if self.kid is None else {**jwk, "kid": self.kid}

    @cached_property
    def public_pem(self) -> bytes:
        """Return the public key as text, which an algorithm confusion takes for a secret."""
        if isinstance(self.private, bytes):
            raise TypeError("a shared secret is not published")
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )


def secret_key(alg: str, secret: str | bytes, kid: str | None = None) -> SigningKey:
    """Return a key that signs with a shared secret, as HS256 does with the client's."""
    return SigningKey(alg, secret.encode("utf-8") if isinstance(secret, str) else secret, kid)


def signing_key(alg: str, number: int = 0, *, bits: int = 2048) -> SigningKey:
    """Return the process's signing key of that algorithm and number.

    The same call gives the same key. RS and PS algorithms of one number share one RSA key, since
    making those is slow. `bits` is for keys too short to be trusted.
    """
    private = _private(alg if alg in _CURVES or alg == "EdDSA" else "RSA", number, bits)
    return SigningKey(alg, private, thumbprint(_public_members(private)))


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """Return the RFC 7638 thumbprint, which GenAuth uses for a `kid`."""
    members = {name: jwk[name] for name in ("crv", "e", "kty", "n", "x", "y") if name in jwk}
    text = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return base64url(hashlib.sha256(text.encode("ascii")).digest())


@cache
def _private(family: str, number: int, bits: int) -> PrivateKey:
    if family == "RSA":
        return rsa.generate_private_key(public_exponent=65537, key_size=bits)
    if family == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(_CURVES[family][1])


def _public_members(private: PrivateKey) -> dict[str, str]:
    if isinstance(private, rsa.RSAPrivateKey):
        rsa_numbers = private.public_key().public_numbers()
        return {"kty": "RSA", "n": _integer(rsa_numbers.n), "e": _integer(rsa_numbers.e)}
    if isinstance(private, ed25519.Ed25519PrivateKey):
        point = private.public_key().public_bytes_raw()
        return {"kty": "OKP", "crv": "Ed25519", "x": base64url(point)}
    size = (private.key_size + 7) // 8
    name = next(name for name, curve in _CURVES.values() if curve.name == private.curve.name)
    ec_numbers = private.public_key().public_numbers()
    return {
        "kty": "EC",
        "crv": name,
        "x": base64url(ec_numbers.x.to_bytes(size, "big")),
        "y": base64url(ec_numbers.y.to_bytes(size, "big")),
    }


def _integer(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))
