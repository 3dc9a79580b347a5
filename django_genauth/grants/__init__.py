"""Grants: keep, hand out, revoke and introspect what the provider granted at a login.

How it stands in its row is the business of `rows`; how two askers keep out of each other's
way, that of `leases`.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from django_genauth.conf import DEFAULT_ALIAS, App, get_app
from django_genauth.grants import leases, rows
from django_genauth.grants.refreshing import is_fresh, refresh, tokens_of
from django_genauth.models import Grant, Identity
from django_genauth.protocol.errors import GenAuthError, GrantError
from django_genauth.protocol.tokens import TokenSet
from django_genauth.sealing import fingerprints
from django_genauth.signals import tokens_revoked
from django_genauth.tracebacks import without_variables


@without_variables
def store(identity: Identity, app: App, token_set: TokenSet) -> None:
    """Store a token set in place of the one that the identity had at this app."""
    grant = Grant(identity=identity, app=app.alias)
    values = {
        **rows.columns(grant, rows.kept(token_set), app),
        "state": Grant.State.ACTIVE,
        "lease": leases.new_lease(),
        "leased_until": None,
        "ended_at": None,
    }
    for name, value in values.items():
        setattr(grant, name, value)
    # One that is still to be revoked has to stay until it is.
    all_here = leases.rows().filter(identity=identity, app=app.alias)
    mine = all_here.exclude(state=Grant.State.REVOKING)
    if mine.update(**values):
        return
    try:
        with transaction.atomic(using=mine.db):
            grant.save(force_insert=True)
    except IntegrityError:
        # Another login of the same person was first, or the old tokens are still to be revoked.
        for old in all_here.filter(state=Grant.State.REVOKING):
            rows.set_aside(old)
        if not mine.update(**values):
            grant.save(force_insert=True)


@without_variables
def get_access_token(user: AbstractBaseUser | AnonymousUser, alias: str = DEFAULT_ALIAS) -> str:
    """Return an access token of a user that is good for at least one request.

    One that is about to run out is refreshed first, by one request whoever asks at the same time.
    Raises GrantError where the user has to sign in again, ProviderUnavailable with `retry_after`
    where the same call may work later, another ProviderError for an answer that cannot be taken.
    """
    theirs = leases.rows().filter(identity__user_id=user.pk or 0, app=alias)
    grant = theirs.filter(state=Grant.State.ACTIVE).order_by("-updated_at").first()
    if grant is None:
        raise GrantError(
            f"The user has no grant at the app {alias!r}. It comes with a sign-in there.",
            reason="missing",
        )
    app = get_app(alias)
    if not is_fresh(grant, app):
        grant = refresh(grant, app)
    access_token: str = tokens_of(grant, app)["access_token"]
    return access_token


@without_variables
def renewed(identity_id: int, app: App) -> Grant:
    """Return the grant of an identity at an app, and refresh it first where its token has run out.

    Raises what `get_access_token` raises.
    """
    theirs = leases.rows().filter(identity_id=identity_id, app=app.alias)
    grant = theirs.filter(state=Grant.State.ACTIVE).first()
    if grant is None:
        raise GrantError(
            f"The identity has no grant at the app {app.alias!r}. It comes with a sign-in there.",
            reason="missing",
        )
    return grant if is_fresh(grant, app) else refresh(grant, app)


@without_variables
def revoke(grant: Grant, app: App) -> None:
    """Revoke a grant at the provider, then end it here.

    Raises ProviderError where the provider did not say that it is revoked: the tokens may live, so
    they are kept, and used no more, until revoking works.
    """
    while True:
        seen = leases.rows().filter(pk=grant.pk).exclude(state=Grant.State.ENDED).first()
        if seen is None:
            return
        unchanged = leases.rows().filter(pk=seen.pk, lease=seen.lease)
        tokens = tokens_of(seen, app)
        try:
            # RFC 7009 2.1: with the refresh token goes what was made with it.
            app.client.revoke(tokens["refresh_token"] or tokens["access_token"])
        except GenAuthError:
            unchanged.update(state=Grant.State.REVOKING)
            raise
        # Somebody may have refreshed meanwhile, so that there is another token to revoke.
        if unchanged.update(**rows.ended()):
            tokens_revoked.send_robust(sender=Grant, grant=seen, reason="revoked")
            return


def end(grant: Grant, reason: str) -> bool:
    """End a grant here, without asking the provider; False where its tokens changed meanwhile."""
    unchanged = leases.rows().filter(pk=grant.pk, lease=grant.lease, state=Grant.State.ACTIVE)
    if not unchanged.update(**rows.ended()):
        return False
    tokens_revoked.send_robust(sender=Grant, grant=grant, reason=reason)
    return True


@without_variables
def introspect(grant: Grant, app: App) -> dict[str, Any]:
    """Introspect a grant at the provider: its refresh token, or else its access token."""
    while True:
        tokens = tokens_of(grant, app)
        state = app.client.introspect(tokens["refresh_token"] or tokens["access_token"])
        row = leases.rows().filter(pk=grant.pk)
        row.update(introspected_at=timezone.now())
        # Somebody may have refreshed since the grant was read, which ends the token that was known.
        newer = None if state["active"] else row.exclude(updated_at=grant.updated_at).first()
        if newer is None:
            return state
        grant = newer


@without_variables
def revoke_token(token: str, app: App) -> Grant | None:
    """Revoke a token and the grant that it belongs to; return that grant as it was before.

    Raises what `revoke` raises, and ConfigurationError for what cannot be a token.
    """
    grant = rows.find(token, app)
    known = fingerprints(token, app=app)
    # The token that `revoke` sends is not sent twice.
    if grant is None or (grant.refresh_fingerprint or grant.access_fingerprint) not in known:
        app.client.revoke_token(token)
    if grant is not None:
        revoke(grant, app)
    return grant
