"""The identity of a verified person as a row: found, made, and kept up to date.

Who is let in, and what becomes of the user, is not known here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import router, transaction
from django.db.models import Exists, OuterRef, QuerySet

from django_genauth import conf
from django_genauth.backends.claims import about_the_person, told_at
from django_genauth.backends.prepared import PreparedGet
from django_genauth.models import Identity, rows_on_primary
from django_genauth.protocol.errors import AccountRefused
from django_genauth.protocol.id_token import IdToken
from django_genauth.protocol.userinfo import UserInfo


def _identities(using: str, issuer: str, subject: str) -> QuerySet[Identity]:
    known = Identity.objects.using(using).filter(issuer=issuer, subject=subject)
    return known.select_related("user")


_FIND: Final = PreparedGet(_identities, marks=("the issuer", "the subject"))


def find(verified: IdToken | UserInfo) -> Identity | None:
    """Return the identity of an issuer and a subject with its user, or None."""
    using = rows_on_primary(Identity).db
    model: Any = get_user_model()
    users = model._default_manager.using(using)
    if not users.all().query.where:
        return _FIND.first(using, verified.issuer, verified.subject)
    # Asked in the same statement, and only where the manager leaves anybody out.
    visible = Exists(users.filter(pk=OuterRef("user_id")))
    known = _identities(using, verified.issuer, verified.subject)
    return known.annotate(is_visible=visible).first()


def require_visible(identity: Identity) -> None:
    """Raise AccountRefused where the default manager hides the user, as deleted ones are.

    Django would not find the user in the session, and send the person back to the login for ever.
    """
    if not getattr(identity, "is_visible", True):
        raise AccountRefused(
            "The default manager of the user model hides the user, as of one who is deleted.",
            reason="hidden",
        )


def make(user: AbstractBaseUser, verified: IdToken | UserInfo) -> Identity:
    """Make the identity of a user, with what the provider says of the person."""
    return rows_on_primary(Identity).create(
        user=user,  # type: ignore[misc] # whatever AUTH_USER_MODEL is
        issuer=verified.issuer,
        subject=verified.subject,
        claims=about_the_person(verified.claims),
        claims_at=told_at(verified),
    )


def keep(identity: Identity, claims: Any, *, at: datetime | None) -> None:
    """Keep the claims, and since when they are true, by which old events are known."""
    identity.claims_at = at or identity.claims_at
    if identity.claims != claims:
        identity.claims = claims
        identity.save(update_fields=["claims", "claims_at"])
    elif any(values.get("WEBHOOK_TOKEN") for _, values in conf.configured()):
        rows_on_primary(Identity).filter(pk=identity.pk).update(claims_at=identity.claims_at)


def in_transaction(*, savepoint: bool = True) -> transaction.Atomic:
    """Return a transaction on the database that identities are written to."""
    return transaction.atomic(using=router.db_for_write(Identity), savepoint=savepoint)
