"""Signed tokens: compact framing, the header's rules, and the signature (RFC 7515, RFC 8725).

The token is taken apart once, and what is verified are the bytes that are read. Which claims a
token has to hold is the business of the module that knows the token.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from jwcrypto.common import JWException
from jwcrypto.jwa import JWA
from jwcrypto.jwk import JWK

from django_genauth.protocol.errors import ProviderError
from django_genauth.protocol.messages import read_json_object

__all__ = ["ALGORITHMS", "Key", "KeyFinder", "verified_claims"]

Key = JWK

# RFC 7518 3.1 and RFC 8037 3.1, less `none`. The number is what an elliptic-curve signature has
# to measure in octets (RFC 7518 3.4), and 0 where the primitive itself minds the length.
ALGORITHMS: Final = {
    "HS256": 0,
    "HS384": 0,
    "HS512": 0,
    "RS256": 0,
    "RS384": 0,
    "RS512": 0,
    "PS256": 0,
    "PS384": 0,
    "PS512": 0,
    "ES256": 64,
    "ES384": 96,
    "ES512": 132,
    "EdDSA": 0,
}

# Called with the pinned algorithm and the header's kid; raises a ProviderError if there is no key.
KeyFinder = Callable[[str, str | None], Key]

# A token that a browser has to carry as id_token_hint is of a few thousand characters.
_MAX_CHARACTERS: Final = 100_000
_COMPACT: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)")


def verified_claims(
    token: str,
    *,
    algorithms: Collection[str],
    find_key: KeyFinder,
    accepted_types: Collection[str],
    error: type[ProviderError],
) -> dict[str, Any]:
    """Verify a compact JWS and return the claims that it signs.

    The algorithms are pinned by the caller, the header can only agree (RFC 8725 3.1). A header
    without `typ` is accepted, any other only if its type is among `accepted_types`, which are in
    lower case (RFC 8725 3.11). Raises `error`, with the broken rule as its reason.
    """
    if len(token) > _MAX_CHARACTERS:
        raise error("The token is longer than 100,000 characters.", reason="too_long")
    if token.count(".") == 4:
        raise error("The token is encrypted, which was not asked for.", reason="encrypted")
    parts = _COMPACT.fullmatch(token)
    if parts is None:
        raise error("The token is not three segments of base64url.", reason="framing")
    header_segment, payload_segment, signature_segment = parts.groups()
    header = read_json_object(_decode(header_segment, error), error=error)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise error(
            f"The token is not signed with {' or '.join(sorted(algorithms))}, which"
            " ID_TOKEN_SIGNED_RESPONSE_ALG decides.",
            reason="alg",
        )
    if "crit" in header:
        # RFC 7515 4.1.11: whoever does not understand a critical extension has to refuse, and
        # this module understands none. An empty list is forbidden too.
        raise error("The token's header has a critical extension.", reason="crit")
    token_type = header.get("typ")
    if token_type is not None and not (
        isinstance(token_type, str)
        and token_type.lower().removeprefix("application/") in accepted_types
    ):
        raise error("The token is of another type than it should be.", reason="typ")
    kid = header.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise error("The token's key id is not text.", reason="kid")
    # jku, jwk, x5u and x5c are not looked at: the token does not choose its own judge.
    _check_signature(
        algorithm,
        find_key(algorithm, kid),
        signing_input=f"{header_segment}.{payload_segment}".encode("ascii"),
        signature=_decode(signature_segment, error),
        error=error,
    )
    return read_json_object(_decode(payload_segment, error), error=error)


def _decode(segment: str, error: type[ProviderError]) -> bytes:
    try:
        octets = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError:
        raise error("A segment of the token is not base64url.", reason="framing") from None
    if urlsafe_b64encode(octets).rstrip(b"=") != segment.encode("ascii"):
        # Bits that no octet uses: two texts for one token (RFC 4648 3.5).
        raise error("A segment of the token is not canonical base64url.", reason="framing")
    return octets


def _check_signature(
    algorithm: str, key: Key, *, signing_input: bytes, signature: bytes, error: type[ProviderError]
) -> None:
    length = ALGORITHMS[algorithm]
    try:
        if not signature or (length and len(signature) != length):
            raise ValueError("a signature of another length")
        JWA.signing_alg(algorithm).verify(  # type: ignore[attr-defined] # not in its stubs
            key, signing_input, signature
        )
    except (InvalidSignature, JWException, TypeError, ValueError):
        raise error(
            "The token's signature is not by the expected key.", reason="signature"
        ) from None
