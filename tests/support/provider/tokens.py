"""Compact JWTs with every way to write them wrong.

How a provider writes them stands in `django_genauth.testing.provider.tokens`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django_genauth.testing.provider.keys import SigningKey, base64url
from django_genauth.testing.provider.tokens import jose_header, left_half_hash, segment

__all__ = ["HONEST", "Edit", "Forgery", "left_half_hash", "write_jwt"]

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
    """Return the claims as a signed compact JWT (RFC 7515 section 7.1), with what is wrong."""
    if isinstance(lie.sign_with, SigningKey):
        key = lie.sign_with
    header = jose_header(key, typ)
    signed = f"{_segment(header, lie.header_edit)}.{_segment(dict(claims), lie.claims_edit)}"
    signature = b"" if lie.sign_with == "nobody" else key.sign(signed.encode("ascii"))
    token = f"{signed}.{base64url(signature)}"
    return lie.token_edit(token) if lie.token_edit else token


def _segment(value: dict[str, Any], edit: Edit | None) -> str:
    edited = edit(value) if edit else value
    return base64url(edited) if isinstance(edited, bytes) else segment(edited)
