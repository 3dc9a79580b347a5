"""Tokens of machines: requested once, and kept until shortly before they end (RFC 6749 4.4).

They are kept in the memory of a process alone: to keep a secret elsewhere costs more than a request
an hour. How a token is requested is not known here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django_genauth.client.single_flight import SingleFlight
from django_genauth.protocol.tokens import TokenSet

# The next token is requested when so many seconds are left of this one's life, or a tenth of it if
# that is less.
_MARGIN: Final = 60
# A provider that states no lifetime has one all the same (RFC 6749 5.1); this is on the safe side.
_UNNAMED_LIFETIME: Final = 300


class MachineTokens:
    """Keep one token for each key, which one thread at a time requests."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, ...], _Kept] = {}

    def get(self, key: tuple[str, ...], ask: Callable[[], TokenSet]) -> TokenSet:
        """Return the kept token, or a new one from `ask`, whose errors pass through."""
        with self._lock:
            kept = self._kept.setdefault(key, _Kept(SingleFlight(self._clock)))
        token_set = kept.token_set
        if token_set is not None and self._clock() < kept.good_until:
            return token_set
        with kept.asking.passing():
            now = self._clock()
            if kept.token_set is None or now >= kept.good_until:
                kept.token_set = ask()
                lifetime = kept.token_set.expires_in
                lifetime = _UNNAMED_LIFETIME if lifetime is None else lifetime
                kept.good_until = now + lifetime - min(_MARGIN, lifetime / 10)
            return kept.token_set

    def drop(self, key: tuple[str, ...], token_set: TokenSet) -> None:
        """Forget a kept token, unless another has taken its place meanwhile."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept.token_set is token_set:
                del self._kept[key]


@dataclass
class _Kept:
    asking: SingleFlight
    token_set: TokenSet | None = None
    good_until: float = 0.0
