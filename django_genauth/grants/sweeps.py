"""The grants that a command works through, shared by processes on any number of machines.

A claim keeps other processes from a row, for as long as it is renewed; the claim of a process that
was killed ends by itself. As in `leases`, no transaction is open while the provider is asked. What
is done with a grant stands in `grants`, by how many threads in `management.workers`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Final

from django.db import connections, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from django_genauth.grants import leases, rows
from django_genauth.models import ROWS_AT_ONCE, Grant, LoginSession, Sweep, pages, rows_on_primary

# How long, in seconds, a claim holds, and when it is renewed: a row whose process was killed waits
# so long, and a process that is slow may be so slow.
_CLAIM: Final = 30
_RENEWAL: Final = 10
# A sweep that nobody has come to the end of in this time would tell old news.
_LONGEST_SWEEP: Final = timedelta(days=1)


def introspection_queue(app: str | None, *, page_size: int) -> GrantQueue:
    """Return the grants that are not over and were not introspected in this sweep."""
    sweep = _current_sweep("introspect", app)
    not_asked = Q(introspected_at=None) | Q(introspected_at__lt=sweep.started_at)
    todo = grants_at(app).exclude(state=Grant.State.ENDED).filter(not_asked)
    return GrantQueue(todo, page_size=page_size, sweep=sweep)


def refresh_queue(app: str | None, *, page_size: int) -> GrantQueue:
    """Return the grants that have a refresh token and were not refreshed in this sweep."""
    sweep = _current_sweep("refresh", app)
    todo = grants_at(app).filter(state=Grant.State.ACTIVE, updated_at__lt=sweep.started_at)
    return GrantQueue(todo.exclude(refresh_fingerprint=""), page_size=page_size, sweep=sweep)


def revocation_queue(app: str | None, *, page_size: int, pending: bool) -> GrantQueue:
    """Return the grants of `revocable`. It needs no sweep: a revoked grant has another state."""
    return GrantQueue(revocable(app, pending=pending), page_size=page_size)


def revocable(app: str | None, *, pending: bool) -> QuerySet[Grant]:
    """Return the grants that have not ended, or (`pending`) those whose revocation failed.

    What is pending waits as long as a grant of the same person may have come of the same session at
    the provider: some providers would end that too.
    """
    if not pending:
        return grants_at(app).exclude(state=Grant.State.ENDED)
    pending_rows = grants_at(app).filter(state=Grant.State.REVOKING)
    # A predecessor waits for its successor, so nothing waits for it.
    in_use = leases.rows().filter(
        state=Grant.State.ACTIVE,
        successor=None,
        identity=OuterRef("identity"),
        app=OuterRef("app"),
    )
    may_share = in_use.filter(Q(sid=OuterRef("sid")) | Q(sid=""))
    return pending_rows.filter(~Exists(may_share), ~(Q(sid="") & Exists(in_use)))


def grants_at(app: str | None) -> QuerySet[Grant]:
    """Return the grants at an app, or at all apps."""
    return leases.rows() if app is None else leases.rows().filter(app=app)


def purge(*, before: datetime) -> tuple[int, int, int]:
    """Delete the grants that were over before then; return how many had ended, and had expired.

    A grant expires with its access token where there is no refresh token. The third number is how
    many others nobody needs, which are marked as to be revoked.
    """
    ended = leases.rows().filter(state=Grant.State.ENDED, ended_at__lt=before)
    expired = leases.rows().filter(
        state=Grant.State.ACTIVE, refresh_fingerprint="", expires_at__lt=before
    )
    # The next run would begin these anew.
    too_old = timezone.now() - _LONGEST_SWEEP
    rows_on_primary(Sweep).filter(started_at__lt=too_old).delete()
    return _delete(ended), _delete(expired), _set_unneeded_to_revoke()


def _delete(grants: QuerySet[Grant]) -> int:
    deleted = 0
    for page in pages(grants.defer("token_set"), size=ROWS_AT_ONCE):
        deleted += grants.filter(pk__in=[grant.pk for grant in page]).delete()[0]
    return deleted


def _set_unneeded_to_revoke() -> int:
    """Mark the grants that no sign-in uses and that a later grant of the same person replaces.

    Work without a person uses the newest. Some providers end all refresh tokens that came of one
    session with the first that is revoked, so a grant stays as long as another one lives that may
    have come of the same session at the provider.
    """
    alive = leases.rows().filter(state=Grant.State.ACTIVE)
    others = alive.filter(identity=OuterRef("identity"), app=OuterRef("app"))
    newer = others.exclude(refresh_fingerprint="").filter(pk__gt=OuterRef("pk"))
    may_share = others.exclude(pk=OuterRef("pk")).filter(Q(sid=OuterRef("sid")) | Q(sid=""))
    used = LoginSession.objects.filter(grant=OuterRef("pk"))
    unneeded = alive.exclude(Q(sid="") | Q(refresh_fingerprint="")).filter(
        Exists(newer), ~Exists(may_share), ~Exists(used), successor=None
    )
    marked = 0
    for page in pages(unneeded.defer("token_set"), size=ROWS_AT_ONCE):
        marked += sum(rows.set_to_revoke(grant) for grant in page)
    return marked


class GrantQueue:
    """A queue of grants that several processes share; a row leaves `todo` when it is done.

    `total` is how many there are at the beginning.
    """

    def __init__(
        self, todo: QuerySet[Grant], *, page_size: int, sweep: Sweep | None = None
    ) -> None:
        self.total = todo.count()
        self._todo = todo
        self._page_size = page_size
        self._sweep = sweep
        self._claim = token_hex(8)
        self._in_hand: set[int] = set()
        self._finished: list[int] = []
        self._renew_at = time.monotonic() + _RENEWAL

    def items(self) -> Iterator[Grant | None]:
        """Yield the grants that this process claims; None where it has to wait for other processes.

        It waits at the end alone, for the grants that they have claimed, and takes over those of a
        process that was killed.
        """
        yield from self._walk(self._todo, _is_free)
        # Rows that were locked for a moment, given back, or not answered for another process.
        others = self._todo.exclude(claim=self._claim)
        yield from self._walk(others, _is_free)
        while others.filter(claimed_until__isnull=False).exists():
            yield from self._walk(others, _has_lapsed)
            yield None

    def finish(self, grant: Grant) -> None:
        """Note that this process is done with a grant, whatever the result."""
        self._in_hand.discard(grant.pk)
        self._finished.append(grant.pk)

    def renew(self) -> None:
        """Renew the claims in hand when it is time, and give back those of finished grants."""
        if time.monotonic() < self._renew_at:
            return
        self._release()
        self._claimed(self._in_hand).update(claimed_until=_from_now(_CLAIM))
        self._renew_at = time.monotonic() + _RENEWAL

    def end(self, *, hopeless: int) -> None:
        """Give back all claims, and end the sweep where nothing is left to do.

        `hopeless` counts the rows of this process that would fail again, whoever tries them.
        """
        self._release()
        # Not as free, but as lapsed: processes that wait for them take them.
        self._claimed(self._in_hand).update(claimed_until=timezone.now())
        if self._sweep is not None and self._todo[: hopeless + 1].count() <= hopeless:
            self._sweep.delete()

    def _walk(self, among: QuerySet[Grant], may_be_claimed: Callable[[], Q]) -> Iterator[Grant]:
        last = 0
        while keys := self._claim_page(among.filter(pk__gt=last).order_by("pk"), may_be_claimed()):
            claimed = self._claimed(keys).select_related("identity__user").order_by("pk")
            grants = list(claimed)
            self._in_hand.update(grant.pk for grant in grants)
            yield from grants
            last = keys[-1]

    def _claim_page(self, among: QuerySet[Grant], may_be_claimed: Q) -> list[int]:
        """Claim a page of rows and return their keys; another process may have been faster."""
        self._release()
        database = self._todo.db
        # Without it, two processes at the same time want the same rows, and the second gets none.
        skips = connections[database].features.has_select_for_update_skip_locked
        with transaction.atomic(using=database) if skips else nullcontext():
            free = among.filter(may_be_claimed)
            page = free.select_for_update(skip_locked=True) if skips else free
            keys = list(page.values_list("pk", flat=True)[: self._page_size])
            claimed = {"claim": self._claim, "claimed_until": _from_now(_CLAIM)}
            # By their keys alone: MariaDB updates no table that the choice asks for in a subquery.
            leases.rows().filter(may_be_claimed, pk__in=keys).update(**claimed)
        return keys

    def _release(self) -> None:
        self._claimed(self._finished).update(claimed_until=None)
        self._finished.clear()

    def _claimed(self, keys: Collection[int]) -> QuerySet[Grant]:
        return leases.rows().filter(pk__in=keys, claim=self._claim)


def _is_free() -> Q:
    return Q(claimed_until=None) | _has_lapsed()


def _has_lapsed() -> Q:
    return Q(claimed_until__lte=timezone.now())


def _from_now(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


def _current_sweep(command: str, app: str | None) -> Sweep:
    """Return the sweep of a command that is not at its end, or begin one."""
    name = command if app is None else f"{command} {app}"
    now = timezone.now()
    sweeps = rows_on_primary(Sweep)
    sweeps.filter(name=name, started_at__lt=now - _LONGEST_SWEEP).update(started_at=now)
    return sweeps.get_or_create(name=name, defaults={"started_at": now})[0]
