"""Seal and open small secrets: JWE with `dir` and A256GCM, bound to a purpose (RFC 7516, RFC 7518).

Where a sealed text is kept, and what it says, is not known here.
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from jwcrypto.common import JWException, base64url_encode
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

from django_genauth.conf import get_app
from django_genauth.protocol.errors import SealError

_ALGORITHMS = ["dir", "A256GCM"]
_OCTETS = 32


def seal(value: Any, *, purpose: str, alias: str) -> str:
    """Seal a JSON value under the newest key of an app.

    Only the same purpose opens it again, so that a sealed text which is put elsewhere stays shut.
    """
    kid, key = _keys(alias)[0]
    header = {"alg": "dir", "enc": "A256GCM", "kid": kid, "purpose": purpose}
    box = JWE(json.dumps(value, separators=(",", ":")).encode(), protected=json.dumps(header))
    box.add_recipient(key)
    return str(box.serialize(compact=True))


def unseal(text: str, *, purpose: str, alias: str) -> Any:
    """Open a sealed text. Raises SealError for any other text, any other purpose and a lost key."""
    box = JWE(algs=_ALGORITHMS)
    try:
        box.deserialize(text)
        header = box.jose_header
        kid, bound_to = str(header.get("kid")), str(header.get("purpose"))
        key = dict(_keys(alias)).get(kid)
        if key is None:
            raise SealError(
                "The text is sealed under a key that is not among the app's.", reason="key"
            )
        if not compare_digest(bound_to.encode(), purpose.encode()):
            raise SealError("The text was sealed for another purpose.", reason="purpose")
        box.decrypt(key)
        return json.loads(box.payload)
    except (JWException, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        # What jwcrypto raises on a text that somebody made up is not its own errors alone.
        raise SealError("The text is not sealed by this site.", reason="broken") from None


def _keys(alias: str) -> list[tuple[str, JWK]]:
    configured = get_app(alias).token_keys
    if configured:
        return [_named(octets) for octets in configured]
    return [_derived(str(text)) for text in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


@lru_cache(maxsize=32)
def _derived(secret: str) -> tuple[str, JWK]:
    # RFC 5869: SECRET_KEY signs other things, and must not be a key here as it is.
    derivation = HKDF(SHA256(), length=_OCTETS, salt=None, info=b"django_genauth.sealing")
    return _named(derivation.derive(secret.encode()))


@lru_cache(maxsize=32)
def _named(octets: bytes) -> tuple[str, JWK]:
    # The id tells which key it was and nothing about it.
    return sha256(b"django_genauth.kid" + octets).hexdigest()[:16], JWK(
        kty="oct", k=base64url_encode(octets)
    )
