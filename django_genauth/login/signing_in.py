"""Sign a verified person in, or link their identity; whatever is refused leaves nothing behind.

How the person was verified is not known here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from django.contrib import auth
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from django_genauth import grants
from django_genauth.backends import GenAuthBackend
from django_genauth.conf import App
from django_genauth.grants import rows
from django_genauth.login.pending import PendingLogin
from django_genauth.models import Grant, Identity
from django_genauth.protocol.errors import AccountRefused, ConfigurationError
from django_genauth.protocol.id_token import IdToken
from django_genauth.protocol.logout import session_id_of
from django_genauth.protocol.tokens import TokenSet
from django_genauth.protocol.userinfo import UserInfo
from django_genauth.sessions import ended, registry
from django_genauth.sessions.entry import SessionEntry
from django_genauth.tracebacks import without_variables

logger = logging.getLogger("django_genauth")


@without_variables
def sign_in(
    request: HttpRequest,
    app: App,
    login: PendingLogin,
    identity: IdToken | UserInfo,
    token_set: TokenSet | None,
) -> None:
    """Sign the person in; leave no session and no change behind where anybody refuses that."""
    before = SessionEntry.read(request.session)
    # What is written before the last refusal may come is written in one transaction; the session
    # ends after that has been rolled back.
    with _denials_as_refusals(), ExitStack() as undo, ExitStack() as changes:
        grant = _begin_session(request, app, identity, token_set, undo, changes)
        if _was_signed_out(identity, login, app):
            raise AccountRefused(
                "The provider signed the person out while this login was under way.",
                reason="signed_out",
            )
    if before is None or before.grant is None or grant is None:
        return
    if (before.alias, before.identity_id) == (app.alias, grant.identity_id):
        rows.supersede(before.grant, grant, in_session=before.login_session)


def _begin_session(
    request: HttpRequest,
    app: App,
    identity: IdToken | UserInfo,
    token_set: TokenSet | None,
    undo: ExitStack,
    changes: ExitStack,
) -> Grant | None:
    """Find or make the user, begin their session, and return the grant of this sign-in."""
    # The name of the first keyword is what Django masks by.
    credentials = {"id_token" if isinstance(identity, IdToken) else "user_info": identity}
    user = auth.authenticate(request, **credentials, app=app, changes=changes)
    row: Identity | None = getattr(user, "genauth_identity", None)
    if user is None or row is None:
        raise _denied() if _our_backends() else _no_backend()
    csrf_secret = request.META.get("CSRF_COOKIE") if request.user.pk == user.pk else None
    before = registry.place_of(request.session)
    undo.push(partial(_end_session, request))
    auth.login(request, user)
    if request.session.session_key == before[0]:
        # Django keeps it where the same person signs in again. Whoever has planted or copied it
        # must not share in a sign-in that is new.
        request.session.cycle_key()
    if csrf_secret is not None:
        # Django changes the secret at a login, as somebody may have planted it before. Here it was
        # this person's all the while: who knows it could use it before too, and with a new one
        # whatever they have typed in other tabs could no longer be sent.
        request.META["CSRF_COOKIE"] = csrf_secret
    sid = session_id_of(identity.claims.get("sid")) or ""
    grant = None if token_set is None else grants.store(row, app, token_set, sid=sid)
    number = registry.record(
        request,
        row,
        app,
        identity.claims,
        before=before,
        grant=grant,
        id_token=identity.encoded if isinstance(identity, IdToken) else None,
        location=_location(request, user),
    )
    SessionEntry(
        alias=app.alias,
        identity_id=row.pk,
        auth_time=_auth_time(identity.claims),
        expires_at=None if token_set is None else token_set.expires_at,
        login_session=number,
        grant=None if grant is None else grant.pk,
    ).write(request.session)
    return grant


def _was_signed_out(identity: IdToken | UserInfo, login: PendingLogin, app: App) -> bool:
    """Return whether the provider signed the person out since the login began.

    Asked when the session's row is written: whoever signs the person out now finds that.
    """
    return ended.is_marked(
        identity.issuer,
        subject=identity.subject,
        sid=session_id_of(identity.claims.get("sid")),
        since=login.expires_at - app.login_ttl,
    )


def _end_session(request: HttpRequest, error: type[BaseException] | None, *_: object) -> None:
    """End the session that a login has begun, where the login comes to nothing after all."""
    if error is None:
        return
    entry = SessionEntry.read(request.session)
    request.session.flush()
    request.user = AnonymousUser()
    if entry is not None and entry.login_session is not None:
        registry.delete_rows(registry.rows().filter(pk=entry.login_session))


def _location(request: HttpRequest, user: Any) -> str:
    """Return the site's own words for the place that a login comes from."""
    try:
        backend = auth.load_backend(user.backend)
        return backend.session_location(request) if isinstance(backend, GenAuthBackend) else ""
    except Exception as error:  # noqa: BLE001 # it is the site's, and may ask whomever it likes
        # Nobody is kept out for a word on a page.
        logger.warning("session_location() failed: %s", type(error).__name__)
        return ""


@without_variables
def link(
    request: HttpRequest, app: App, login: PendingLogin, identity: IdToken | UserInfo
) -> Identity:
    user = request.user
    if not isinstance(user, AbstractBaseUser) or str(user.pk) != login.link_user:
        raise AccountRefused(
            "Somebody else is signed in than when the link was begun.", reason="link_user"
        )
    backends = _our_backends()
    if not backends:
        raise _no_backend()
    with _denials_as_refusals():
        return backends[0].link(user, identity, app, request)


@contextmanager
def _denials_as_refusals() -> Iterator[None]:
    """Raise AccountRefused where the site's own code raises PermissionDenied."""
    is_denied = False
    try:
        yield
    except PermissionDenied:
        is_denied = True
    # Out here, as the other error's text is the site's, and may quote a claim.
    if is_denied:
        raise _denied()


def _our_backends() -> list[GenAuthBackend]:
    return [each for each in auth.get_backends() if isinstance(each, GenAuthBackend)]


def _denied() -> AccountRefused:
    return AccountRefused(
        "A backend, a hook or a receiver of the site denied the sign-in.", reason="denied"
    )


def _no_backend() -> ConfigurationError:
    return ConfigurationError(
        'No backend took the identity. Add "django_genauth.backends.GenAuthBackend" to'
        " AUTHENTICATION_BACKENDS.",
        reason="backend",
    )


def _auth_time(claims: Mapping[str, Any]) -> float | None:
    """Return the claim auth_time, but no later than now; None where there is none."""
    told = claims.get("auth_time")
    if isinstance(told, bool) or not isinstance(told, int | float):
        return None
    return min(told, time.time())
