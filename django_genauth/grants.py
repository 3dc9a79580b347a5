"""What the provider granted: the token set of an identity's last login, kept sealed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from django_genauth.fields import Sealed
from django_genauth.models import Grant, Identity
from django_genauth.protocol.errors import GenAuthError
from django_genauth.protocol.tokens import TokenSet
from django_genauth.sealing import seal

# Of one login alone: the code is used up, and the identity holds what the ID token said.
_NOT_KEPT = frozenset({"code", "state", "id_token_payload"})


def store(identity: Identity, app: str, token_set: TokenSet) -> None:
    """Keep a token set in place of the one that the identity had at this app."""
    grant = Grant(identity=identity, app=app)
    alias, purpose = grant.sealing
    kept = {name: each for name, each in asdict(token_set).items() if name not in _NOT_KEPT}
    grant.token_set = Sealed(seal(kept, purpose=purpose, alias=alias))
    grant.expires_at = (
        None
        if token_set.expires_at is None
        else datetime.fromtimestamp(token_set.expires_at, tz=UTC)
    )
    if _replace(grant):
        return
    try:
        with transaction.atomic():
            grant.save(force_insert=True)
    except IntegrityError:
        # Another login of the same person was first; the later token set is the one to keep.
        _replace(grant)


def id_token_of(identity_id: int, app: str) -> str | None:
    """Return the ID token of an identity's last login, or None where none can be read."""
    grant = Grant.objects.filter(identity_id=identity_id, app=app).first()
    try:
        return None if grant is None else grant.token_set["id_token"]
    except GenAuthError:
        # A key or a setting is gone: signing out has to work all the same.
        return None


def _replace(grant: Grant) -> bool:
    held = grant.__dict__["token_set"]
    return bool(
        Grant.objects.filter(identity_id=grant.identity_id, app=grant.app).update(
            token_set=held, expires_at=grant.expires_at, updated_at=timezone.now()
        )
    )
