"""The columns of a grant: sealed, found by a token, ended, or set aside.

Nobody is asked from here; when which of it is written stands in `refreshing` and in the face.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from django_genauth.conf import App, get_app
from django_genauth.fields import Sealed, opened
from django_genauth.grants import leases
from django_genauth.models import Grant
from django_genauth.protocol.errors import GenAuthError
from django_genauth.protocol.tokens import TokenSet
from django_genauth.sealing import fingerprints, key_id, newest_key_id, seal

logger = logging.getLogger("django_genauth")

# Of one login alone: the code is used up, and the identity holds what the ID token said.
_NOT_KEPT: Final = frozenset({"code", "state", "id_token_payload"})


def get_for(identity_id: int, app: App) -> Grant | None:
    """Return the grant of an identity at an app, in whatever state, or None."""
    return leases.rows().filter(identity_id=identity_id, app=app.alias).first()


def find(token: str, app: App) -> Grant | None:
    """Return the grant that a token belongs to, without opening any, or None."""
    known = fingerprints(token, app=app)
    return (
        leases.rows()
        .filter(Q(refresh_fingerprint__in=known) | Q(access_fingerprint__in=known), app=app.alias)
        .first()
    )


def id_token_of(grant: Grant | None, app: App) -> str | None:
    """Return the ID token of a grant's login, or None where none can be read."""
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
    return {name: each for name, each in asdict(token_set).items() if name not in _NOT_KEPT}


def columns(grant: Grant, tokens: Mapping[str, Any], app: App) -> dict[str, Any]:
    """Return the columns to write for a token set."""
    ends = tokens["expires_at"]
    return {
        **sealed_columns(grant, tokens, app),
        "expires_at": None if ends is None else datetime.fromtimestamp(ends, tz=UTC),
        "retry_at": None,
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


def set_aside(grant: Grant) -> None:
    """Detach a grant that is still to be revoked from its identity."""
    try:
        app = get_app(grant.app)
        tokens = opened(grant, "token_set", app)
    except GenAuthError as error:
        logger.error("Deleted, as nothing opens it to revoke it: grant=%s: %s", grant.pk, error)
        grant.delete()
        return
    grant.identity = None
    leases.rows().filter(pk=grant.pk).update(
        identity=None, state=Grant.State.REVOKING, **columns(grant, tokens, app)
    )
