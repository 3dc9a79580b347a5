"""System checks of the servers that a site uses, which could keep its pages waiting.

Nobody is asked: what a server is like stands in the settings.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning

from django_genauth.checks.registration import registered

# By package: what its backends call the time-out in OPTIONS.
_REDIS: Final = {"django": "socket_timeout", "django_redis": "SOCKET_TIMEOUT"}


@registered
def check_redis(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find a Redis for which no time-out is set (W025)."""
    return [
        Warning(
            f"CACHES[{alias!r}] is Redis, and sets no time-out.",
            hint=f'Add "{option}": 1 to its OPTIONS. A Redis that hangs keeps every page waiting:'
            " without end before redis-py 8, and for many seconds since.",
            id="genauth.W025",
        )
        for alias in sorted({"default", settings.SESSION_CACHE_ALIAS} & settings.CACHES.keys())
        if (option := _missing_timeout(settings.CACHES[alias]))
    ]


def _missing_timeout(cache: Mapping[str, Any]) -> str | None:
    """Return the option that is missing, or None where the cache is no Redis, or has it."""
    backend = str(cache.get("BACKEND"))
    option = _REDIS.get(backend.partition(".")[0])
    if option is None or "redis" not in backend:
        return None
    options = cache.get("OPTIONS") or {}
    locations = cache.get("LOCATION") or ""
    if isinstance(locations, str):
        locations = [locations]
    has_one = options.get(option) or all("socket_timeout" in _query(each) for each in locations)
    return None if has_one else option


def _query(location: object) -> dict[str, list[str]]:
    try:
        return parse_qs(urlsplit(str(location)).query)
    except ValueError:
        return {}


@registered
def check_connections(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find connections to the database that nobody closes, as each request has a thread (W026)."""
    server = _server_with_a_thread_for_each_request()
    if server is None:
        return []
    return [
        Warning(
            f"DATABASES[{alias!r}] keeps its connections (CONN_MAX_AGE), and {server} has a thread"
            " for each request.",
            hint="Remove CONN_MAX_AGE, and keep a pool if you want one: a connection belongs to its"
            " thread, so these are never used again, until the database takes no more.",
            id="genauth.W026",
        )
        for alias, database in settings.DATABASES.items()
        if database.get("CONN_MAX_AGE", 0) != 0
    ]


def _server_with_a_thread_for_each_request() -> str | None:
    if "gevent" in os.environ.get("GUNICORN_CMD_ARGS", "") or "gevent" in sys.modules:
        return "gevent"
    if getattr(settings, "ASGI_APPLICATION", None):
        return "ASGI"
    # A site that serves without it has it installed for something else, and silences this.
    return "gevent" if find_spec("gevent") else None
