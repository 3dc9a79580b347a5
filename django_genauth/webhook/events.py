"""What each event of GenAuth's console does here.

Each event may come twice, late, and after a newer one. What the request looks like stands in
`views`, what its body means in `protocol.webhook_event`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from django.contrib import auth
from django.db import transaction
from django.utils import timezone

from django_genauth import grants
from django_genauth.backends import GenAuthBackend
from django_genauth.conf import App
from django_genauth.grants import leases
from django_genauth.models import Grant, Identity, LoginSession
from django_genauth.protocol.webhook_event import ConsoleEvent, point_in_time
from django_genauth.sessions import ended, registry
from django_genauth.signals import logged_out_remotely, person_changed

logger = logging.getLogger("django_genauth")


def handle(event: ConsoleEvent, app: App) -> None:
    """Handle an event; ignore one that is unknown, too old, or about nobody here.

    Raises ConfigurationError, and what databases, session engines and a site's receivers raise:
    the same event may then be sent again.
    """
    act = _ACTS.get(event.name)
    if act is None or event.subject is None:
        return
    issuer = app.client.registration.issuer
    if act is not _update:
        # Before the sessions are looked for: a login under way has no session yet, and finds this.
        until = 0.0 if event.time is None else min(event.time, timezone.now()).timestamp()
        ended.mark(app, issuer, subject=event.subject, sid=None, until=until)
    known = Identity.objects.filter(issuer=issuer, subject=event.subject)
    identity = known.select_related("user").first()
    if identity is not None and act(identity, event, app):
        person_changed.send_robust(
            sender=Identity, identity=identity, event=event.name, app=app.alias
        )
        logger.info("Told by the console: app=%s event=%s", app.alias, event.name)


def _end_all(identity: Identity, event: ConsoleEvent, app: App) -> bool:
    _end_sessions(identity, event, app, with_grants=True)
    return True


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
    with transaction.atomic():
        # Two events at the same time, the older of which must not come last.
        locked = Identity.objects.select_for_update().filter(pk=identity.pk).first()
        if locked is None or _is_old(event, locked.claims):
            return False
        ours = (each for each in auth.get_backends() if isinstance(each, GenAuthBackend))
        next(ours, GenAuthBackend()).refresh(locked, _claims(event, locked, app), app)
    return True


def _is_old(event: ConsoleEvent, kept: Mapping[str, Any]) -> bool:
    told = point_in_time(event.person.get("updated_at")) or event.time
    known = point_in_time(kept.get("updated_at"))
    return told is not None and known is not None and told < known


def _claims(event: ConsoleEvent, identity: Identity, app: App) -> dict[str, Any]:
    """Return the claims of an event that the site keeps or uses."""
    used = {*identity.claims, *app.user_fields.values(), app.groups_claim, "updated_at"}
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
    "user:deleted": _end_all,
    "user:password-changed": _end_sessions_alone,
    "user:updated": _update,
}
