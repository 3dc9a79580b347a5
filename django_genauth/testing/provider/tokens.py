"""Compact JWTs as a provider writes them (RFC 7515 section 7.1).

Which claims a token has stands in `mint`; the keys stand in `keys`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django_genauth.testing.provider.keys import SigningKey, base64url


def write_jwt(claims: Mapping[str, Any], key: SigningKey, *, typ: str = "JWT") -> str:
    """Return the claims as a signed compact JWT."""
    signed = f"{segment(jose_header(key, typ))}.{segment(claims)}"
    return f"{signed}.{base64url(key.sign(signed.encode('ascii')))}"


def jose_header(key: SigningKey, typ: str | None) -> dict[str, Any]:
    """Return the header of a token that a key signs; what is None is left out."""
    header = {"alg": key.alg, "typ": typ, "kid": key.kid}
    return {name: value for name, value in header.items() if value is not None}


def segment(value: Mapping[str, Any]) -> str:
    """Return an object as one part of a compact JWT."""
    return base64url(json.dumps(value, separators=(",", ":")).encode("utf-8"))


def left_half_hash(value: str, alg: str) -> str:
    """Return what `at_hash`, `c_hash` and `s_hash` hold (OIDC Core 3.1.3.6 and 3.3.2.11)."""
    # Ed25519 hashes with SHA-512 inside, and so do its users here.
    name = "sha512" if alg == "EdDSA" else f"sha{alg[-3:]}"
    digest = hashlib.new(name, value.encode("ascii")).digest()
    return base64url(digest[: len(digest) // 2])
