"""Django's cache as the client sees it: shared by all processes, and allowed to fail."""

from __future__ import annotations

import logging
from collections.abc import Callable
from secrets import token_hex
from typing import Any

from django.core.cache import cache

logger = logging.getLogger("django_genauth")


def mark(key: str, timeout: float) -> bool:
    """Mark a key for so many seconds, and return False where somebody else had done so before.

    A client that waits in vain for the cache's answer asks once more (redis-py does so by itself),
    and would take the mark of its own first try for somebody else's. So each mark tells whose it
    is. Raises what the cache raises.
    """
    ours = token_hex(8)
    return bool(cache.add(key, ours, timeout)) or cache.get(key) == ours


class ForgivingCache:
    """Django's cache, whose failures count as "nothing is kept there".

    The provider's documents can be fetched again, so a cache that fails must not fail a login.
    """

    def get(self, key: str) -> Any:
        return self._try(lambda: cache.get(key), None)

    def set(self, key: str, value: Any, timeout: float) -> None:
        self._try(lambda: cache.set(key, value, timeout), None)

    def add(self, key: str, value: Any, timeout: float) -> bool:
        return bool(self._try(lambda: cache.add(key, value, timeout), True))

    def mark(self, key: str, timeout: float) -> bool:
        return bool(self._try(lambda: mark(key, timeout), True))

    def delete(self, key: str) -> None:
        self._try(lambda: cache.delete(key), None)

    @staticmethod
    def _try(call: Callable[[], Any], otherwise: object) -> Any:
        try:
            return call()
        except Exception as error:  # noqa: BLE001 # each cache backend has errors of its own
            logger.warning("Django's cache is out of order: %s", type(error).__name__)
            return otherwise
