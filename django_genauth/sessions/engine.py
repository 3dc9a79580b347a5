"""The site's session engine: end sessions by their keys, many at a time.

Whose sessions they are is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Final

from django.conf import settings
from django.contrib.sessions.backends import cache, cached_db, db, signed_cookies
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.core.cache import caches
from django.db import Error, router
from django.db.models import QuerySet
from django.utils import timezone


def can_end() -> bool:
    """Return whether sessions can be ended from afar: not where the browser keeps them."""
    return not issubclass(_store(), signed_cookies.SessionStore)


def end(keys: Collection[str]) -> None:
    """End sessions: in one round trip where the engine is Django's, else one after the other.

    Raises what the engine raises, as a session that may live is not ended.
    """
    if not keys:
        return
    store = _store()
    # By the method, so that a site's own engine that ends sessions in a way of its own does so.
    _AT_ONCE.get(store.delete, _one_by_one)(store, keys)


def living(keys: Collection[str]) -> dict[str, datetime]:
    """Return when sessions expire, for those that have not."""
    store = _store()
    now = timezone.now()
    if issubclass(store, db.SessionStore):
        found = _rows(store).filter(session_key__in=keys, expire_date__gt=now)
        return dict(found.values_list("session_key", "expire_date"))
    asked = store()
    # The others do not say when; none is given more time than this at once.
    ends = now + timedelta(seconds=asked.get_session_cookie_age())
    return {key: ends for key in keys if asked.exists(key)}


def save(session: SessionBase) -> bool:
    """Save a session now, if a database keeps it; return False where that takes no writes.

    Where it was changed before, whoever changed it has to hear of it: Django saves it at the end.
    """
    if not isinstance(session, db.SessionStore):
        return True
    try:
        session.save()
    except (Error, UpdateError):
        # One that is gone was ended meanwhile, which is no outage: Django finds that at the end.
        return not _is_there(session)
    return True


def _is_there(session: SessionBase) -> bool:
    try:
        return session.exists(str(session.session_key))
    except Error:
        return True


def _store() -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore


def _in_database(store: Any, keys: Collection[str]) -> None:
    _rows(store).filter(session_key__in=keys).delete()


def _rows(store: Any) -> QuerySet[Any]:
    # A replica may lag behind, and show a session that has ended.
    model = store.get_model_class()
    rows: QuerySet[Any] = model.objects.using(router.db_for_write(model))
    return rows


def _in_cache(store: Any, keys: Collection[str]) -> None:
    # Django's documented names of both; a site may set the prefix in a class of its own.
    caches[settings.SESSION_CACHE_ALIAS].delete_many(store.cache_key_prefix + key for key in keys)


def _in_both(store: Any, keys: Collection[str]) -> None:
    # The database first: what is read from there is put into the cache.
    _in_database(store, keys)
    _in_cache(store, keys)


def _one_by_one(store: Any, keys: Collection[str]) -> None:
    ending = store()
    for key in keys:
        ending.delete(key)


_AT_ONCE: Final[dict[Any, Callable[[Any, Collection[str]], None]]] = {
    db.SessionStore.delete: _in_database,
    cached_db.SessionStore.delete: _in_both,
    cache.SessionStore.delete: _in_cache,
}
