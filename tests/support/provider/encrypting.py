"""Encrypted tokens with every way to write them wrong.

How a provider writes them stands in `django_genauth.testing.provider.encryption`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django_genauth.testing.provider.encryption import Encryption, write_jwe

__all__ = ["Encryption", "FalseEncryption", "write_jwe"]


@dataclass(frozen=True, kw_only=True)
class FalseEncryption:
    """Say what is wrong with how a token is encrypted; without arguments: nothing.

    `how` is in place of what the client is registered with. `header` are members to set, or to take
    away (None). `inside` takes the signed token and returns what is encrypted, `outside` the
    finished text.
    """

    how: Encryption | None = None
    header: Mapping[str, Any] = field(default_factory=dict)
    inside: Callable[[str], bytes | str] = lambda token: token
    outside: Callable[[str], str] = lambda token: token

    def write(self, token: str, how: Encryption) -> str:
        """Return a token as it goes to the client."""
        inside = self.inside(token)
        plaintext = inside if isinstance(inside, bytes) else inside.encode("utf-8")
        return self.outside(write_jwe(plaintext, self.how or how, self.header))
