"""Examine what a login needs: the provider, its keys, the cache and the database.

What is found holds codes, counts and seconds, and nothing secret. Each process asks for itself, as
each has connections and documents of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from secrets import token_hex
from typing import Any, Final

from django.core.cache import cache

from django_genauth.conf import App
from django_genauth.models import Identity, rows_on_primary
from django_genauth.protocol.errors import GenAuthError

# In seconds: whoever asks more often gets what was found before, and costs the provider nothing.
PAUSE: Final = 10

Findings = dict[str, Any]


class Examination:
    """Examine one app, by one thread at a time and at most once in PAUSE seconds."""

    def __init__(self, app: App, clock: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        self._clock = clock
        self._asking = threading.Lock()
        self._found: tuple[float, Findings] | None = None

    def findings(self) -> Findings | None:
        """Return what was found last and how many seconds ago.

        While a thread examines, the others get what was found before: None at the first time, as a
        provider that hangs must not hold up whoever asks.
        """
        if self._is_due() and self._asking.acquire(blocking=False):
            try:
                # Another thread may have ended in between.
                if self._is_due():
                    self._found = (self._clock(), _examine(self.app))
            finally:
                self._asking.release()
        if self._found is None:
            return None
        found_at, findings = self._found
        return {**findings, "seconds_ago": round(self._clock() - found_at, 1)}

    def _is_due(self) -> bool:
        return self._found is None or self._clock() - self._found[0] >= PAUSE


_examinations: dict[str, Examination] = {}


def examination_of(app: App) -> Examination:
    """Return the examination of an app in this process; with other settings it begins anew."""
    known = _examinations.get(app.alias)
    if known is None or known.app is not app:
        known = _examinations[app.alias] = Examination(app)
    return known


def _examine(app: App) -> Findings:
    parts = {
        "provider": _part(lambda: _ask_provider(app)),
        "keys": _part(lambda: _find_key(app)),
        "cache": _part(_use_cache),
        "database": _part(_read_database),
    }
    state = app.client.provider.state()
    gate = state.bulkhead
    parts["provider"] |= {
        "under_way": gate.under_way,
        "waiting": gate.waiting,
        "limit": gate.limit,
        "is_silent": gate.is_silent,
    }
    parts["keys"]["age"] = None if state.keys_age is None else round(state.keys_age)
    return {"status": overall(parts), **parts}


def overall(parts: dict[str, Findings]) -> str:
    """Return `fail` where any part fails, else `pass`."""
    return "fail" if any(part["status"] == "fail" for part in parts.values()) else "pass"


def _part(examine: Callable[[], str]) -> Findings:
    """Return what came of a part: its status, the code of its failure, and the seconds it took."""
    began = time.monotonic()
    status, code = "fail", None
    try:
        status = examine()
    except GenAuthError as error:
        code = error.code
    except Exception as error:  # noqa: BLE001 # databases and caches have errors of their own
        # The text of such an error may name a host, a user, or a value of a row.
        code = type(error).__name__
    return {"status": status, "code": code, "seconds": round(time.monotonic() - began, 3)}


def _ask_provider(app: App) -> str:
    return "pass" if app.client.provider.documents.fetch() else "unused"


def _find_key(app: App) -> str:
    return "pass" if app.client.provider.documents.require_keys() else "unused"


def _use_cache() -> str:
    key, value = f"genauth:health:{token_hex(8)}", token_hex(8)
    cache.set(key, value, PAUSE)
    is_kept = cache.get(key) == value
    cache.delete(key)
    if not is_kept:
        raise NotKept
    return "pass"


class NotKept(Exception):  # its name is the code that is shown
    """Say that the cache does not keep what is put into it."""


def _read_database() -> str:
    # A table of this app: it also finds migrations that were not applied.
    rows_on_primary(Identity).exists()
    return "pass"
