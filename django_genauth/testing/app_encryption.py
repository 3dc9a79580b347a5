"""How the fake GenAuth encrypts to an app: as the settings of the app expect it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django_genauth.client.registration import ClientRegistration
from django_genauth.client.token_algorithms import encryption_of
from django_genauth.protocol.encryption import DEFAULT_CONTENT_ALGORITHM
from django_genauth.testing.provider.encryption import Encryption
from django_genauth.testing.provider.mint import TokenKind

# A logout token is encrypted as an ID token is (Back-Channel Logout 2.6).
_KINDS: Final[Mapping[TokenKind, str]] = {
    "id_token": "ID_TOKEN",
    "logout_token": "ID_TOKEN",
    "userinfo": "USERINFO",
    "introspection": "INTROSPECTION",
}


def encryptions_of(
    app: ClientRegistration, public_keys: Sequence[Mapping[str, Any]]
) -> dict[TokenKind, Encryption]:
    """Return how each kind of token is encrypted, to the first published key that fits."""
    found: dict[TokenKind, Encryption] = {}
    for kind, name in _KINDS.items():
        alg, enc = encryption_of(vars(app), name)
        if alg is not None:
            fitting = [key for key in public_keys if _fits(key, alg)]
            found[kind] = Encryption(
                alg=alg,
                enc=enc or DEFAULT_CONTENT_ALGORITHM,
                key=fitting[0] if fitting else app.secret or "",
            )
    return found


def _fits(key: Mapping[str, Any], alg: str) -> bool:
    types = {"RSA": ("RSA",), "ECDH": ("EC", "OKP")}.get(alg.partition("-")[0], ())
    return (
        key["kty"] in types
        and key.get("use", "enc") == "enc"
        and key.get("alg", alg) == alg
        and key.get("crv") != "Ed25519"
    )
