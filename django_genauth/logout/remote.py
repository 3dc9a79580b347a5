"""The back- and front-channel logout flows, by which a provider ends sessions here.

What the request looks like, and what it is answered, stands in `remote_views`.
"""

from __future__ import annotations

import logging
from datetime import datetime
from hashlib import sha256
from typing import Final, Literal

from django_genauth import grants
from django_genauth.client import AuthenticationClient
from django_genauth.conf import App
from django_genauth.conf.shared_cache import ForgivingCache
from django_genauth.fields import opened
from django_genauth.grants import leases
from django_genauth.models import Grant, LoginSession
from django_genauth.protocol.errors import GenAuthError, LogoutTokenError
from django_genauth.protocol.logout import LogoutToken, session_id_of
from django_genauth.sessions import registry
from django_genauth.signals import logged_out_remotely

logger = logging.getLogger("django_genauth")

# Shared by all processes of the site.
_MARKS: Final = ForgivingCache()
# A token may say that it holds until the year 9999, a time that some caches cannot count to.
_LONGEST_MARK: Final = 10**9


def by_token(app: App, logout_token: str) -> None:
    """End the sessions that a logout token names (Back-Channel Logout 1.0).

    Raises LogoutTokenError, ProviderError where the provider's keys cannot be had, and what ending
    raises: the same token may then be sent again.
    """
    client = app.client
    token = client.verify_logout_token(logout_token)
    mark = _mark(token)
    # Section 2.6, step 7. A cache that is out of order counts as free: better to sign out twice.
    if not _MARKS.add(mark, 1, timeout=_mark_seconds(client, token)):
        raise LogoutTokenError("The logout token was used before.", reason="replayed")
    try:
        sessions = registry.find(app, token.issuer, subject=token.subject, sid=token.session_id)
        _end(sessions, app, "back-channel")
    except BaseException:
        _MARKS.delete(mark)
        raise


def by_frame(app: App, issuer: str, sid: str) -> None:
    """End the session that the provider's page names (Front-Channel Logout 1.0, section 2).

    The cookie does not say which: browsers send none into another site's frame. Who knows a `sid`
    has it from the provider. Raises LogoutTokenError, and what ending raises.
    """
    if issuer != app.client.issuer:
        raise LogoutTokenError("The iss is another than this app's issuer.", reason="iss")
    if session_id_of(sid) is None:
        raise LogoutTokenError("The sid is not a text of 1 to 255 characters.", reason="sid")
    _end(registry.find(app, issuer, sid=sid), app, "front-channel")


def _mark(token: LogoutToken) -> str:
    named = f"{token.issuer}\n{token.jti}".encode("utf-8", "surrogatepass")
    return f"genauth:jti:{sha256(named).hexdigest()}"


def _mark_seconds(client: AuthenticationClient, token: LogoutToken) -> int:
    left = token.expires_at + client.leeway - client.clock()
    return int(min(left, _LONGEST_MARK)) + 1


def _end(
    sessions: list[LoginSession], app: App, channel: Literal["back-channel", "front-channel"]
) -> None:
    # The grants first: once the sessions are gone, a second try would not find whose they were.
    for identity_id in {session.identity_id for session in sessions}:
        theirs = [each.created_at for each in sessions if each.identity_id == identity_id]
        _end_grant(identity_id, app, max(theirs))
    registry.end(sessions)
    for session in sessions:
        logged_out_remotely.send_robust(sender=LoginSession, session=session, channel=channel)
    logger.info("Signed out by the provider: app=%s sessions=%d", app.alias, len(sessions))


def _end_grant(identity_id: int, app: App, began: datetime) -> None:
    """End the grant of the sessions that end, unless it is for offline use (section 2.7).

    A later login has put its own tokens in the place of theirs.
    """
    mine = leases.rows().filter(identity_id=identity_id, app=app.alias, state=Grant.State.ACTIVE)
    later = registry.rows().filter(identity_id=identity_id, app=app.alias, created_at__gt=began)
    while True:
        grant = mine.first()
        if grant is None or later.exists() or _is_for_offline_use(grant, app):
            return
        if grants.end(grant, "logged_out"):
            return


def _is_for_offline_use(grant: Grant, app: App) -> bool:
    try:
        scope = opened(grant, "token_set", app)["scope"]
    except GenAuthError:
        # Nothing opens it, so nobody can use it.
        return False
    # RFC 6749 5.1: an answer may leave out what it grants as it was asked for.
    return "offline_access" in (scope or app.client.scopes).split()
