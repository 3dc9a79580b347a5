"""What opens the encrypted answers of one app: its settings and its keys, put together once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from django_genauth.client.registration import ClientRegistration
from django_genauth.client.token_algorithms import ENCRYPTED, encryption_of
from django_genauth.protocol.client_keys import ClientKey
from django_genauth.protocol.encryption import (
    DEFAULT_CONTENT_ALGORITHM,
    Decryption,
    decryption_for,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decryptions:
    """Hold what opens each kind of answer; None where it comes unencrypted.

    A logout token is encrypted as an ID token is (Back-Channel Logout 2.6).
    """

    id_token: Decryption | None
    userinfo: Decryption | None
    introspection: Decryption | None

    @classmethod
    def read(cls, registration: ClientRegistration, keys: Iterable[ClientKey]) -> Self:
        """Read them from settings. Raises ConfigurationError where a key is missing."""
        known = tuple(keys)

        def decryption(kind: str) -> Decryption | None:
            alg, enc = encryption_of(vars(registration), kind)
            if alg is None:
                return None
            return decryption_for(
                f"{kind}_ENCRYPTED_RESPONSE_ALG",
                alg,
                enc or DEFAULT_CONTENT_ALGORITHM,
                keys=known,
                secret=registration.secret,
            )

        return cls(**{kind.lower(): decryption(kind) for kind in ENCRYPTED})
