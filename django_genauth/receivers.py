"""Receivers: end grants and sessions after a deletion, a logout, or a user who is switched off.

What follows a deletion follows its commit. Deletions run inside a transaction, which is not to wait
for a provider, and whose rollback has to leave everything as it was.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress
from copy import copy

from django.contrib.auth import get_user_model
from django.db.models import Model
from django.http import HttpRequest

from django_genauth import conf
from django_genauth.commits import after_commit
from django_genauth.conf import get_app
from django_genauth.grants import pending
from django_genauth.models import Grant, Identity, LoginSession, rows_on_primary
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.sessions import ended, registry
from django_genauth.sessions.entry import SessionEntry

logger = logging.getLogger("django_genauth")


def mark_before_deletion(*, instance: Identity, **_: object) -> None:
    """Mark a person whose identity is about to be deleted: tokens of before are refused."""
    ended.mark_identities([instance])


def revoke_after_deletion(*, instance: Identity, using: str, **_: object) -> None:
    """Revoke the grants of an identity once its deletion is committed.

    The deletion itself detaches them and marks them as to be revoked (`models.SET_ASIDE`). Where
    REVOKE_ON_DELETE is off they are deleted now.
    """
    kept_alive = _apps_that_do_not_revoke()
    if kept_alive:
        theirs = Grant._default_manager.using(using).filter(identity=instance)
        theirs.filter(app__in=kept_alive).delete()
    after_commit(_revoke_of_deleted, instance.pk, using=using)


def end_after_deletion(*, instance: LoginSession, using: str, **_: object) -> None:
    """End a session once the deletion of its row is committed, alone or with its identity."""
    # A copy: Django takes the number off the one that it deletes.
    after_commit(_end_if_possible, copy(instance), using=using)


def revoke_later(**_: object) -> None:
    """Hand what is to be revoked to the site's worker, where there is one."""
    _enqueue_revocation()


def delete_session_row(*, request: HttpRequest, **_: object) -> None:
    """Delete the row of a session that ends by any logout (`user_logged_out`)."""
    session = getattr(request, "session", None)
    entry = None if session is None else SessionEntry.read(session)
    if entry is None or entry.login_session is None:
        return
    registry.delete_rows_if_possible(registry.rows().filter(pk=entry.login_session))


def end_sessions_of_inactive_user(*, instance: Model, created: bool, **_: object) -> None:
    """End the sessions of a user who is switched off, lest they live again with the user.

    Django refuses them until then, whatever happens here. A user is saved as AUTH_USER_MODEL, or as
    a proxy, a child or a parent of it.
    """
    if created or getattr(instance, "is_active", True):
        return
    model = get_user_model()
    if isinstance(instance, model):
        # A child may have a key of its own.
        key = getattr(instance, str(model._meta.pk.attname))
    elif issubclass(model, type(instance)):
        key = instance.pk
    else:
        return
    ended.mark_identities(rows_on_primary(Identity).filter(user_id=key))
    _end_if_possible(registry.rows().filter(identity__user_id=key))


def _revoke_of_deleted(identities: list[int]) -> None:
    if not _enqueue_revocation():
        pending.revoke_of_deleted(identities)


def _enqueue_revocation() -> bool:
    # Not at the start, which most processes have to do without a deletion.
    from django_genauth import tasks

    return tasks.enqueue(tasks.revoke_pending)


def _apps_that_do_not_revoke() -> list[str]:
    """Return the aliases of apps where REVOKE_ON_DELETE is off.

    Only those that name it are looked at, as this is asked for each identity of a deletion.
    """
    found = []
    for alias, values in conf.configured():
        if "REVOKE_ON_DELETE" not in values:
            continue
        # What is wrong with an app is no reason to keep its tokens alive.
        with suppress(ConfigurationError):
            if not get_app(str(alias)).revoke_on_delete:
                found.append(str(alias))
    return found


def _end_if_possible(sessions: Iterable[LoginSession]) -> None:
    """End sessions because of something else, which an engine out of order must not prevent."""
    try:
        registry.end(sessions)
    except Exception as error:  # noqa: BLE001 # each engine has errors of its own
        logger.error("Sessions may live on: %s", type(error).__name__)
