"""What the tests of the document cache share: a publisher, and processes that read from it."""

from __future__ import annotations

import threading
from typing import Any

from django_genauth.client.document_cache import DocumentCache, SharedCache
from django_genauth.protocol.errors import ProviderUnavailable


class Clock:
    """Tell the time that a test sets."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class ClockedCache:
    """Be a cache whose entries end by that clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: dict[str, tuple[Any, float]] = {}

    def get(self, key: str) -> Any:
        """Return what is kept, or None."""
        value, end = self._entries.get(key, (None, 0))
        return value if self._clock() < end else None

    def set(self, key: str, value: Any, timeout: float) -> None:
        """Keep a value."""
        self._entries[key] = (value, self._clock() + timeout)

    def add(self, key: str, value: Any, timeout: float) -> bool:
        """Keep a value unless there is one."""
        if self.get(key) is not None:
            return False
        self.set(key, value, timeout)
        return True

    def delete(self, key: str) -> None:
        """Forget a value."""
        self._entries.pop(key, None)


class Publisher:
    """Publish a list of names.

    `fetches` counts who asked. It answers once `answers` is set, as it is in the beginning, with
    an error while it `is_down`, and with no list of names while it `is_broken`.
    """

    def __init__(self) -> None:
        self.names = ["first"]
        self.is_down = False
        self.is_broken = False
        self.fetches = 0
        self.asked = threading.Event()
        self.answers = threading.Event()
        self.answers.set()

    def fetch(self) -> bytes:
        """Answer one request."""
        self.fetches += 1
        self.asked.set()
        # Not for ever, so that a test which waits for its own thread fails instead of hanging.
        self.answers.wait(5)
        if self.is_down:
            raise ProviderUnavailable("down", reason="timeout")
        return b"{}" if self.is_broken else " ".join(self.names).encode()

    @staticmethod
    def read(text: bytes) -> list[str]:
        """Read what was published."""
        if text == b"{}":
            raise ProviderUnavailable("no names", reason="json")
        return text.decode().split()


class Stage:
    """Hold one publisher, one clock, and one cache that processes share."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.publisher = Publisher()
        self.shared = ClockedCache(self.clock)

    def process(self, shared: SharedCache | None = None) -> DocumentCache[list[str]]:
        """Make the document cache of one process more."""
        return DocumentCache(
            key="names",
            fetch=self.publisher.fetch,
            parse=self.publisher.read,
            shared=shared or self.shared,
            clock=self.clock,
        )
