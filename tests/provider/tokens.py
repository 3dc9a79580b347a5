"""Compact JWTs as a provider writes them, and every way to write them wrong.

Which claims a token of which endpoint has stands in `scripted`; the keys stand in `keys`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.provider.keys import SigningKey, base64url

# An edit may return a new object, or the bytes of the segment where no object says what is
# wanted (a member that stands twice, NaN, text that is no UTF-8).
Edit = Callable[[dict[str, Any]], Mapping[str, Any] | bytes]


@dataclass(frozen=True, kw_only=True)
class Forgery:
    """Say what is wrong with a token; without arguments: nothing.

    `header_edit` and `claims_edit` take the honest object and return another one or raw bytes.
    `sign_with` is another key, whose `alg` and `kid` go into the header before it is edited, or
    "nobody" for an empty signature. `token_edit` takes the finished text.
    """

    header_edit: Edit | None = None
    claims_edit: Edit | None = None
    sign_with: SigningKey | Literal["provider", "nobody"] = "provider"
    token_edit: Callable[[str], str] | None = None


HONEST = Forgery()


def write_jwt(
    claims: Mapping[str, Any], key: SigningKey, *, typ: str | None = "JWT", lie: Forgery = HONEST
) -> str:
    """Return the claims as a signed compact JWT (RFC 7515 section 7.1)."""
    if isinstance(lie.sign_with, SigningKey):
        key = lie.sign_with
    header = {"alg": key.alg, "typ": typ, "kid": key.kid}
    present = {name: value for name, value in header.items() if value is not None}
    signed = f"{_segment(present, lie.header_edit)}.{_segment(dict(claims), lie.claims_edit)}"
    signature = b"" if lie.sign_with == "nobody" else key.sign(signed.encode("ascii"))
    token = f"{signed}.{base64url(signature)}"
    return lie.token_edit(token) if lie.token_edit else token


def left_half_hash(value: str, alg: str) -> str:
    """Return what `at_hash`, `c_hash` and `s_hash` hold (OIDC Core 3.1.3.6 and 3.3.2.11)."""
    # Ed25519 hashes with SHA-512 inside, and so do its users here.
    name = "sha512" if alg == "EdDSA" else f"sha{alg[-3:]}"
    digest = hashlib.new(name, value.encode("ascii")).digest()
    return base64url(digest[: len(digest) // 2])


def _segment(value: dict[str, Any], edit: Edit | None) -> str:
    edited = edit(value) if edit else value
    if not isinstance(edited, bytes):
        edited = json.dumps(edited, separators=(",", ":")).encode("utf-8")
    return base64url(edited)
