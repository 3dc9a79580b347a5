"""Which grants a command works through, and which of the processes that do so takes which.

A claim keeps other processes from a row, on whatever machine, for as long as it is renewed; that of
a process that was killed ends by itself. As in `leases`, no transaction is open while the provider
is asked. What is done with a grant stands in `grants`, by how many threads in `workers`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Final, TypeVar

from django.db import connections, models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from django_genauth.grants import leases
from django_genauth.models import Grant, Sweep

Row = TypeVar("Row", bound=models.Model)

# How long, in seconds, a claim holds, and when it is renewed: a row whose process was killed waits
# so long, and a process that is slow may be so slow.
_CLAIM: Final = 30
_RENEWAL: Final = 10
# A sweep that nobody has come to the end of in this time would tell old news.
_LONGEST_SWEEP: Final = timedelta(days=1)
# So many go into one statement; some databases take no more.
_PURGED_AT_ONCE: Final = 500


def to_introspect(app: str | None, *, page: int) -> Part:
    """Take part in asking for the state of every grant that is not over."""
    sweep = _join("introspect", app)
    not_asked = Q(introspected_at=None) | Q(introspected_at__lt=sweep.started_at)
    todo = rows(app).exclude(state=Grant.State.ENDED).filter(not_asked)
    return Part(todo, page=page, sweep=sweep)


def to_refresh(app: str | None, *, page: int) -> Part:
    """Take part in refreshing every grant that can be."""
    sweep = _join("refresh", app)
    todo = rows(app).filter(state=Grant.State.ACTIVE, updated_at__lt=sweep.started_at)
    return Part(todo.exclude(refresh_fingerprint=""), page=page, sweep=sweep)


def to_revoke(app: str | None, *, page: int, pending: bool) -> Part:
    """Take part in revoking what `revocable` returns; what is done is told by its state."""
    return Part(revocable(app, pending=pending), page=page)


def revocable(app: str | None, *, pending: bool) -> QuerySet[Grant]:
    """Return the grants that are not over, or (`pending`) those whose revocation failed."""
    if pending:
        return rows(app).filter(state=Grant.State.REVOKING)
    return rows(app).exclude(state=Grant.State.ENDED)


def rows(app: str | None) -> QuerySet[Grant]:
    """Return the grants at an app, or at all."""
    return leases.rows() if app is None else leases.rows().filter(app=app)


def pages(rows: QuerySet[Row], *, size: int) -> Iterator[list[Row]]:
    """Yield rows in the order of their keys, so many at a time, without claiming any."""
    last = 0
    while page := list(rows.filter(pk__gt=last).order_by("pk")[:size]):
        yield page
        last = page[-1].pk


def purge(*, before: datetime) -> tuple[int, int]:
    """Delete what was over before then; return how many had ended, and how many had run out.

    A grant runs out with its access token where there is no refresh token.
    """
    ended = rows(None).filter(state=Grant.State.ENDED, ended_at__lt=before)
    expired = rows(None).filter(
        state=Grant.State.ACTIVE, refresh_fingerprint="", expires_at__lt=before
    )
    # The next run would begin these anew.
    _sweeps().filter(started_at__lt=timezone.now() - _LONGEST_SWEEP).delete()
    return _delete(ended), _delete(expired)


def _delete(grants: QuerySet[Grant]) -> int:
    deleted = 0
    for page in pages(grants.defer("token_set"), size=_PURGED_AT_ONCE):
        # Somebody may have signed in again since the page was read.
        deleted += grants.filter(pk__in=[grant.pk for grant in page]).delete()[0]
    return deleted


class Part:
    """Be one process's part in working through the rows of `todo`, which done ones leave.

    `total` is how many there are at the beginning.
    """

    def __init__(self, todo: QuerySet[Grant], *, page: int, sweep: Sweep | None = None) -> None:
        self.total = todo.count()
        self._todo = todo
        self._page = page
        self._sweep = sweep
        self._claim = token_hex(8)
        self._in_hand: set[int] = set()
        self._finished: list[int] = []
        self._renew_at = time.monotonic() + _RENEWAL

    def items(self) -> Iterator[Grant | None]:
        """Yield what this process has claimed; None where it has to wait for other processes.

        It waits at the end alone, for what they have in hand, and takes over what a process leaves
        that was killed.
        """
        yield from self._walk(_free, self._todo)
        # Rows that were locked for a moment, given back, or not answered for another process.
        others = self._todo.exclude(claim=self._claim)
        yield from self._walk(_free, others)
        while others.filter(claimed_until__isnull=False).exists():
            yield from self._walk(_left, others)
            yield None

    def finish(self, grant: Grant) -> None:
        """Note that this process is done with a grant, whatever came of it."""
        self._in_hand.discard(grant.pk)
        self._finished.append(grant.pk)

    def renew(self) -> None:
        """Renew the claims in hand when it is time, and give back the others."""
        if time.monotonic() < self._renew_at:
            return
        self._release()
        self._mine(self._in_hand).update(claimed_until=_from_now(_CLAIM))
        self._renew_at = time.monotonic() + _RENEWAL

    def end(self, *, hopeless: int) -> None:
        """Give back all claims, and end the sweep where it has come to its end.

        `hopeless` counts those rows that this process asked for in vain and would again.
        """
        self._release()
        # Not as free, but as left: who waits for them takes them.
        self._mine(self._in_hand).update(claimed_until=timezone.now())
        if self._sweep is not None and self._todo[: hopeless + 1].count() <= hopeless:
            self._sweep.delete()

    def _walk(self, which: Callable[[], Q], among: QuerySet[Grant]) -> Iterator[Grant]:
        last = 0
        while keys := self._take(among.filter(which(), pk__gt=last).order_by("pk")):
            claimed = self._mine(keys).select_related("identity__user").order_by("pk")
            grants = list(claimed)
            self._in_hand.update(grant.pk for grant in grants)
            yield from grants
            last = keys[-1]

    def _take(self, free: QuerySet[Grant]) -> list[int]:
        """Claim a page of rows and return their keys; somebody else may have been faster."""
        self._release()
        database = self._todo.db
        # Without it, two that come at the same time want the same rows, and the second gets none.
        skips = connections[database].features.has_select_for_update_skip_locked
        with transaction.atomic(using=database) if skips else nullcontext():
            page = free.select_for_update(skip_locked=True) if skips else free
            keys = list(page.values_list("pk", flat=True)[: self._page])
            claimed = {"claim": self._claim, "claimed_until": _from_now(_CLAIM)}
            free.order_by().filter(pk__in=keys).update(**claimed)
        return keys

    def _release(self) -> None:
        self._mine(self._finished).update(claimed_until=None)
        self._finished.clear()

    def _mine(self, keys: set[int] | list[int]) -> QuerySet[Grant]:
        return leases.rows().filter(pk__in=keys, claim=self._claim)


def _free() -> Q:
    return Q(claimed_until=None) | _left()


def _left() -> Q:
    return Q(claimed_until__lte=timezone.now())


def _from_now(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


def _join(command: str, app: str | None) -> Sweep:
    """Return the sweep of a command that is not at its end, or begin one."""
    name = command if app is None else f"{command} {app}"
    now = timezone.now()
    _sweeps().filter(name=name, started_at__lt=now - _LONGEST_SWEEP).update(started_at=now)
    return _sweeps().get_or_create(name=name, defaults={"started_at": now})[0]


def _sweeps() -> QuerySet[Sweep]:
    return Sweep.objects.using(leases.rows().db)
