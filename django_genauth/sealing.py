"""Seal and open small secrets: JWE with `dir` and A256GCM, bound to a purpose (RFC 7516, RFC 7518).

Also the fingerprints by which a secret is found without opening any. Where a sealed text is kept,
and what it says, is not known here.
"""

from __future__ import annotations

import hmac
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any, Final

from django.conf import settings

from django_genauth.conf import App
from django_genauth.protocol.errors import SealError
from django_genauth.tracebacks import without_variables

_OCTETS: Final = 32
_KID: Final = re.compile("[0-9a-f]{16}")


@without_variables
def seal(value: Any, *, purpose: str, app: App) -> str:
    """Seal a JSON value under the newest key of an app.

    Only the same purpose opens it again, so that a sealed text which is put elsewhere stays shut.
    """
    kid, key = _keys(app)[0]
    header = _encode(json.dumps(_header(kid, purpose), separators=(",", ":")).encode())
    plaintext = json.dumps(value, separators=(",", ":")).encode()
    vector, ciphertext, tag = _a256gcm().encrypt(key, header, plaintext)
    # RFC 7516 7.1; with `dir` the second segment, the encrypted key, is empty.
    segments = (header, b"", _encode(vector), _encode(ciphertext), _encode(tag))
    return b".".join(segments).decode("ascii")


@without_variables
def unseal(text: str, *, purpose: str, app: App) -> Any:
    """Open a sealed text.

    Raises SealError for any other text, another purpose, or a key that is lost."""
    from cryptography.exceptions import InvalidTag

    try:
        header, encrypted_key, vector, ciphertext, tag = text.encode("ascii").split(b".")
        claimed = json.loads(_decode(header))
        kid = str(claimed["kid"])
        key = dict(_keys(app)).get(kid)
        if key is None:
            raise SealError(
                f"The {purpose} is sealed under the key {key_id(text) or 'of another program'},"
                " which is not among the app's. Put it back, into SECRET_KEY_FALLBACKS or"
                " TOKEN_KEYS.",
                reason="key",
            )
        if claimed["purpose"] != purpose:
            raise SealError("The text was sealed for another purpose.", reason="purpose")
        if claimed != _header(kid, purpose) or encrypted_key:
            # The text does not choose how it is opened: no other algorithm, no compression.
            raise ValueError("another kind of JWE")
        return json.loads(
            _a256gcm().decrypt(key, header, _decode(vector), _decode(ciphertext), _decode(tag))
        )
    except (InvalidTag, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        raise SealError("The text is not sealed by this site.", reason="broken") from None


def newest_key_id(app: App) -> str:
    """Return the id of the key that an app seals with."""
    return _keys(app)[0][0]


def key_id(text: str) -> str:
    """Return the id of the key that a sealed text names; empty where it names none."""
    try:
        kid = json.loads(_decode(text.encode("ascii").partition(b".")[0]))["kid"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
    return kid if isinstance(kid, str) and _KID.fullmatch(kid) else ""


@without_variables
def fingerprints(secret: str, *, app: App) -> list[str]:
    """Return the fingerprints of a secret, one for each key of an app, newest first.

    A keyed digest (RFC 2104): who has the database alone cannot try secrets against it.
    """
    octets = secret.encode("utf-8", "surrogatepass")
    return [hmac.digest(_fingerprint_key(key), octets, sha256).hex()[:32] for _, key in _keys(app)]


@cache
def _a256gcm() -> Any:
    # Loaded when something is sealed: a process that signs nobody in does without the library.
    from jwcrypto.jwa import JWA

    # The primitive alone: jwcrypto's JWE object, made anew each time, costs ten times as much.
    return JWA.encryption_alg("A256GCM")


def _header(kid: str, purpose: str) -> dict[str, str]:
    return {"alg": "dir", "enc": "A256GCM", "kid": kid, "purpose": purpose}


def _encode(octets: bytes) -> bytes:
    return urlsafe_b64encode(octets).rstrip(b"=")


def _decode(segment: bytes) -> bytes:
    return urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))


def _keys(app: App) -> list[tuple[str, bytes]]:
    if app.token_keys:
        return [_named(octets) for octets in app.token_keys]
    return [_derived(str(text)) for text in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


@lru_cache(maxsize=32)
def _derived(secret: str) -> tuple[str, bytes]:
    # SECRET_KEY signs other things, and must not be a key here as it is.
    return _named(_hkdf(secret.encode(), b"django_genauth.sealing"))


@lru_cache(maxsize=32)
def _fingerprint_key(key: bytes) -> bytes:
    return _hkdf(key, b"django_genauth.fingerprint")


def _hkdf(secret: bytes, info: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    # RFC 5869 3.2: one key for each use, none of which tells anything of another.
    return HKDF(SHA256(), length=_OCTETS, salt=None, info=info).derive(secret)


@lru_cache(maxsize=32)
def _named(octets: bytes) -> tuple[str, bytes]:
    # The id tells which key it was and nothing about it.
    return sha256(b"django_genauth.kid" + octets).hexdigest()[:16], octets
