"""Revoke a grant at the provider, and end it here; nothing that may live is forgotten."""

from __future__ import annotations

import logging
from typing import Final

from django_genauth.conf import App, get_app
from django_genauth.grants import leases, rows
from django_genauth.grants.refreshing import tokens_of
from django_genauth.log_lines import log_line
from django_genauth.models import Grant
from django_genauth.protocol.errors import ConfigurationError, GenAuthError
from django_genauth.sessions import ended
from django_genauth.signals import tokens_revoked
from django_genauth.tracebacks import without_variables

# How many predecessors are revoked at once; a person may wait for it, so the others are left.
_MOST_PREDECESSORS: Final = 3
# How often a grant is revoked that others refresh meanwhile.
_MOST_TRIES: Final = 3


@without_variables
def revoke(grant: Grant, app: App | None = None) -> None:
    """Revoke a grant at the provider, then end it here, and then its predecessors.

    `app` is the grant's own, for callers who have it at hand.
    Raises ProviderError where the provider did not say that it is revoked: the tokens may live, so
    they are kept, and used no more, until revoking works. A predecessor that was not revoked is
    left to `genauth_revoke --all --pending`.
    """
    app = app or get_app(grant.app)
    _revoke_alone(grant, app)
    for older in rows.set_predecessors_to_revoke(grant)[:_MOST_PREDECESSORS]:
        try:
            _revoke_alone(older, app)
        except GenAuthError as error:
            log_line(
                logging.WARNING,
                "not_revoked",
                "Not revoked, and kept",
                grant=older.pk,
                code=error.code,
                app=older.app,
            )
            return


def _revoke_alone(grant: Grant, app: App) -> None:
    row = leases.rows().filter(pk=grant.pk)
    for _ in range(_MOST_TRIES):
        seen = row.exclude(state=Grant.State.ENDED).first()
        if seen is None:
            return
        tokens = tokens_of(seen, app)
        lease = leases.new_lease()
        # First, so that nobody uses it on, whatever comes of asking the provider.
        to_revoke = {"state": Grant.State.REVOKING, "lease": lease, "leased_until": None}
        if not row.filter(lease=seen.lease).update(**to_revoke):
            continue
        try:
            # RFC 7009 2.1: with the refresh token goes what was made with it.
            revoke_at_provider(tokens["refresh_token"] or tokens["access_token"], app, grant)
        except GenAuthError:
            if seen.state != Grant.State.REVOKING:
                # Else it was told before; a worker that tries again would go round and round.
                rows.announce_pending()
            raise
        if app.api.tokens == "introspection" and grant.identity is not None:
            # What the site's API keeps of the person's access tokens may be over.
            ended.mark_answers(grant.identity.issuer, subject=grant.identity.subject)
        # Somebody may have been refreshing, so that there is another token to revoke.
        if row.filter(lease=lease).update(**rows.ended()):
            tokens_revoked.send_robust(sender=Grant, grant=grant, reason="revoked")
            return
    # Others go on refreshing it, or this transaction does not see that they did.
    rows.set_to_revoke(grant)


def revoke_at_provider(token: str, app: App, grant: Grant | None) -> None:
    """Revoke a token; that of a grant is passed over where the provider revokes none at all."""
    try:
        app.client.revoke_token(token)
    except ConfigurationError as error:
        if grant is None or error.code != "configuration.endpoint":
            raise
        # As at LemonLDAP::NG. To keep the tokens would not end them there.
        log_line(
            logging.WARNING,
            "not_revoked",
            "Ended here alone, as the provider has no revocation_endpoint",
            grant=grant.pk,
            app=app.alias,
        )
