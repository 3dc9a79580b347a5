"""The columns of a grant: sealed, found by a token, ended, or marked as to be revoked.

Nobody is asked from here; when which of it is written stands in `refreshing` and in the face.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from django.db import connections
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from django_genauth.commits import after_commit
from django_genauth.conf import App
from django_genauth.fields import Sealed, opened
from django_genauth.grants import leases
from django_genauth.models import Grant, Identity, LoginSession
from django_genauth.protocol.errors import GenAuthError
from django_genauth.protocol.tokens import TokenSet
from django_genauth.sealing import fingerprints, key_id, newest_key_id, seal
from django_genauth.signals import revocation_pending
from django_genauth.times import from_timestamp

# Of one login alone: the code is used up, and the identity holds what the ID token said.
_NOT_STORED: Final = frozenset({"code", "state", "id_token_payload"})
# Asked by every sign-in that comes without a refresh token, and answered with NULL as a rule.
# Django takes a tenth of a login's CPU to make this text anew each time.
_NEWEST_REFRESHABLE: Final = (
    "SELECT MAX(id) FROM genauth_grant"
    " WHERE app = %s AND identity_id = %s AND state = %s AND refresh_fingerprint > ''"
)


def usable(app: App, **whose: Any) -> QuerySet[Grant]:
    """Return the grants of a user or an identity at an app that may be used, the newest first."""
    theirs = leases.rows().filter(app=app.alias, state=Grant.State.ACTIVE, **whose)
    return theirs.order_by("-pk")


def find(token: str, app: App) -> Grant | None:
    """Return the grant that a token belongs to, without opening any, or None."""
    known = fingerprints(token, app=app)
    return (
        leases.rows()
        .filter(Q(refresh_fingerprint__in=known) | Q(access_fingerprint__in=known), app=app.alias)
        .first()
    )


def newest_refreshable(identity: Identity, app: App) -> Grant | None:
    """Return the newest usable grant of an identity at an app that has a refresh token, or None."""
    with connections[leases.rows().db].cursor() as cursor:
        cursor.execute(_NEWEST_REFRESHABLE, (app.alias, identity.pk, Grant.State.ACTIVE.value))
        number = cursor.fetchone()[0]
    return None if number is None else leases.rows().filter(pk=number).first()


def id_token_of(grant: Grant | None, app: App) -> str | None:
    """Return the ID token that came with a grant, or None where there is none to be read."""
    try:
        tokens = None if grant is None else opened(grant, "token_set", app)
    except GenAuthError:
        # A key is gone: signing out has to work all the same.
        return None
    return None if tokens is None else tokens["id_token"]


def reseal(grant: Grant, app: App) -> bool:
    """Seal a grant anew under the newest key; return False where it is already, or has ended.

    Whoever refreshes at the same moment is not disturbed. Raises SealError where no key opens it.
    """
    row = leases.rows().filter(pk=grant.pk)
    seen: Grant | None = grant
    while seen is not None:
        sealed: Sealed | None = vars(seen)["token_set"]
        if sealed is None or key_id(sealed.text) == newest_key_id(app):
            return False
        tokens = opened(seen, "token_set", app)
        if row.filter(token_set=sealed).update(**sealed_columns(seen, tokens, app)):
            return True
        seen = row.first()
    return False


def kept(token_set: TokenSet) -> dict[str, Any]:
    """Return the members of a token set that are stored."""
    return {name: each for name, each in asdict(token_set).items() if name not in _NOT_STORED}


def columns(grant: Grant, tokens: Mapping[str, Any], app: App) -> dict[str, Any]:
    """Return the columns to write for a token set."""
    ends = tokens["expires_at"]
    return {
        **sealed_columns(grant, tokens, app),
        "expires_at": None if ends is None else from_timestamp(ends),
        "retry_at": None,
        "refused_count": 0,
        "updated_at": timezone.now(),
    }


def sealed_columns(grant: Grant, tokens: Mapping[str, Any], app: App) -> dict[str, Any]:
    """Return the columns that hold a token set, and the fingerprints that find it."""
    _, purpose = grant.sealing
    return {
        "token_set": Sealed(seal(tokens, purpose=purpose, app=app)),
        "access_fingerprint": _fingerprint(tokens["access_token"], app),
        "refresh_fingerprint": _fingerprint(tokens["refresh_token"], app),
    }


def _fingerprint(token: str | None, app: App) -> str:
    return "" if token is None else fingerprints(token, app=app)[0]


def ended() -> dict[str, Any]:
    """Return the columns to write for a grant that ends; a lease on it ends too."""
    now = timezone.now()
    return {
        "state": Grant.State.ENDED,
        "token_set": None,
        "access_fingerprint": "",
        "refresh_fingerprint": "",
        "retry_at": None,
        "ended_at": now,
        "updated_at": now,
        "lease": leases.new_lease(),
    }


def insert(grant: Grant, tokens: Mapping[str, Any], app: App) -> Grant:
    """Insert the row of a new grant, and return it."""
    for name, value in {**columns(grant, tokens, app), "lease": leases.new_lease()}.items():
        setattr(grant, name, value)
    grant.save(force_insert=True, using=leases.rows().db)
    return grant


def insert_to_revoke(app: App, tokens: Mapping[str, Any]) -> None:
    """Insert a row for tokens that belong to nobody here, and are to be revoked."""
    grant = Grant(app=app.alias, state=Grant.State.REVOKING, lease=leases.new_lease())
    # Such a row is sealed under its number, which it is given now.
    grant.save(force_insert=True, using=leases.rows().db)
    leases.rows().filter(pk=grant.pk).update(**columns(grant, tokens, app))
    announce_pending()


def supersede(number: int, grant: Grant, *, in_session: int | None) -> None:
    """Make a grant the successor of the one that the same browser had, and of its predecessors.

    `number` is the older grant's row, `in_session` the row of the sign-in that had it. Not where
    another sign-in uses the older one too.
    """
    used = LoginSession.objects.filter(grant=OuterRef("pk")).exclude(pk=in_session or 0)
    leases.rows().filter(
        Q(pk=number) | Q(successor=number),
        ~Exists(used),
        state=Grant.State.ACTIVE,
    ).exclude(pk=grant.pk).update(successor=grant)


def set_predecessors_to_revoke(grant: Grant) -> list[Grant]:
    """Mark the predecessors of a grant as to be revoked, and return them, the newest first."""
    older = leases.rows().filter(successor=grant.pk, state=Grant.State.ACTIVE)
    return [each for each in older.order_by("-pk") if set_to_revoke(each)]


def set_to_revoke(grant: Grant | None) -> bool:
    """Mark a grant as to be revoked; return False where there is none that could be.

    Nobody uses it then, whatever comes of asking the provider.
    """
    if grant is None:
        return False
    row = leases.rows().filter(pk=grant.pk).exclude(state=Grant.State.ENDED)
    to_revoke = {"state": Grant.State.REVOKING, "lease": leases.new_lease(), "leased_until": None}
    if not row.update(**to_revoke):
        return False
    announce_pending()
    return True


def announce_pending() -> None:
    """Tell, after the commit, that grants are to be revoked by whoever does such work."""
    after_commit(_send_pending, None, using=leases.rows().db)


def _send_pending(items: object) -> None:
    revocation_pending.send_robust(sender=Grant)
