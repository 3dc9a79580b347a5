"""The back- and front-channel logout flows, by which a provider ends sessions here.

What the request looks like, and what it is answered, stands in `remote_views`.
"""

from __future__ import annotations

import logging
from hashlib import sha256
from typing import Final, Literal

from django_genauth import grants
from django_genauth.client import AuthenticationClient
from django_genauth.conf import App
from django_genauth.conf.shared_cache import ForgivingCache
from django_genauth.fields import opened
from django_genauth.grants import rows
from django_genauth.log_lines import log_line
from django_genauth.models import Grant, LoginSession
from django_genauth.protocol.errors import GenAuthError, LogoutTokenError
from django_genauth.protocol.logout import LogoutToken, session_id_of
from django_genauth.sessions import ended, registry
from django_genauth.signals import logged_out_remotely

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
    if not _MARKS.mark(mark, timeout=_mark_seconds(client, token)):
        raise LogoutTokenError("The logout token was used before.", reason="replayed")
    try:
        # Before the sessions are looked for, so that a login under way has its session found there,
        # or finds this.
        ended.mark(token.issuer, subject=token.subject, sid=token.session_id)
        sessions = registry.find(app, token.issuer, subject=token.subject, sid=token.session_id)
        if token.revoke_offline_access and token.session_id is None:
            # All that the person granted, also where its session is over already.
            whose = {"identity__issuer": token.issuer, "identity__subject": token.subject}
            for grant in rows.usable(app, **whose):
                grants.end(grant, "logged_out")
        _end(sessions, app, "back-channel", is_offline_use_over=token.revoke_offline_access)
    except BaseException:
        _MARKS.delete(mark)
        raise


def by_frame(app: App, issuer: str, sid: str) -> None:
    """End the session that the provider's page names (Front-Channel Logout 1.0, section 2).

    The cookie does not say which: browsers send none into another site's frame. Who knows a `sid`
    has it from the provider. Raises LogoutTokenError, and what ending raises.
    """
    if issuer != app.client.registration.issuer:
        raise LogoutTokenError("The iss is another than this app's issuer.", reason="iss")
    if session_id_of(sid) is None:
        raise LogoutTokenError("The sid is not a text of 1 to 255 characters.", reason="sid")
    ended.mark(issuer, subject=None, sid=sid)
    _end(registry.find(app, issuer, sid=sid), app, "front-channel")


def _mark(token: LogoutToken) -> str:
    named = f"{token.issuer}\n{token.jti}".encode("utf-8", "surrogatepass")
    return f"genauth:jti:{sha256(named).hexdigest()}"


def _mark_seconds(client: AuthenticationClient, token: LogoutToken) -> int:
    left = token.expires_at + client.registration.leeway - client.clock()
    return int(min(left, _LONGEST_MARK)) + 1


def _end(
    sessions: list[LoginSession],
    app: App,
    channel: Literal["back-channel", "front-channel"],
    *,
    is_offline_use_over: bool = False,
) -> None:
    # The grants first: once the sessions are gone, a second try would not find what was theirs.
    ending = [session.pk for session in sessions]
    granted = {session.grant for session in sessions if session.grant is not None}
    for grant in granted:
        is_used = registry.rows().filter(grant=grant).exclude(pk__in=ending).exists()
        if not is_used and (is_offline_use_over or not _is_for_offline_use(grant, app)):
            grants.end(grant, "logged_out")
    registry.end(sessions)
    for session in sessions:
        logged_out_remotely.send_robust(sender=LoginSession, session=session, channel=channel)
    log_line(
        logging.INFO,
        "remote_logout",
        "Signed out by the provider",
        app=app.alias,
        sessions=len(sessions),
    )


def _is_for_offline_use(grant: Grant, app: App) -> bool:
    """Return whether a grant outlives the sessions that it came with (section 2.7)."""
    try:
        tokens = opened(grant, "token_set", app)
    except GenAuthError:
        # Nothing opens it, so nobody can use it.
        return False
    # RFC 6749 5.1: an answer may leave out what it grants as it was asked for.
    scope = None if tokens is None else tokens["scope"] or app.client.registration.scopes
    return scope is not None and "offline_access" in scope.split()
