"""Signed tokens: compact framing, the header's rules, and the signature (RFC 7515, RFC 8725).

A token is taken apart once: the bytes that are verified are the bytes that are read. The module
of each kind of token decides which claims it has to hold.
"""

from __future__ import annotations

import json
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Collection, Mapping
from functools import cache
from hmac import compare_digest, digest
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from django_genauth.protocol.errors import IDTokenError, ProviderError
from django_genauth.protocol.messages import LONGEST_TOKEN, read_json_object

__all__ = [
    "ALGORITHMS",
    "UNSUPPORTED_ALGORITHMS",
    "Key",
    "KeyFinder",
    "canonical_algorithm",
    "decode_segment",
    "named_algorithm",
    "read_header",
    "signed",
    "unverified_claims",
    "verified_claims",
    "verified_token",
]

if TYPE_CHECKING:
    from jwcrypto.jwk import JWK

Key: TypeAlias = "JWK"

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

# RFC 8812 3.2 and RFC 9864 2.2: left out on purpose, and named when a token has one.
UNSUPPORTED_ALGORITHMS: Final = ("ES256K", "Ed448")

_TO_BASE64URL: Final = bytes.maketrans(b"+/", b"-_")

# What is not of base64url's alphabet has to stay out of base64's, too (RFC 4648 5).
_TO_BASE64: Final = bytes.maketrans(b"-_+/=", b"+/   ")

# Called with the pinned algorithm and the header's kid; raises a ProviderError if there is no key.
# Octets are a secret, for HMAC alone, so that neither kind of key can be taken for the other.
KeyFinder: TypeAlias = "Callable[[str, str | None], Key | bytes]"


def verified_claims(
    token: str,
    *,
    algorithms: Collection[str],
    find_key: KeyFinder,
    accepted_types: Collection[str],
    error: type[ProviderError],
    may_repeat: str | None = None,
) -> dict[str, Any]:
    """Verify a compact JWS and return the claims that it signs; see `verified_token`."""
    return verified_token(
        token,
        algorithms=algorithms,
        find_key=find_key,
        accepted_types=accepted_types,
        error=error,
        may_repeat=may_repeat,
    )[1]


def verified_token(
    token: str,
    *,
    algorithms: Collection[str],
    find_key: KeyFinder,
    accepted_types: Collection[str],
    error: type[ProviderError],
    setting: str = "ID_TOKEN_SIGNED_RESPONSE_ALG",
    may_repeat: str | None = None,
) -> tuple[str, dict[str, Any]]:
    """Verify a compact JWS, and return its type and the claims that it signs.

    The algorithms are pinned by the caller, the header can only agree (RFC 8725 3.1); `setting`
    names the key of GENAUTH that decides. A header without `typ` is accepted, any other only if its
    type is among `accepted_types`, which are in lower case (RFC 8725 3.11). The type is returned in
    that form, and empty where there is none. `may_repeat` is a claim that may stand several times
    with one value. Raises `error`, with the broken rule as its reason.
    """
    if len(token) > LONGEST_TOKEN:
        raise error(f"The token is longer than {LONGEST_TOKEN:,} characters.", reason="too_long")
    segments = token.encode("utf-8", "surrogatepass").split(b".")
    if len(segments) == 5:
        raise error(
            "The token is encrypted, and no setting expects that. Set"
            " ID_TOKEN_ENCRYPTED_RESPONSE_ALG, or USERINFO_ENCRYPTED_RESPONSE_ALG for userinfo; or"
            " switch encryption off in the provider's console.",
            reason="encrypted",
        )
    if len(segments) != 3 or not (segments[0] and segments[1]):
        raise error("The token is not three segments of base64url.", reason="framing")
    header = read_json_object(decode_segment(segments[0], error), error=error)
    payload = decode_segment(segments[1], error)
    signature = decode_segment(segments[2], error)
    algorithm = canonical_algorithm(header.get("alg"))
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        if algorithm in UNSUPPORTED_ALGORITHMS:
            raise error(
                f"The token is signed with {algorithm}, which is not supported. Choose another"
                " signature algorithm for the app in the provider's console.",
                reason="alg",
            )
        raise error(
            f"The token is not signed with {' or '.join(sorted(algorithms))}, which {setting}"
            f" decides. Set {setting} to the algorithm that the provider's console shows for the"
            " app.",
            reason="alg",
        )
    if "crit" in header:
        # RFC 7515 4.1.11: whoever does not understand a critical extension has to refuse, and
        # this module understands none. An empty list is forbidden too.
        raise error("The token's header has a critical extension.", reason="crit")
    token_type = header.get("typ")
    if isinstance(token_type, str):
        token_type = token_type.lower().removeprefix("application/")
    if token_type is not None and not (
        isinstance(token_type, str) and token_type in accepted_types
    ):
        raise error("The token is of another type than it should be.", reason="typ")
    kid = header.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise error("The token's key id is not text.", reason="kid")
    # jku, jwk, x5u and x5c are not looked at: the token does not choose its own judge.
    _check_signature(
        algorithm,
        find_key(algorithm, kid),
        signing_input=b".".join(segments[:2]),
        signature=signature,
        error=error,
    )
    claims = read_json_object(payload, error=error, is_signed=True, may_repeat=may_repeat)
    return token_type or "", claims


def signed(claims: Mapping[str, Any], key: Key | bytes, *, header: Mapping[str, Any]) -> str:
    """Return a compact JWS of claims (RFC 7515 7.1); the header's `alg` is the algorithm.

    Octets are a secret, for the HS algorithms alone.
    """
    algorithm = header["alg"]
    parts = (json.dumps(each, separators=(",", ":")).encode() for each in (header, claims))
    signing_input = b".".join(map(_encode, parts))
    if isinstance(key, bytes):
        signature = digest(key, signing_input, f"sha{algorithm[2:]}")
    else:
        signature = _primitive(algorithm).sign(key, signing_input)
    return b".".join((signing_input, _encode(signature))).decode("ascii")


def canonical_algorithm(name: object) -> object:
    """Return EdDSA for Ed25519, its newer name (RFC 9864 2.2), and any other name as it is.

    EdDSA is Ed25519 here, as Ed448 is not supported.
    """
    return "EdDSA" if name == "Ed25519" else name


def named_algorithm(token: str) -> str | None:
    """Return which of ALGORITHMS the header of an ID token names, or None.

    For a sentence to the developer alone: a token does not choose the algorithm that verifies it.
    """
    try:
        header = read_header(token, error=IDTokenError)
    except IDTokenError:
        return None
    name = canonical_algorithm(header.get("alg"))
    return name if isinstance(name, str) and name in ALGORITHMS else None


def unverified_claims(token: str, *, may_repeat: str | None = None) -> dict[str, Any]:
    """Return the claims of a compact JWS that nobody has verified, and none of any other text.

    For what decides nothing, such as where to look for that which verifies it.
    """
    segments = token.encode("utf-8", "surrogatepass").split(b".")
    if len(token) > LONGEST_TOKEN or len(segments) != 3:
        return {}
    try:
        payload = decode_segment(segments[1], IDTokenError)
        return read_json_object(payload, error=IDTokenError, may_repeat=may_repeat)
    except IDTokenError:
        return {}


def read_header(token: str, *, error: type[ProviderError]) -> dict[str, Any]:
    """Return the header of a signed token, which nobody has verified yet. Raises `error`."""
    segment = token.encode("utf-8", "surrogatepass").partition(b".")[0]
    return read_json_object(decode_segment(segment, error), error=error)


def _encode(octets: bytes) -> bytes:
    return b2a_base64(octets, newline=False).rstrip(b"=").translate(_TO_BASE64URL)


def decode_segment(segment: bytes, error: type[ProviderError]) -> bytes:
    """Decode a segment of a token, which is canonical base64url (RFC 7515 2)."""
    base64 = segment.translate(_TO_BASE64)
    try:
        octets = a2b_base64(base64 + b"==")
    except ValueError:
        raise error("A segment of the token is not base64url.", reason="framing") from None
    if b2a_base64(octets, newline=False).rstrip(b"=") != base64:
        # Letters outside the alphabet are passed over by the decoder, and so are bits at the end
        # that no octet uses; one token would have several texts (RFC 4648 3.3, 3.5).
        raise error("A segment of the token is not canonical base64url.", reason="framing")
    return octets


def _check_signature(
    algorithm: str,
    key: Key | bytes,
    *,
    signing_input: bytes,
    signature: bytes,
    error: type[ProviderError],
) -> None:
    length = ALGORITHMS[algorithm]
    try:
        if not signature or (length and len(signature) != length):
            raise ValueError("a signature of another length")
        if isinstance(key, bytes):
            if not algorithm.startswith("HS"):
                raise ValueError("a secret for an algorithm of key pairs")
            if not compare_digest(digest(key, signing_input, f"sha{algorithm[2:]}"), signature):
                raise ValueError("a MAC by another key")
        else:
            _primitive(algorithm).verify(key, signing_input, signature)
    except Exception:  # noqa: BLE001 # whatever the library raises, nothing was verified
        raise error(
            "The token's signature is not by the expected key, which is APP_SECRET for the HS"
            " algorithms, and for the others one that the provider publishes.",
            reason="signature",
        ) from None


@cache
def _primitive(algorithm: str) -> Any:
    """Return what signs and verifies with an algorithm; it holds no state between two tokens."""
    # A process that does neither does without the library, which takes memory and time to load.
    from jwcrypto.jwa import JWA

    return JWA.signing_alg(algorithm)
