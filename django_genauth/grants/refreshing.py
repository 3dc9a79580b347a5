"""Refresh a grant by one request for all who ask, and lose no token that the provider rotated."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.utils import timezone

from django_genauth.client import AuthenticationClient
from django_genauth.conf import App, get_app
from django_genauth.fields import opened
from django_genauth.grants import leases, rows
from django_genauth.log_lines import log_line
from django_genauth.models import Grant
from django_genauth.protocol import genauth
from django_genauth.protocol.errors import (
    GenAuthError,
    GrantError,
    IDTokenError,
    ProviderError,
    ProviderUnavailable,
)
from django_genauth.protocol.tokens import TokenSet, effect_on_grant
from django_genauth.signals import tokens_refreshed, tokens_revoked
from django_genauth.tracebacks import without_variables

# OIDC Core 12.2: a verified ID token that is another person's, or another client's.
_OF_ANOTHER: Final = frozenset({"id_token.iss", "id_token.sub", "id_token.aud", "id_token.azp"})
# So many refusals in a row that may mean anything end a grant: some providers say nothing else of a
# refresh token that is dead.
_MOST_REFUSALS: Final = 3
# How long, in seconds, a provider that could not answer is left alone for a grant.
_PAUSE: Final = 5
_LONGEST_PAUSE: Final = 300


@without_variables
def refresh(grant: Grant, app: App | None = None, *, patience: float | None = None) -> Grant:
    """Refresh a grant, unless somebody else has just done so, and return it.

    `app` is the grant's own, for callers who have it at hand. `patience` is how many seconds to
    wait for somebody else who refreshes it at this moment; None: as long as a request may take.
    Inside a transaction too, whose rollback does not lose what the provider rotated. Raises what
    `get_access_token` raises.
    """
    app = app or get_app(grant.app)
    client = app.client
    _refresh_token(grant, app)
    # Whatever else has to be asked for is asked for now: the lease is as long as one request.
    try:
        client.endpoint("token_endpoint")
    except ProviderError as failure:
        _log_failure(grant, failure)
        raise
    waits = client.registration.timeout if patience is None else patience
    try:
        renewed, was_ours = leases.outside_transaction(
            partial(_refresh_once, grant, app, waits), patience=waits + _lease_seconds(client)
        )
    except _EndedError as ended:
        error = ended.error
        tokens_revoked.send_robust(sender=Grant, grant=grant, reason=error.code)
        raise GrantError(
            f"The provider has ended the grant ({error.code}).", reason="ended"
        ) from error
    if was_ours:
        tokens_refreshed.send_robust(sender=Grant, grant=renewed)
    return renewed


def _refresh_once(seen: Grant, app: App, patience: float) -> tuple[Grant, bool]:
    """Return the renewed grant, and whether it was this call that renewed it."""
    client = app.client
    lease = leases.take(seen, seconds=_lease_seconds(client), patience=patience)
    if isinstance(lease, Grant):
        return lease, False
    grant = lease.grant
    try:
        token_set = client.refresh(
            _refresh_token(grant, app), dpop_key=tokens_of(grant, app).get("dpop_key")
        )
        token_set = _with_verified_id_token(token_set, grant, client)
    except ProviderError as error:
        refused = grant.refused_count + 1 if effect_on_grant(error) == "unclear" else 0
        is_ended = _is_ended_by(error, refused=refused)
        _log_failure(grant, error, refused=refused, is_ended=is_ended)
        if not is_ended:
            lease.give_back(retry_at=_retry_at(error), refused_count=refused)
            raise
        lease.give_back(**rows.ended())
        rows.set_predecessors_to_revoke(grant)
        raise _EndedError(error) from None
    except BaseException:
        lease.give_back()
        raise
    tokens = _merged(tokens_of(grant, app), token_set)
    values = rows.columns(grant, tokens, app)
    if lease.give_back(**values):
        for name, value in {**values, "leased_until": None}.items():
            setattr(grant, name, value)
        return grant, True
    _take_back(grant, tokens, app)
    raise GrantError("The grant was ended while it was refreshed.", reason="ended")


def _log_failure(
    grant: Grant, error: ProviderError, *, refused: int = 0, is_ended: bool = False
) -> None:
    sentence = "A refresh was refused" if refused else "A refresh failed"
    log_line(
        logging.WARNING,
        "grant_ended" if is_ended else "refresh_failed",
        "A refresh has ended the grant" if is_ended else sentence,
        grant=grant.pk,
        code=error.code,
        **({"times": refused} if refused else {}),
        app=grant.app,
    )


def _with_verified_id_token(
    token_set: TokenSet, grant: Grant, client: AuthenticationClient
) -> TokenSet:
    """Return the token set, without an ID token that cannot be verified (OIDC Core 12.2).

    An answer may leave it out, and the tokens beside it are good whatever it is. Raises
    IDTokenError for a verified one of another provider, person or client.
    """
    if token_set.id_token is None or grant.identity is None:
        return token_set
    try:
        id_token = client.verify_id_token(token_set.id_token, access_token=token_set.access_token)
    except ProviderError as error:
        if error.code in _OF_ANOTHER:
            raise
        log_line(
            logging.WARNING,
            "id_token_dropped",
            "A refreshed ID token is dropped",
            grant=grant.pk,
            code=error.code,
            app=grant.app,
        )
        return replace(token_set, id_token=None)
    if id_token.issuer != grant.identity.issuer:
        raise IDTokenError("The refreshed ID token is of another provider.", reason="iss")
    if id_token.subject != grant.identity.subject:
        raise IDTokenError("The refreshed ID token is of another person.", reason="sub")
    # Kept as the provider can read it, for its sign-out (RP-Initiated Logout 1.0 2).
    return replace(token_set, id_token=id_token.encoded)


def _merged(known: dict[str, Any], token_set: TokenSet) -> dict[str, Any]:
    """Return what is known of a grant after a refresh (RFC 6749 6, OIDC Core 12.2).

    What the answer leaves out stays as it was; so does a lifetime, which begins anew.
    """
    answered = {name: value for name, value in rows.kept(token_set).items() if value is not None}
    lifetime = token_set.expires_in or known["expires_in"]
    ends = None if lifetime is None else time.time() + lifetime
    return {**known, "expires_at": ends, **answered}


def _is_ended_by(error: ProviderError, *, refused: int) -> bool:
    ends = error.code in _OF_ANOTHER or effect_on_grant(error) == "ends"
    return ends or refused >= _MOST_REFUSALS


class _EndedError(Exception):
    """Carry the provider's error out of the work under a lease that has ended the grant."""

    def __init__(self, error: ProviderError) -> None:
        super().__init__(error)
        self.error = error


def _take_back(grant: Grant, tokens: dict[str, Any], app: App) -> None:
    """Have tokens revoked that came for a grant which was ended, or deleted, meanwhile.

    They are written first, so that they are revoked later if not now.
    """
    row = leases.rows().filter(pk=grant.pk).first()
    if row is None:
        rows.insert_to_revoke(app, tokens)
        return
    leases.rows().filter(pk=row.pk).update(
        state=Grant.State.REVOKING, lease=leases.new_lease(), **rows.columns(row, tokens, app)
    )
    try:
        app.client.revoke(tokens["refresh_token"])
    except GenAuthError as error:
        log_line(
            logging.WARNING,
            "not_revoked",
            "Not revoked, and kept",
            grant=row.pk,
            code=error.code,
            app=row.app,
        )
        rows.announce_pending()
        return
    leases.rows().filter(pk=row.pk).update(**rows.ended())


def tokens_of(grant: Grant, app: App) -> dict[str, Any]:
    """Return the token set of a grant. Raises GrantError where the grant is over."""
    tokens: dict[str, Any] | None = opened(grant, "token_set", app)
    if tokens is None:
        raise GrantError("The grant is over. The person has to sign in again.", reason="ended")
    return tokens


def _refresh_token(grant: Grant, app: App) -> str:
    refresh_token: str | None = tokens_of(grant, app)["refresh_token"]
    if refresh_token is None:
        registration = app.client.registration
        # Others give one without that scope, and at Keycloak it takes single sign-on away.
        by_scope = genauth.is_genauth(registration.issuer, registration.app_host)
        step = "Name offline_access in SCOPE." if by_scope else "Let it give this app one."
        raise GrantError(
            f"The access token has run out, and the provider gave no refresh token. {step}",
            reason="no_refresh_token",
        )
    return refresh_token


def is_fresh(grant: Grant, app: App) -> bool:
    """Return whether the access token outlives a request that is made with it."""
    if grant.expires_at is None:
        return True
    lifetime = tokens_of(grant, app)["expires_in"] or 0
    margin = min(app.client.registration.leeway, lifetime / 2)
    return timezone.now() + timedelta(seconds=margin) < grant.expires_at


def _retry_at(error: ProviderError) -> datetime:
    told = error.retry_after if isinstance(error, ProviderUnavailable) else None
    return timezone.now() + timedelta(seconds=min(told or _PAUSE, _LONGEST_PAUSE))


def _lease_seconds(client: AuthenticationClient) -> float:
    # The token request, twice where the server may want a nonce, another for a key that is new, and
    # some room.
    return (3 if client.registration.dpop else 2) * client.registration.timeout + 5
