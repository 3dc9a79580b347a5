"""The confirmation of a token: to which key or certificate it is bound (RFC 7800 3, RFC 8705 3.1).

The proof of a key stands in `dpop_proof`.
"""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from urllib.parse import unquote

from django_genauth.protocol.errors import AccessTokenError

__all__ = ["Confirmation", "certificate_thumbprint", "confirmation_of"]

_BEGIN: Final = "-----BEGIN CERTIFICATE-----"
_END: Final = "-----END CERTIFICATE-----"
_LONGEST: Final = 16_000
_METHODS: Final = ("jkt", "x5t#S256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Hold the thumbprints of the key and of the certificate that a token is bound to.

    None where it is not bound to one; it is bound to one of them at least.
    """

    key: str | None
    certificate: str | None


def confirmation_of(claims: Mapping[str, Any]) -> Confirmation | None:
    """Return what a token is bound to, or None for a bearer token.

    Members beside those two are ignored (RFC 7800 3.1): Keycloak has one of its own. Raises
    AccessTokenError where neither of the two is there: somebody meant it to be a condition.
    """
    if "cnf" not in claims:
        return None
    said = claims["cnf"]
    bound = [said[name] for name in _METHODS if name in said] if isinstance(said, dict) else []
    if not bound or not all(isinstance(value, str) and value for value in bound):
        raise AccessTokenError(
            "The access token is bound to a key in a way (cnf) that is not known here.",
            reason="cnf",
        )
    return Confirmation(key=said.get("jkt"), certificate=said.get("x5t#S256"))


def certificate_thumbprint(header: str) -> str | None:
    """Return the thumbprint of the certificate in a proxy's header, or None where it holds none.

    It is base64 of DER between colons (RFC 9440 2.1), a PEM text, also with its line breaks as
    blanks or escaped for an address (nginx), or the base64 alone.
    """
    if len(header) > _LONGEST:
        return None
    text = unquote(header) if "%" in header else header
    text = text.strip().removeprefix(_BEGIN).removesuffix(_END)
    if text[:1] == text[-1:] == ":":
        text = text[1:-1]
    try:
        octets = b64decode("".join(text.split()), validate=True)
    except ValueError:
        return None
    if not octets:
        return None
    return urlsafe_b64encode(sha256(octets).digest()).rstrip(b"=").decode("ascii")
