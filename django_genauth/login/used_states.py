"""The mark that a state was used: the second use of a login stops at it.

Which login it is, and what the browser holds, is the business of `pending`.
"""

from __future__ import annotations

import time
from hashlib import sha256

from django.db import IntegrityError, transaction
from django.utils import timezone

from django_genauth.conf import shared_cache
from django_genauth.models import UsedState, rows_on_primary
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.times import from_timestamp


def mark(state: str, *, expires_at: float, has_code: bool) -> bool:
    """Mark a state as used until then, in epoch seconds; return False where it was before.

    Atomic, for two uses at the same instant too. The mark of an answer without a code stands in the
    database as well: a cache that is full drops marks, and no provider refuses such an answer the
    second time. Raises ConfigurationError where the cache is out of order.
    """
    digest = sha256(state.encode("utf-8", "surrogatepass")).hexdigest()
    is_first = _mark_in_cache(digest, timeout=expires_at - time.time())
    return is_first and (has_code or _mark_in_database(digest, expires_at))


def purge() -> None:
    """Delete the marks in the database that have expired."""
    rows_on_primary(UsedState).filter(expires_at__lt=timezone.now()).delete()


def _mark_in_cache(digest: str, *, timeout: float) -> bool:
    try:
        return shared_cache.mark(f"genauth:taken:{digest}", timeout=int(timeout) + 1)
    except Exception as error:  # noqa: BLE001 # each cache backend has errors of its own
        # Fail closed: without the mark a replay could not be told from the first use.
        raise ConfigurationError(
            f"Django's cache is out of order ({type(error).__name__}), and a login needs it."
            " Look at CACHES['default'].",
            reason="cache",
        ) from None


def _mark_in_database(digest: str, expires_at: float) -> bool:
    rows = rows_on_primary(UsedState)
    try:
        with transaction.atomic(using=rows.db):
            rows.create(digest=digest, expires_at=from_timestamp(expires_at))
    except IntegrityError:
        return False
    return True
