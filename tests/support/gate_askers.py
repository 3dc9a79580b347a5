"""Threads that ask a bulkhead for a turn, for tests that say when each of them ends."""

from __future__ import annotations

import threading
from typing import ClassVar

from django_genauth.client.bulkhead import Bulkhead
from django_genauth.protocol.errors import ProviderUnavailable

A_TURN, WAITS = "a turn", "waits"


class Asker:
    """Ask for a turn, in a thread, and have it until `answer` or `fail`."""

    # A turn that nobody holds would be collected, and be over with that.
    all: ClassVar[list[Asker]] = []

    def __init__(self, gate: Bulkhead) -> None:
        self._passing = gate.passing()
        self.refusal: ProviderUnavailable | None = None
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()
        self.all.append(self)

    def _ask(self) -> None:
        try:
            self._passing.__enter__()
        except ProviderUnavailable as error:
            self.refusal = error

    def outcome(self, within: float = 5) -> str:
        """Return what came of it in so many seconds."""
        self._thread.join(within)
        if self._thread.is_alive():
            return WAITS
        return self.refusal.code if self.refusal else A_TURN

    def answer(self) -> None:
        """End as the provider has answered."""
        self._passing.__exit__(None, None, None)

    def fail(self) -> None:
        """End with an error."""
        error = ProviderUnavailable("nothing came", reason="timeout")
        self._passing.__exit__(type(error), error, None)
