"""Leases: one process at a time may use a grant's refresh token.

A lease is taken by compare-and-swap, so neither a transaction nor a lock of the database is held
while the provider is asked. A lease that its holder does not give back ends by itself. What is
done under it is not known here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timedelta
from secrets import token_hex
from threading import Thread
from typing import Any, Final, TypeVar

from django.db import Error, connections
from django.db.models import QuerySet
from django.utils import timezone

from django_genauth.models import Grant, rows_on_primary
from django_genauth.protocol.errors import ConfigurationError, GrantError, ProviderUnavailable
from django_genauth.threads import inherited

Result = TypeVar("Result")

_FIRST_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 0.25
# The pauses grow up to here for a database that is out of order: seven seconds in all.
_LAST_PAUSE: Final = 6


def new_lease() -> str:
    """Return a fresh random lease token."""
    return token_hex(8)


def rows() -> QuerySet[Grant]:
    """Return the grants, from the database that is written to."""
    return rows_on_primary(Grant)


class Lease:
    """The right to use a grant's tokens, until it is given back with the result."""

    def __init__(self, grant: Grant) -> None:
        self.grant = grant

    def give_back(self, **values: Any) -> bool:
        """Write the values and end the lease; return False where a login was first.

        What a provider has rotated cannot be had again, so a database that goes away is given some
        seconds to come back.
        """
        held = rows().filter(pk=self.grant.pk, lease=self.grant.lease)
        pause = _FIRST_PAUSE
        while True:
            try:
                return bool(held.update(leased_until=None, **values))
            except Error:
                connection = connections[rows().db]
                if connection.in_atomic_block or pause > _LAST_PAUSE:
                    raise
                connection.close()
                time.sleep(pause)
                pause *= 4


def take(seen: Grant, *, seconds: float, patience: float) -> Lease | Grant:
    """Take the lease of a grant; return the grant where somebody has renewed it since it was seen.

    A lease ends after `seconds` by itself; somebody else's is waited for as long as `patience`, in
    seconds. Raises GrantError where the grant is over, and ProviderUnavailable where the holder is
    not ready in time or has just found the provider out of order.
    """
    give_up_at = time.monotonic() + patience
    pause = _FIRST_PAUSE
    while True:
        grant = _same_row(seen).select_related("identity").first()
        now = timezone.now()
        if grant is None or grant.state != Grant.State.ACTIVE:
            raise GrantError("The grant is over. The person has to sign in again.", reason="ended")
        if grant.leased_until is None or grant.leased_until <= now:
            if grant.retry_at is not None and grant.retry_at > now:
                raise _later("could not answer a moment ago", grant.retry_at - now)
            if grant.updated_at != seen.updated_at:
                return grant
            lease = _swap(grant, until=now + timedelta(seconds=seconds))
            if lease is not None:
                return lease
        elif time.monotonic() >= give_up_at:
            raise _later("is being asked by somebody else", grant.leased_until - now)
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _same_row(seen: Grant) -> QuerySet[Grant]:
    """Return the row that was seen: in another schema another grant may have its number."""
    same = {name: getattr(seen, name) for name in ("pk", "identity_id", "app", "created_at")}
    return rows().filter(**same)


def outside_transaction(work: Callable[[], Result], *, patience: float) -> Result:
    """Run work outside of the caller's transaction, whose rollback must not undo it.

    Inside a transaction it is done over a connection of its own, in a thread of its own, which sees
    what the caller sees. SQLite has one writer, which the caller may be, so there it raises
    ConfigurationError before anything is done. Raises ProviderUnavailable where it takes longer
    than `patience`, in seconds: the caller may hold a lock that it waits for.
    """
    connection = connections[rows().db]
    if not connection.in_atomic_block or _is_test_case(connection):
        return work()
    if connection.vendor == "sqlite":
        raise ConfigurationError(
            "A token cannot be refreshed inside a transaction on SQLite, where a rollback would"
            " lose it. Ask before atomic(), or without ATOMIC_REQUESTS.",
            reason="atomic",
        )
    future: Future[Result] = Future()
    inherited_work = inherited(work)

    def run() -> None:
        try:
            future.set_result(inherited_work())
        except BaseException as error:  # noqa: BLE001 # it is raised again in the caller's thread
            future.set_exception(error)

    Thread(target=run, name="genauth-lease").start()
    try:
        return future.result(patience)
    except TimeoutError:
        if future.done():
            raise
        raise _later("is still being asked", timedelta(seconds=patience)) from None


def _swap(grant: Grant, *, until: datetime) -> Lease | None:
    lease = new_lease()
    # Each lease has a name of its own, so that the row is as it was read if it still has this one.
    unchanged = rows().filter(pk=grant.pk, lease=grant.lease, leased_until=grant.leased_until)
    if not unchanged.update(lease=lease, leased_until=until):
        return None
    grant.lease, grant.leased_until = lease, until
    return Lease(grant)


def _later(why: str, wait: timedelta) -> ProviderUnavailable:
    seconds = max(1, math.ceil(wait.total_seconds()))
    return ProviderUnavailable(
        f"The provider {why}. Try again in {seconds} seconds.",
        reason="busy",
        retry_after=seconds,
    )


def _is_test_case(connection: Any) -> bool:
    # As `atomic(durable=True)` has it: the transaction around a test is none of the site's.
    return len(connection.atomic_blocks) > 0 and connection.atomic_blocks[-1]._from_testcase
