"""The proof of a client that shows a DPoP-bound token to an API (RFC 9449 4.3, 7.1).

How this site proves a key of its own stands in `dpop`; that a proof is used once is seen to by the
caller.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from django_genauth.protocol.dpop import token_digest
from django_genauth.protocol.errors import DpopProofError
from django_genauth.protocol.jwks import public_key
from django_genauth.protocol.jws import ALGORITHMS, Key, read_header, verified_token

__all__ = ["PROOF_ALGORITHMS", "PROOF_LIFETIME", "verify_proof"]

# RFC 9449 4.3 (5): asymmetric, and none of them `none`.
PROOF_ALGORITHMS: Final = tuple(name for name in ALGORITHMS if not name.startswith("HS"))
# In seconds: how old a proof may be. It is made for one request, so that it is on its way only.
PROOF_LIFETIME: Final = 60
_TYPE: Final = "dpop+jwt"
# In characters: an RSA key of 4,096 bits and its signature have room.
_LONGEST: Final = 8_000
_LONGEST_ID: Final = 500
# In letters of base64url: the modulus of 4,096 bits, and an exponent that costs no more than usual.
_LONGEST_MEMBERS: Final = {"n": 700, "e": 8}
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
# RFC 7638 3.2, RFC 8037 2: what the thumbprint of a key is made of.
_OF_THUMBPRINT: Final = {
    "EC": ("crv", "kty", "x", "y"),
    "OKP": ("crv", "kty", "x"),
    "RSA": ("e", "kty", "n"),
}
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


def verify_proof(
    proof: str | None,
    *,
    method: str,
    origin: str,
    path: str,
    access_token: str,
    thumbprint: str,
    now: float,
    leeway: float,
    algorithms: Collection[str] = PROOF_ALGORITHMS,
) -> str:
    """Verify the proof of a request, and return a digest by which it is known again.

    `origin` is the scheme and host that the client called, `path` the path, decoded. `thumbprint`
    is that of the key to which the access token is bound. Raises DpopProofError.
    """
    # Servers join two headers with a comma, which stands in no proof (4.3 (1)).
    if proof is None or "," in proof or len(proof) > _LONGEST:
        raise DpopProofError("The request has no single DPoP proof.", reason="missing")
    key = _key_in(proof, thumbprint)
    token_type, claims = verified_token(
        proof,
        algorithms=algorithms,
        find_key=lambda algorithm, kid: _fitting(key, algorithm),
        accepted_types=(_TYPE,),
        error=DpopProofError,
    )
    if token_type != _TYPE:
        raise DpopProofError("The proof has no type of its own.", reason="typ")
    if claims.get("htm") != method:
        raise DpopProofError("The proof is for another method.", reason="htm")
    if not _names(claims.get("htu"), origin, path):
        raise DpopProofError(
            "The proof is for another address. Behind a proxy, compare SECURE_PROXY_SSL_HEADER and"
            " USE_X_FORWARDED_HOST with what it sends.",
            reason="htu",
        )
    made_at = claims.get("iat")
    if isinstance(made_at, bool) or not isinstance(made_at, int | float):
        raise DpopProofError("The proof does not say when it was made.", reason="iat")
    if not -leeway <= now - made_at <= PROOF_LIFETIME + leeway:
        raise DpopProofError("The proof is too old, or of the future.", reason="iat")
    digest = claims.get("ath")
    if not isinstance(digest, str) or not compare_digest(
        digest.encode("utf-8", "surrogatepass"), token_digest(access_token).encode()
    ):
        raise DpopProofError("The proof is for another access token.", reason="ath")
    number = claims.get("jti")
    if not isinstance(number, str) or not 0 < len(number) <= _LONGEST_ID:
        raise DpopProofError("The proof has no jti, or a very long one.", reason="jti")
    # With the key: a client cannot use up the numbers of another one.
    return sha256(f"{thumbprint} {number}".encode("utf-8", "surrogatepass")).hexdigest()


def _key_in(proof: str, thumbprint: str) -> Mapping[str, Any]:
    """Return the public key in a proof's header, which has to be that of the token."""
    key = read_header(proof, error=DpopProofError).get("jwk")
    if not isinstance(key, dict) or not _PRIVATE.isdisjoint(key):
        # 4.3 (7)
        raise DpopProofError("The proof has no public key, or a private one.", reason="jwk")
    names = _OF_THUMBPRINT.get(str(key.get("kty")), ())
    members = {name: key.get(name) for name in names}
    if not names or not all(isinstance(value, str) for value in members.values()):
        raise DpopProofError("The proof's key is of no known kind.", reason="jwk")
    if any(len(str(key[name])) > most for name, most in _LONGEST_MEMBERS.items() if name in names):
        raise DpopProofError("The proof's key is too large.", reason="jwk")
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    octets = sha256(text.encode("utf-8", "surrogatepass")).digest()
    made = urlsafe_b64encode(octets).rstrip(b"=")
    # Before the signature is looked at: a stranger's key is not worth the work.
    if not compare_digest(made, thumbprint.encode("utf-8", "surrogatepass")):
        raise DpopProofError("The proof is by another key than the token's.", reason="jkt")
    return members


def _fitting(members: Mapping[str, Any], algorithm: str) -> Key:
    key = public_key(members, algorithm)
    if key is None:
        raise DpopProofError("The proof's key is none of its algorithm.", reason="jwk")
    return key


def _names(said: object, origin: str, path: str) -> bool:
    """Tell whether `htu` names the address of a request, query and fragment aside.

    Compared as RFC 3986 6.2.2 and 6.2.3 have it: by case, escapes, dots and the usual port.
    """
    if not isinstance(said, str):
        return False
    try:
        named = urlsplit(said)
        return (
            "@" not in named.netloc
            and _origin(said) == _origin(origin)
            and _without_dots(unquote(named.path)) == _without_dots(path)
        )
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme)


def _without_dots(path: str) -> str:
    """Return a path without its dot segments (RFC 3986 5.2.4); an empty one is a slash."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            kept = kept[: max(1, len(kept) - 1)]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept) or "/"
