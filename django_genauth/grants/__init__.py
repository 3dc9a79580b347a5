"""Grants: keep, hand out, revoke and introspect what the provider granted at a login.

How it stands in its row is the business of `rows`; how two askers keep out of each other's
way, that of `leases`.
"""

from __future__ import annotations

import logging
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import Error
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from django_genauth.client.request_authorization import RequestAuthorization
from django_genauth.conf import DEFAULT_ALIAS, App, get_app
from django_genauth.grants import leases, rows
from django_genauth.grants.refreshing import is_fresh, refresh, tokens_of
from django_genauth.grants.revoking import revoke, revoke_at_provider
from django_genauth.models import Grant, Identity
from django_genauth.protocol.errors import GrantError, OAuthError
from django_genauth.protocol.tokens import TokenSet
from django_genauth.sealing import fingerprints
from django_genauth.sessions import registry
from django_genauth.sessions.entry import SessionEntry
from django_genauth.signals import tokens_revoked
from django_genauth.tracebacks import without_variables

__all__ = [
    "aget_access_token",
    "authorization",
    "end",
    "get_access_token",
    "introspect",
    "refresh",
    "renewed",
    "revoke",
    "revoke_token",
]

logger = logging.getLogger("django_genauth")


@without_variables
def store(identity: Identity, app: App, token_set: TokenSet, *, sid: str = "") -> Grant:
    """Store what the provider granted to a sign-in, and return its grant.

    A provider may give a refresh token at the first consent only. A sign-in that came without one
    uses the newest grant of the identity at this app that has one. `sid` is what the provider calls
    its own session, empty where it did not say.
    """
    if token_set.refresh_token is None:
        shared = rows.newest_refreshable(identity, app)
        if shared is not None:
            return shared
    return rows.insert(Grant(identity=identity, app=app.alias, sid=sid), rows.kept(token_set), app)


@without_variables
def keep_to_revoke(app: App, token_set: TokenSet | None) -> None:
    """Keep the refresh token of a login that the site refused, for `genauth_revoke --pending`."""
    if token_set is None or token_set.refresh_token is None:
        return
    try:
        if not rows.set_to_revoke(rows.find(token_set.refresh_token, app)):
            rows.insert_to_revoke(app, rows.kept(token_set))
    except Error as error:
        # Why the login was refused is what has to be told.
        logger.error("A refresh token was not kept to be revoked: %s", type(error).__name__)


@without_variables
def get_access_token(
    user_or_request: AbstractBaseUser | AnonymousUser | HttpRequest, alias: str = DEFAULT_ALIAS
) -> str:
    """Return an access token that is good for at least one request.

    For a request it is the token of that sign-in; for a user that of their newest grant at the app,
    which may be one whose session has ended. A token that is about to expire is refreshed first, by
    one request whoever asks at the same time. Raises GrantError where the person has to sign in
    again, ProviderUnavailable with `retry_after` where the same call may work later, another
    ProviderError for an answer that is not accepted.
    """
    app = get_app(alias)
    grant = _fresh(_grant_of(user_or_request, app), app)
    access_token: str = tokens_of(grant, app)["access_token"]
    return access_token


@without_variables
async def aget_access_token(
    user_or_request: AbstractBaseUser | AnonymousUser | HttpRequest, alias: str = DEFAULT_ALIAS
) -> str:
    """Return the same from asynchronous code, and keep nobody else waiting meanwhile."""
    return await sync_to_async(get_access_token)(user_or_request, alias)


def authorization(
    user_or_request: AbstractBaseUser | AnonymousUser | HttpRequest, alias: str = DEFAULT_ALIAS
) -> RequestAuthorization:
    """Return an `auth` for the requests library, which adds the access token to each request.

    The token is that of `get_access_token`, bearer or bound to a key (RFC 9449), and fresh for each
    request. One that an API refuses with 401 is refreshed, and the request sent once more. To
    another server that an API redirects to, nothing is sent. Each request may raise what
    `get_access_token` raises.
    """
    app = get_app(alias)

    def current() -> TokenSet:
        return _shown(_fresh(_grant_of(user_or_request, app), app), app)

    def renew(refused: TokenSet) -> TokenSet:
        grant = _grant_of(user_or_request, app)
        if tokens_of(grant, app)["access_token"] == refused.access_token:
            grant = refresh(grant, app)
        return _shown(grant, app)

    return RequestAuthorization(current, renew, clock=app.client.clock)


def _shown(grant: Grant, app: App) -> TokenSet:
    """Return the part of a grant's tokens that an API is shown."""
    tokens = tokens_of(grant, app)
    return TokenSet(
        access_token=tokens["access_token"],
        token_type=tokens["token_type"],
        # Older rows have none.
        dpop_key=tokens.get("dpop_key"),
    )


@without_variables
def renewed(number: int | None, app: App, *, patience: float | None = None) -> Grant:
    """Return the grant of a sign-in, and refresh it first where its access token has expired.

    `number` is that of its row, None where the sign-in has none. `patience` is that of `refresh`.
    Raises what `get_access_token` raises.
    """
    grant = rows.usable(app, pk=number).first() if number is not None else None
    if grant is None:
        raise GrantError("The sign-in has no grant any more. Sign in again.", reason="missing")
    return _fresh(grant, app, patience=patience)


def end(grant: Grant, reason: str) -> bool:
    """End a grant here, without asking the provider; return False where it had ended before.

    Whoever refreshes it at the same moment revokes what they get.
    """
    if not leases.rows().filter(pk=grant.pk, state=Grant.State.ACTIVE).update(**rows.ended()):
        return False
    rows.set_predecessors_to_revoke(grant)
    tokens_revoked.send_robust(sender=Grant, grant=grant, reason=reason)
    return True


@without_variables
def introspect(grant: Grant, app: App | None = None) -> dict[str, Any]:
    """Introspect a grant at the provider: its refresh token, or else its access token.

    `app` is the grant's own, for callers who have it at hand.
    """
    app = app or get_app(grant.app)
    while True:
        state = _introspect_tokens(tokens_of(grant, app), app)
        row = leases.rows().filter(pk=grant.pk)
        row.update(introspected_at=timezone.now())
        # Somebody may have refreshed since the grant was read, which ends the token that was known.
        newer = None if state["active"] else row.exclude(updated_at=grant.updated_at).first()
        if newer is None:
            return state
        grant = newer


def _introspect_tokens(tokens: dict[str, Any], app: App) -> dict[str, Any]:
    introspect = app.client.introspect
    access_token, refresh_token = tokens["access_token"], tokens["refresh_token"]
    state = {"active": False}
    if refresh_token is not None:
        try:
            state = introspect(refresh_token, token_type_hint="refresh_token")  # noqa: S106 # its kind
        except OAuthError as error:
            if error.error != "unsupported_token_type":
                raise
    if not state["active"]:
        # LemonLDAP::NG and zitadel/oidc know access tokens alone, and call a refresh token inactive
        # that lives. One whose access token lives has not ended.
        state = introspect(access_token, token_type_hint="access_token")  # noqa: S106 # its kind
    return state


@without_variables
def revoke_token(token: str, app: App) -> Grant | None:
    """Revoke a token and the grant that it belongs to; return that grant as it was before.

    Raises what `revoke` raises, and ConfigurationError for what cannot be a token.
    """
    grant = rows.find(token, app)
    known = fingerprints(token, app=app)
    # The token that `revoke` sends is not sent twice.
    if grant is None or (grant.refresh_fingerprint or grant.access_fingerprint) not in known:
        revoke_at_provider(token, app, grant)
    if grant is not None:
        revoke(grant, app)
    return grant


def _fresh(grant: Grant, app: App, *, patience: float | None = None) -> Grant:
    return grant if is_fresh(grant, app) else refresh(grant, app, patience=patience)


def _grant_of(asked: AbstractBaseUser | AnonymousUser | HttpRequest, app: App) -> Grant:
    if isinstance(asked, HttpRequest):
        entry = SessionEntry.read(asked.session)
        if entry is not None and entry.alias == app.alias:
            return _usable(rows.usable(app, pk=registry.grant_of(entry) or 0), app)
    user = asked.user if isinstance(asked, HttpRequest) else asked
    theirs = rows.usable(app, identity__user_id=user.pk or 0)
    lives = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    # One without a refresh token is of no use once its access token has expired.
    return theirs.exclude(~lives, refresh_fingerprint="").first() or _usable(theirs, app)


def _usable(grants: QuerySet[Grant], app: App) -> Grant:
    grant = grants.first()
    if grant is None:
        raise GrantError(
            f"The user has no grant at the app {app.alias!r}. It comes with a sign-in there.",
            reason="missing",
        )
    return grant
