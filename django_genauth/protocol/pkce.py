"""Proof Key for Code Exchange: the code verifier and its S256 challenge (RFC 7636)."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

from django_genauth.protocol.errors import ConfigurationError

__all__ = ["challenge_s256", "check_code_verifier", "generate_code_verifier"]

# RFC 7636 4.1: 43 to 128 of the unreserved characters.
_VERIFIER: Final = re.compile(r"[A-Za-z0-9\-._~]{43,128}")


def generate_code_verifier(randomness: Callable[[int], str] = token_urlsafe) -> str:
    """Return a new code verifier from 32 random octets, which are 43 characters (RFC 7636 4.1)."""
    return randomness(32)


def check_code_verifier(code_verifier: str) -> None:
    """Raise ConfigurationError for a verifier that the specification does not allow."""
    if not isinstance(code_verifier, str) or not _VERIFIER.fullmatch(code_verifier):
        raise ConfigurationError(
            "A code verifier has 43 to 128 characters out of A-Z, a-z, 0-9 and -._~.",
            reason="code_verifier",
        )


def challenge_s256(code_verifier: str) -> str:
    """Compute the S256 code challenge of a verifier (RFC 7636 4.2).

    Raises ConfigurationError for a verifier that the specification does not allow.
    """
    check_code_verifier(code_verifier)
    return urlsafe_b64encode(sha256(code_verifier.encode("ascii")).digest()).decode().rstrip("=")
