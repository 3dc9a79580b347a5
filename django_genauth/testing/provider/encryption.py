"""Tokens encrypted to the client, as an honest provider writes them (RFC 7516 7.1, RFC 7518).

What is encrypted is a token that `tokens` has signed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import padding as block_padding
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from django_genauth.testing.provider.keys import base64url, base64url_decode

# The octets of the key of each content encryption.
_CONTENT = {
    "A128CBC-HS256": 32,
    "A192CBC-HS384": 48,
    "A256CBC-HS512": 64,
    "A128GCM": 16,
    "A192GCM": 24,
    "A256GCM": 32,
}
_OAEP: Mapping[str, hashes.HashAlgorithm] = {
    "RSA-OAEP": hashes.SHA1(),  # noqa: S303 # what RFC 7518 4.3 calls by this name
    "RSA-OAEP-256": hashes.SHA256(),
}
_CURVES: Mapping[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
}


@dataclass(frozen=True, kw_only=True)
class Encryption:
    """Say how a kind of token is encrypted; `key` is the client's public JWK, or its secret."""

    alg: str
    enc: str
    key: Mapping[str, Any] | str = field(repr=False)


def write_jwe(plaintext: bytes, how: Encryption, further: Mapping[str, Any] | None = None) -> str:
    """Return a compact JWE. `further` are members of the header; None takes one away."""
    size = _CONTENT[how.enc]
    content_key, encrypted_key, members = _content_key(how, size)
    named = {"kid": how.key["kid"]} if isinstance(how.key, Mapping) and "kid" in how.key else {}
    whole = {"alg": how.alg, "enc": how.enc, "cty": "JWT", **named, **members, **(further or {})}
    header = {name: value for name, value in whole.items() if value is not None}
    protected = base64url(json.dumps(header, separators=(",", ":")).encode())
    parts = _encrypted(how.enc, content_key, protected.encode("ascii"), plaintext)
    return ".".join([protected, base64url(encrypted_key), *map(base64url, parts)])


def _content_key(how: Encryption, size: int) -> tuple[bytes, bytes, dict[str, Any]]:
    """Return the key of the content, that key encrypted, and what the header says of it."""
    key = how.key
    if isinstance(key, str):
        if how.alg == "dir":
            return _of_secret(key, size), b"", {}
        return *_wrapped(_of_secret(key, _wrapping_size(how.alg)), size), {}
    if how.alg in _OAEP:
        content_key, digest = os.urandom(size), _OAEP[how.alg]
        modulus, exponent = (
            int.from_bytes(base64url_decode(key[name]), "big") for name in ("n", "e")
        )
        oaep = padding.OAEP(mgf=padding.MGF1(digest), algorithm=digest, label=None)
        public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
        return content_key, public.encrypt(content_key, oaep), {}
    shared, ephemeral = _agreed(key)
    if how.alg == "ECDH-ES":
        return _concat_kdf(shared, how.enc, size), b"", {"epk": ephemeral}
    wrapping = _concat_kdf(shared, how.alg, _wrapping_size(how.alg))
    return *_wrapped(wrapping, size), {"epk": ephemeral}


def _wrapping_size(alg: str) -> int:
    return int(alg[-5:-2]) // 8


def _wrapped(key: bytes, size: int) -> tuple[bytes, bytes]:
    content_key = os.urandom(size)
    return content_key, aes_key_wrap(key, content_key)


def _of_secret(secret: str, size: int) -> bytes:
    """Return the left octets of the secret's hash (OIDC Core 10.2)."""
    name = "sha256" if size <= 32 else "sha384" if size <= 48 else "sha512"
    return hashlib.new(name, secret.encode()).digest()[:size]


def _agreed(key: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
    """Agree upon a secret with a public key; return it, and the public half of ours."""
    if key["kty"] == "OKP":
        ours = x25519.X25519PrivateKey.generate()
        theirs = x25519.X25519PublicKey.from_public_bytes(base64url_decode(key["x"]))
        point = base64url(ours.public_key().public_bytes_raw())
        return ours.exchange(theirs), {"kty": "OKP", "crv": "X25519", "x": point}
    curve = _CURVES[key["crv"]]
    x, y = (int.from_bytes(base64url_decode(key[name]), "big") for name in ("x", "y"))
    private = ec.generate_private_key(curve)
    shared = private.exchange(ec.ECDH(), ec.EllipticCurvePublicNumbers(x, y, curve).public_key())
    numbers, size = private.public_key().public_numbers(), (curve.key_size + 7) // 8
    return shared, {
        "kty": "EC",
        "crv": key["crv"],
        "x": base64url(numbers.x.to_bytes(size, "big")),
        "y": base64url(numbers.y.to_bytes(size, "big")),
    }


def _concat_kdf(shared: bytes, name: str, size: int) -> bytes:
    """Derive a key (RFC 7518 4.6.2), with neither apu nor apv."""
    about = struct.pack(">I", len(name)) + name.encode() + bytes(8) + struct.pack(">I", size * 8)
    rounds = range(1, 1 + -(-size // 32))
    made = [hashlib.sha256(struct.pack(">I", each) + shared + about).digest() for each in rounds]
    return b"".join(made)[:size]


def _encrypted(enc: str, key: bytes, header: bytes, plaintext: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the initialization vector, the ciphertext and the tag."""
    if enc.endswith("GCM"):
        vector = os.urandom(12)
        sealed = AESGCM(key).encrypt(vector, plaintext, header)
        return vector, sealed[:-16], sealed[-16:]
    half = len(key) // 2
    vector, padder = os.urandom(16), block_padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key[half:]), modes.CBC(vector)).encryptor()
    padded = padder.update(plaintext) + padder.finalize()
    ciphertext = encryptor.update(padded) + encryptor.finalize()
    signed = header + vector + ciphertext + struct.pack(">Q", len(header) * 8)
    return vector, ciphertext, hmac.digest(key[:half], signed, f"sha{enc[-3:]}")[:half]
