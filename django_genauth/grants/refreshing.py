"""Refresh a grant by one request for all who ask, and lose no token that the provider rotated."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from django_genauth.client import AuthenticationClient
from django_genauth.conf import App
from django_genauth.fields import opened
from django_genauth.grants import leases, rows
from django_genauth.models import Grant
from django_genauth.protocol.errors import (
    GenAuthError,
    GrantError,
    IDTokenError,
    OAuthError,
    ProviderError,
    ProviderUnavailable,
)
from django_genauth.protocol.tokens import TokenSet
from django_genauth.signals import tokens_refreshed, tokens_revoked

logger = logging.getLogger("django_genauth")

# RFC 6749 5.2; OIDC Core 12.2: an ID token that is another person's, or another client's.
_ENDS: Final = frozenset(
    {"oauth.invalid_grant", "id_token.iss", "id_token.sub", "id_token.aud", "id_token.azp"}
)
# How long, in seconds, a provider that could not answer is left alone for a grant.
_PAUSE: Final = 5
_LONGEST_PAUSE: Final = 300


def refresh(grant: Grant, app: App) -> Grant:
    """Refresh a grant, unless somebody else has just done so, and return it.

    Inside a transaction too, whose rollback does not lose what the provider rotated. Raises what
    `get_access_token` raises.
    """
    client = app.client
    _refresh_token(grant, app)
    # Whatever else has to be asked for is asked for now: the lease is as long as one request.
    client.endpoint("token_endpoint")
    patience = client.timeout + _lease_seconds(client)
    try:
        renewed, was_ours = leases.outside_transaction(
            partial(_refresh_once, grant, app), patience=patience
        )
    except (OAuthError, IDTokenError) as error:
        if error.code not in _ENDS:
            raise
        tokens_revoked.send_robust(sender=Grant, grant=grant, reason=error.code)
        raise GrantError(
            f"The provider has ended the grant ({error.code}).", reason="ended"
        ) from error
    if was_ours:
        tokens_refreshed.send_robust(sender=Grant, grant=renewed)
    return renewed


@sensitive_variables()
def _refresh_once(seen: Grant, app: App) -> tuple[Grant, bool]:
    """Return the renewed grant, and whether it was this call that renewed it."""
    client = app.client
    lease = leases.take(seen, seconds=_lease_seconds(client), patience=client.timeout)
    if isinstance(lease, Grant):
        return lease, False
    grant = lease.grant
    try:
        token_set = client.refresh(_refresh_token(grant, app))
        _check_id_token(token_set, grant, client)
    except ProviderError as error:
        lease.give_back(**(rows.ended() if error.code in _ENDS else {"retry_at": _retry_at(error)}))
        raise
    except BaseException:
        lease.give_back()
        raise
    # RFC 6749 6, OIDC Core 12.2: what the answer leaves out stays as it was.
    answered = {name: value for name, value in rows.kept(token_set).items() if value is not None}
    known = {**tokens_of(grant, app), "expires_at": None, "expires_in": None}
    values = rows.columns(grant, {**known, **answered}, app)
    if lease.give_back(**values):
        for name, value in {**values, "leased_until": None}.items():
            setattr(grant, name, value)
        return grant, True
    return _superseded(grant, token_set, client), False


def _superseded(grant: Grant, token_set: TokenSet, client: AuthenticationClient) -> Grant:
    """Return the grant that a login stored meanwhile; else revoke the new tokens and raise."""
    row = leases.rows().filter(pk=grant.pk, state=Grant.State.ACTIVE).first()
    if row is not None:
        return row
    try:
        client.revoke(token_set.refresh_token or token_set.access_token)
    except GenAuthError as error:
        logger.warning("Tokens of an ended grant were not revoked: code=%s", error.code)
    raise GrantError("The grant was ended while it was refreshed.", reason="ended")


def _check_id_token(token_set: TokenSet, grant: Grant, client: AuthenticationClient) -> None:
    """Raise IDTokenError unless a refreshed ID token is the same person's (OIDC Core 12.2)."""
    if token_set.id_token is None or grant.identity is None:
        return
    id_token = client.verify_id_token(token_set.id_token, access_token=token_set.access_token)
    if id_token.issuer != grant.identity.issuer:
        raise IDTokenError("The refreshed ID token is of another provider.", reason="iss")
    if id_token.subject != grant.identity.subject:
        raise IDTokenError("The refreshed ID token is of another person.", reason="sub")


def tokens_of(grant: Grant, app: App) -> dict[str, Any]:
    """Return the token set of a grant. Raises GrantError where the grant is over."""
    tokens: dict[str, Any] | None = opened(grant, "token_set", app)
    if tokens is None:
        raise GrantError("The grant is over. The person has to sign in again.", reason="ended")
    return tokens


def _refresh_token(grant: Grant, app: App) -> str:
    refresh_token: str | None = tokens_of(grant, app)["refresh_token"]
    if refresh_token is None:
        raise GrantError(
            "The access token has run out, and the provider gave no refresh token. Name"
            " offline_access in SCOPE.",
            reason="no_refresh_token",
        )
    return refresh_token


def is_fresh(grant: Grant, app: App) -> bool:
    """Return whether the access token outlives a request that is made with it."""
    if grant.expires_at is None:
        return True
    lifetime = tokens_of(grant, app)["expires_in"] or 0
    margin = min(app.client.leeway, lifetime / 2)
    return timezone.now() + timedelta(seconds=margin) < grant.expires_at


def _retry_at(error: ProviderError) -> datetime:
    told = error.retry_after if isinstance(error, ProviderUnavailable) else None
    return timezone.now() + timedelta(seconds=min(told or _PAUSE, _LONGEST_PAUSE))


def _lease_seconds(client: AuthenticationClient) -> float:
    # The token request, another for a key that is new, and some room.
    return 2 * client.timeout + 5
