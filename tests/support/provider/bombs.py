"""Tokens that are small on their way and large once they are unpacked.

Answers of that kind stand in `faults`.
"""

from __future__ import annotations

import hashlib
import zlib
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.support.provider.keys import base64url


@lru_cache(maxsize=4)
def jwe_bomb(secret: str, *, megabytes: int) -> str:
    """Return a token that is encrypted with a secret, and unpacks to that size (RFC 7516 4.1.3).

    A client that decrypts whatever it is handed, as libraries offer it, would find claims in it.
    """
    header = base64url(b'{"alg":"dir","enc":"A256GCM","zip":"DEF"}')
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    packed = packer.compress(b"{")
    packed += b"".join(packer.compress(b" " * 65_536) for _ in range(megabytes * 16))
    packed += packer.compress(b"}") + packer.flush()
    key = AESGCM(hashlib.sha256(secret.encode()).digest())
    sealed = key.encrypt(bytes(12), packed, header.encode())
    parts = (bytes(12), sealed[:-16], sealed[-16:])
    return ".".join([header, "", *(base64url(part) for part in parts)])
