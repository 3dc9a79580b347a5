"""Pending work on grants: revoke those that nobody needs, refresh those in use.

After a deletion somebody may wait, so that is bounded; the rest is for whoever comes later. How a
grant is revoked or refreshed stands in `revoking` and `refreshing`, which process works on which
row in `sweeps`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final
from weakref import WeakKeyDictionary

from django.db.models import Q, QuerySet
from django.utils import timezone

from django_genauth.client import AuthenticationClient
from django_genauth.conf import App, get_app
from django_genauth.grants import leases, rows, sweeps
from django_genauth.grants.refreshing import refresh
from django_genauth.grants.revoking import revoke
from django_genauth.models import ROWS_AT_ONCE, Grant
from django_genauth.protocol.errors import ConfigurationError, GenAuthError, ProviderUnavailable
from django_genauth.tracebacks import without_variables

logger = logging.getLogger("django_genauth")

# After a deletion, in seconds, no request is begun later than this. A page waits for it, and with
# the longest request after it, that is half of what gunicorn lets a worker have.
_LAST_START: Final = 5
# How long, in seconds, further deletions do not wait for a provider that could not answer.
_PAUSE: Final = 5
# So much before it runs out an access token is refreshed: the schedule that the how-to shows.
_DUE_WITHIN: Final = timedelta(minutes=5)
# How many rows are claimed at once: they wait for one another, and a claim is renewed in time.
_CLAIMED_AT_ONCE: Final = 8
# By client, in monotonic seconds; another client has another provider.
_left_alone_until: WeakKeyDictionary[AuthenticationClient, float] = WeakKeyDictionary()


@without_variables
def revoke_of_deleted(identities: Sequence[int]) -> None:
    """Revoke the grants of identities that were deleted, for as long as a page may wait.

    The others stay, for `genauth_revoke --all --pending` and for the task `revoke_pending`.
    """
    last_start = time.monotonic() + _LAST_START
    kept = 0
    for start in range(0, len(identities), ROWS_AT_ONCE):
        some = identities[start : start + ROWS_AT_ONCE]
        theirs = leases.rows().filter(former_identity__in=some)
        theirs.filter(state=Grant.State.ENDED).delete()
        # The newest first: some providers end the older ones of a session with it.
        for grant in theirs.filter(state=Grant.State.REVOKING).order_by("-pk"):
            if time.monotonic() > last_start or not _is_revoked(grant):
                kept += 1
    if kept:
        logger.warning("Grants of deleted identities that are still to be revoked: %d", kept)
        rows.announce_pending()


def _is_revoked(grant: Grant) -> bool:
    """Revoke a grant whose identity is gone, and delete it; return False where it is kept."""
    app = None
    try:
        app = get_app(grant.app)
        if time.monotonic() < _left_alone_until.get(app.client, 0.0):
            return False
        revoke(grant, app)
    except GenAuthError as error:
        if app is not None and isinstance(error, ProviderUnavailable):
            _left_alone_until[app.client] = time.monotonic() + _PAUSE
        logger.warning(
            "Not revoked after the deletion, and kept to be tried again: grant=%s code=%s",
            grant.pk,
            error.code,
        )
        return False
    leases.rows().filter(pk=grant.pk, state=Grant.State.ENDED).delete()
    return True


@dataclass
class Progress:
    """How many grants were done and how many were not, and whether time ran out before the end."""

    done: int = 0
    failed: int = 0
    is_cut_short: bool = False


@without_variables
def revoke_pending(*, seconds: float) -> Progress:
    """Revoke the grants that are to be revoked, beginning none after so many seconds."""
    return _work_through(sweeps.revocable(None, pending=True), revoke, seconds)


@without_variables
def refresh_due(*, seconds: float) -> Progress:
    """Refresh the grants whose access token has run out, or is about to; likewise."""
    now = timezone.now()
    due = leases.rows().filter(
        Q(retry_at=None) | Q(retry_at__lte=now),
        state=Grant.State.ACTIVE,
        # Nobody uses the grant of an earlier sign-in in the same browser.
        successor=None,
        expires_at__lte=now + _DUE_WITHIN,
    )
    # Somebody else who refreshes the same one is not waited for.
    return _work_through(due.exclude(refresh_fingerprint=""), partial(refresh, patience=0), seconds)


def _work_through(
    todo: QuerySet[Grant], do: Callable[[Grant, App], object], seconds: float
) -> Progress:
    """Do something with each grant, shared with other processes that do the same.

    A provider that does not answer is left alone for this time.
    """
    last_start = time.monotonic() + seconds
    progress = Progress()
    for alias in list(todo.order_by().values_list("app", flat=True).distinct()):
        queue = sweeps.GrantQueue(todo.filter(app=alias), page_size=_CLAIMED_AT_ONCE)
        for grant in queue.items():
            if grant is None:
                # Other processes have the rest in hand.
                break
            if time.monotonic() > last_start:
                progress.is_cut_short = True
                break
            try:
                do(grant, get_app(alias))
            except GenAuthError as error:
                progress.failed += 1
                logger.warning("Left for later: grant=%s code=%s", grant.pk, error.code)
                if isinstance(error, ConfigurationError) or _is_silent(error):
                    break
            else:
                progress.done += 1
            queue.finish(grant)
            queue.renew()
        queue.end(hopeless=0)
    return progress


def _is_silent(error: GenAuthError) -> bool:
    """Return whether a provider does not answer at all, and not whether one row has to wait."""
    return isinstance(error, ProviderUnavailable) and error.code != "provider_unavailable.busy"
