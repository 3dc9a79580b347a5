"""Handle the events of GenAuth's console.

Each event may come twice, late, and after a newer one. What the request looks like stands in
`views`, what its body means in `protocol.webhook_event`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import auth
from django.db import router, transaction
from django.utils import timezone

from django_genauth import conf, grants
from django_genauth.backends import GenAuthBackend
from django_genauth.backends.rights import named_claims
from django_genauth.conf import App
from django_genauth.grants import leases
from django_genauth.models import Grant, Identity, LoginSession, rows_on_primary
from django_genauth.protocol.webhook_event import ConsoleEvent, point_in_time
from django_genauth.sessions import ended, registry
from django_genauth.signals import logged_out_remotely, person_changed
from django_genauth.times import as_stored

logger = logging.getLogger("django_genauth")


def handle(event: ConsoleEvent, app: App) -> None:
    """Handle an event; ignore one that is unknown, too old, or about nobody here.

    Raises ConfigurationError, and what databases, session engines and a site's receivers raise:
    the same event may then be sent again.
    """
    act = _ACTS.get(event.name)
    if act is None or event.subject is None:
        return
    if event.time is not None:
        event = replace(event, time=as_stored(event.time))
    issuer = app.client.registration.issuer
    if _ends_all(act, app):
        # Before the sessions are looked for: a login under way has no session yet, and finds this.
        until = 0.0 if event.time is None else min(event.time, timezone.now()).timestamp()
        ended.mark(issuer, subject=event.subject, until=until)
    known = rows_on_primary(Identity).filter(issuer=issuer, subject=event.subject)
    identity = known.select_related("user").first()
    if identity is not None and act(identity, event, app):
        person_changed.send_robust(
            sender=Identity, identity=identity, event=event.name, app=app.alias
        )
        logger.info(
            "Told by the console: app=%s event=%s",
            app.alias,
            event.name,
            extra={"event": "console_event", "app": app.alias, "console_event": event.name},
        )


def _ends_all(act: Callable[[Identity, ConsoleEvent, App], bool], app: App) -> bool:
    if act is _end_sessions_alone:
        return app.webhook_password_change_ends_sessions
    return act is not _update


def _end_all(identity: Identity, event: ConsoleEvent, app: App) -> bool:
    _end_sessions(identity, event, app, with_grants=True)
    return True


def _delete(identity: Identity, event: ConsoleEvent, app: App) -> bool:
    _take_back_rights(identity, event, app)
    return _end_all(identity, event, app)


def _take_back_rights(identity: Identity, event: ConsoleEvent, app: App) -> None:
    """Take back what claims gave a person at each app of the provider, unless they came later."""
    with transaction.atomic(using=router.db_for_write(Identity)):
        locked = rows_on_primary(Identity).select_for_update().filter(pk=identity.pk).first()
        # By the provider's clock, which may be late.
        leeway = timedelta(seconds=app.client.registration.leeway)
        if locked is None or (event.time is not None and event.time + leeway < _kept_since(locked)):
            return
        at = _kept_from(locked, event.time or timezone.now())
        _backend().take_back_rights(locked, conf.apps_of(identity.issuer), at=at)


def _end_sessions_alone(identity: Identity, event: ConsoleEvent, app: App) -> bool:
    if app.webhook_password_change_ends_sessions:
        _end_sessions(identity, event, app, with_grants=False)
    return True


def _end_sessions(identity: Identity, event: ConsoleEvent, app: App, *, with_grants: bool) -> None:
    """End the sessions of a person that began before the event, at each app of the provider."""
    theirs = registry.rows().filter(identity=identity)
    later = theirs.none()
    if event.time is not None:
        # By the provider's clock, which may be late.
        leeway = timedelta(seconds=app.client.registration.leeway)
        until = min(event.time, timezone.now()) + leeway
        theirs, later = theirs.filter(created_at__lt=until), theirs.filter(created_at__gte=until)
    sessions = list(theirs.select_related("identity"))
    # The grants first: once the sessions are gone, a second try would not know them as theirs.
    if with_grants:
        used_later = later.exclude(grant=None).values("grant")
        theirs_granted = leases.rows().filter(identity=identity, state=Grant.State.ACTIVE)
        for grant in theirs_granted.exclude(pk__in=used_later):
            grants.end(grant, event.name)
    registry.end(sessions)
    for session in sessions:
        logged_out_remotely.send_robust(sender=LoginSession, session=session, channel="webhook")


def _update(identity: Identity, event: ConsoleEvent, app: App) -> bool:
    with transaction.atomic(using=router.db_for_write(Identity)):
        # Two events at the same time, the older of which must not come last.
        locked = rows_on_primary(Identity).select_for_update().filter(pk=identity.pk).first()
        if locked is None or _is_old(event, locked):
            return False
        told_at = event.time or _updated_at(event.person)
        at = None if told_at is None else _kept_from(locked, told_at)
        _backend().refresh(locked, _claims(event, locked, app), app, at=at)
    return True


def _backend() -> GenAuthBackend:
    ours = (each for each in auth.get_backends() if isinstance(each, GenAuthBackend))
    return next(ours, GenAuthBackend())


def _is_old(event: ConsoleEvent, identity: Identity) -> bool:
    """Return whether the claims that are kept are newer than the event.

    Where both name the time of the person's last change, their order is the provider's own. An
    event is old as well if it happened before the provider said the claims that are kept.
    """
    told, known = _updated_at(event.person), _updated_at(identity.claims)
    if told is not None and known is not None:
        if told < known:
            return True
        told = None
    happened = event.time or told
    return happened is not None and happened < _kept_since(identity)


def _updated_at(claims: Mapping[str, Any]) -> datetime | None:
    point = point_in_time(claims.get("updated_at"))
    return None if point is None else as_stored(point)


def _kept_since(identity: Identity) -> datetime:
    """Return when the claims were told; identities of earlier versions know no better."""
    return identity.claims_at or identity.created_at


def _kept_from(identity: Identity, time: datetime) -> datetime:
    """Return since when the claims are kept that an event of this time leaves."""
    # A time that has not come would make every later event an old one.
    return max(_kept_since(identity), min(time, timezone.now()))


def _claims(event: ConsoleEvent, identity: Identity, app: App) -> dict[str, Any]:
    """Return the claims of an event that the site keeps or uses."""
    used = {*identity.claims, *named_claims(app), "updated_at"}
    said = {name: each for name, each in event.person.items() if name in used}
    for name in ("email", "phone_number"):
        verified = f"{name}_verified"
        if verified in identity.claims and said.get(name, identity.claims.get(name)) != (
            identity.claims.get(name)
        ):
            # What was said of the old one is not said of the new one.
            said.setdefault(verified, False)
    return said


_ACTS: Final[Mapping[str, Callable[[Identity, ConsoleEvent, App], bool]]] = {
    "kick": _end_all,
    "user:deleted": _delete,
    "user:password-changed": _end_sessions_alone,
    "user:updated": _update,
}
