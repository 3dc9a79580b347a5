"""DPoP: a client's key, the proofs that it signs, and the nonces of servers (RFC 9449).

A token that is bound to a key is of no use to a thief who has the token alone. How an API checks a
proof that a client shows to it stands in `dpop_proof`.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, Final, NoReturn

from django_genauth.protocol.errors import SealError
from django_genauth.protocol.jws import signed
from django_genauth.protocol.messages import HttpRequest, HttpResponse, members_of

if TYPE_CHECKING:
    from jwcrypto.jwk import JWK

__all__ = ["DpopKey", "asks_for_nonce", "nonce_of", "token_digest", "with_proof"]

_ALGORITHM: Final = "ES256"
_OCTETS: Final = 32
# RFC 9449 8.1: NQCHAR. The length is our own: a nonce that fills a header makes requests that no
# server takes.
_NONCE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,1024}")
# RFC 9449 9: the challenge of a resource. Its parameters may stand in any order.
_ASKS: Final = re.compile(r'(?:^|[\s,])error\s*=\s*"?use_dpop_nonce"?(?:$|[\s,])', re.IGNORECASE)
_REFUSALS: Final = (400, 401)


@dataclass(frozen=True, slots=True, eq=False)
class DpopKey:
    """Hold a private key of the client, to which tokens are bound: ES256, one for each sign-in.

    `text` is the private half as one short text, for a place that is sealed. `thumbprint` is what
    servers know the key by (RFC 7638).
    """

    text: str = field(repr=False)
    thumbprint: str
    public: Mapping[str, str] = field(repr=False)
    jwk: JWK = field(repr=False)

    @classmethod
    def generate(cls) -> DpopKey:
        """Make a new key."""
        from cryptography.hazmat.primitives.asymmetric import ec

        return cls._of(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def load(cls, text: str) -> DpopKey:
        """Load a key from its text. Raises SealError for what is no key."""
        from cryptography.hazmat.primitives.asymmetric import ec

        try:
            number = int.from_bytes(urlsafe_b64decode(text + "="), "big")
            return cls._of(ec.derive_private_key(number, ec.SECP256R1()))
        except ValueError:
            # Out of the chain, as the error may quote the text.
            pass
        raise SealError("The key of a DPoP-bound token is no key.", reason="broken")

    @classmethod
    def _of(cls, private_key: Any) -> DpopKey:
        from jwcrypto.jwk import JWK

        jwk = JWK.from_pyca(private_key)
        published: dict[str, str] = jwk.export_public(as_dict=True)
        number = private_key.private_numbers().private_value
        octets: bytes = number.to_bytes(_OCTETS, "big")
        return cls(
            text=urlsafe_b64encode(octets).rstrip(b"=").decode("ascii"),
            thumbprint=jwk.thumbprint(),
            public={name: published[name] for name in ("kty", "crv", "x", "y")},
            jwk=jwk,
        )

    def proof(
        self,
        *,
        method: str,
        url: str,
        now: float,
        access_token: str | None = None,
        nonce: str | None = None,
    ) -> str:
        """Return a fresh proof for one request (RFC 9449 4.2); `now` is in epoch seconds."""
        claims: dict[str, Any] = {
            "jti": token_urlsafe(16),
            "htm": method,
            # Without query and fragment, which may hold what a log should not.
            "htu": url.partition("#")[0].partition("?")[0],
            "iat": int(now),
        }
        if access_token is not None:
            claims["ath"] = token_digest(access_token)
        if nonce is not None:
            claims["nonce"] = nonce
        return signed(
            claims, self.jwk, header={"typ": "dpop+jwt", "alg": _ALGORITHM, "jwk": self.public}
        )

    def __reduce__(self) -> NoReturn:
        raise TypeError("A private key is not pickled.")


def with_proof(
    request: HttpRequest,
    key: DpopKey,
    *,
    now: float,
    access_token: str | None = None,
    nonce: str | None = None,
) -> HttpRequest:
    """Return a request with a proof in its header DPoP (RFC 9449 4.1)."""
    proof = key.proof(
        method=request.method, url=request.url, now=now, access_token=access_token, nonce=nonce
    )
    return HttpRequest(
        method=request.method,
        url=request.url,
        headers={**request.headers, "DPoP": proof},
        body=request.body,
    )


def token_digest(access_token: str) -> str:
    """Return what `ath` holds: the digest of an access token (RFC 9449 4.2)."""
    octets = sha256(access_token.encode("utf-8", "surrogatepass")).digest()
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def nonce_of(response: HttpResponse) -> str | None:
    """Return the nonce that a server wants in the next proof, or None (RFC 9449 8.2)."""
    nonce = response.headers.get("dpop-nonce", "")
    return nonce if _NONCE.fullmatch(nonce) else None


def asks_for_nonce(response: HttpResponse) -> bool:
    """Tell whether a refusal asks for a proof with the nonce that it brings (RFC 9449 8, 9)."""
    if response.status not in _REFUSALS or nonce_of(response) is None:
        return False
    in_header = _ASKS.search(response.headers.get("www-authenticate", "")[:4_000]) is not None
    return in_header or members_of(response.body).get("error") == "use_dpop_nonce"
