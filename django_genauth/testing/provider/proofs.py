"""DPoP proofs as an honest provider reads them (RFC 9449 4.3)."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature

from django_genauth.testing.provider.assertions import verify_signature
from django_genauth.testing.provider.grants import Refused
from django_genauth.testing.provider.keys import base64url, base64url_decode
from django_genauth.testing.provider.messages import Request

# In seconds: how old or how far in the future a proof may be.
_WINDOW = 60
_PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


class ProofReader:
    """Read the proofs of clients, each once.

    `nonce` is what they have to hold; None: nothing.
    """

    def __init__(self) -> None:
        self.nonce: str | None = None
        self._used: set[str] = set()

    def read(
        self, request: Request, *, url: str, access_token: str | None = None, status: int = 400
    ) -> str | None:
        """Return the thumbprint of the key that a request proves; None without a proof."""
        text = next((v for name, v in request.headers.items() if name.lower() == "dpop"), None)
        if text is None:
            return None
        try:
            head, body, end = text.split(".")
            header, claims = (json.loads(base64url_decode(each)) for each in (head, body))
            data, signature = f"{head}.{body}".encode(), base64url_decode(end)
            verify_signature(header["jwk"], "ES256", data, signature)
        except (ValueError, KeyError, InvalidSignature):
            raise _wrong("the proof is not signed by the key in it", status) from None
        self._check(header, claims, request=request, url=url, access_token=access_token, to=status)
        key = {name: header["jwk"][name] for name in ("crv", "kty", "x", "y")}
        octets = json.dumps(key, separators=(",", ":")).encode()
        return base64url(hashlib.sha256(octets).digest())

    def _check(
        self,
        header: Mapping[str, Any],
        claims: Mapping[str, Any],
        *,
        request: Request,
        url: str,
        access_token: str | None,
        to: int,
    ) -> None:
        digest = hashlib.sha256((access_token or "").encode()).digest()
        broken = {
            "typ": header.get("typ") != "dpop+jwt",
            "alg": header.get("alg") != "ES256",
            "jwk": bool(_PRIVATE & header["jwk"].keys()),
            "htm": claims.get("htm") != request.method,
            "htu": claims.get("htu") != url,
            "iat": abs(time.time() - claims.get("iat", 0)) > _WINDOW,
            "jti": not claims.get("jti") or claims["jti"] in self._used,
            "ath": claims.get("ath") != (None if access_token is None else base64url(digest)),
        }
        for name, is_broken in broken.items():
            if is_broken:
                raise _wrong(f"{name} of the proof", to)
        self._used.add(claims["jti"])
        if self.nonce is not None and claims.get("nonce") != self.nonce:
            raise Refused("use_dpop_nonce", "the proof needs the nonce", status=to)


def _wrong(what: str, status: int) -> Refused:
    return Refused("invalid_dpop_proof", what, status=status)
