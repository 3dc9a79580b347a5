"""Receivers: end grants and sessions after a deletion, a logout, or a user who is switched off.

Deletions of one row or of many happen inside a transaction, and so does what follows them.
"""

from __future__ import annotations

import logging
import time
from typing import Final
from weakref import WeakKeyDictionary

from django.contrib.auth import get_user_model
from django.db import Error
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from django_genauth import grants
from django_genauth.client import AuthenticationClient
from django_genauth.conf import App, get_app
from django_genauth.grants import leases, rows
from django_genauth.models import Grant, Identity, LoginSession
from django_genauth.protocol.errors import GenAuthError, ProviderUnavailable
from django_genauth.sessions import registry
from django_genauth.sessions.entry import SessionEntry
from django_genauth.tracebacks import without_variables

logger = logging.getLogger("django_genauth")

# How long, in seconds, further deletions do not wait for a provider that could not answer.
_PAUSE: Final = 5
# By client, in monotonic seconds; another client has another provider.
_left_alone_until: WeakKeyDictionary[AuthenticationClient, float] = WeakKeyDictionary()


@without_variables
def revoke_before_deletion(*, instance: Identity, **_: object) -> None:
    """Revoke the grants of an identity that is about to be deleted, and delete them.

    REVOKE_ON_DELETE switches the revoking off. A grant that could not be revoked stays without its
    identity, to be tried again by `genauth_revoke --all --pending`.
    """
    for grant in leases.rows().filter(identity=instance).order_by("-pk"):
        try:
            app = get_app(grant.app)
            if grant.state != Grant.State.ENDED and app.revoke_on_delete:
                _revoke_unless_left_alone(grant, app)
            grant.delete()
        except GenAuthError as error:
            logger.warning(
                "Not revoked before the deletion, and kept to be tried again: grant=%s code=%s",
                grant.pk,
                error.code,
            )
            rows.set_aside(grant)


def delete_session_row(*, request: HttpRequest, **_: object) -> None:
    """Delete the row of a session that ends by any logout (`user_logged_out`)."""
    session = getattr(request, "session", None)
    entry = None if session is None else SessionEntry.read(session)
    if entry is None or entry.login_session is None:
        return
    try:
        registry.rows().filter(pk=entry.login_session).delete()
    except Error as error:
        # The session may be elsewhere than the rows, and whoever wants to leave has to get out.
        logger.warning("The row of a session stays behind: %s", type(error).__name__)


def end_before_deletion(*, instance: Identity, **_: object) -> None:
    """End the sessions of an identity that is about to be deleted, with which their rows go."""
    _end_if_possible(registry.rows().filter(identity=instance))


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
    _end_if_possible(registry.rows().filter(identity__user_id=key))


def _revoke_unless_left_alone(grant: Grant, app: App) -> None:
    """Revoke a grant, but not where the provider has just kept another deletion waiting in vain.

    Many users may be deleted at once, in one transaction.
    """
    if time.monotonic() < _left_alone_until.get(app.client, 0.0):
        raise ProviderUnavailable("The provider could not answer a moment ago.", reason="busy")
    try:
        grants.revoke(grant, app)
    except ProviderUnavailable:
        _left_alone_until[app.client] = time.monotonic() + _PAUSE
        raise


def _end_if_possible(sessions: QuerySet[LoginSession]) -> None:
    """End sessions because of something else, which an engine out of order must not prevent."""
    try:
        registry.end(sessions)
    except Exception as error:  # noqa: BLE001 # each engine has errors of its own
        logger.error("Sessions may live on: %s", type(error).__name__)
