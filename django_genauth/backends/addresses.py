"""E-mail addresses that a provider verified, and the account that may be linked by one.

Nobody is found by an address unless LINK_VERIFIED_EMAIL says so. How a value gets into a user's
field stands in `saving`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import FieldDoesNotExist
from django.db import router

from django_genauth import conf
from django_genauth.conf import App
from django_genauth.fields import fold, storable_text
from django_genauth.models import Identity, rows_on_primary
from django_genauth.protocol.errors import AccountRefused

logger = logging.getLogger("django_genauth")

Claims = Mapping[str, Any]

# Django's own validator accepts no longer address.
_LONGEST: Final = 320


def verified_address(app: App, claims: Claims) -> str | None:
    """Return the folded address that the provider calls verified, or None (OIDC Core 5.1).

    The boolean true counts, as "false" is a true text in Python; the text "true" counts where
    EMAIL_VERIFIED_AS_TEXT says that the provider writes one.
    """
    email, verified = claims.get("email"), claims.get("email_verified")
    if not (verified is True or (app.email_verified_as_text and verified == "true")):
        return None
    if not isinstance(email, str) or not 0 < len(email) <= _LONGEST:
        return None
    # With a character taken out it would be another address.
    return fold(email) if storable_text(email) == email else None


def only_verified(
    model: type[AbstractBaseUser], app: App, values: Mapping[str, Any], claims: Claims
) -> dict[str, Any]:
    """Return the values without an address that nobody verified, where accounts are linked by it.

    Else somebody could wait under the address of a person who has not come yet. It does not matter
    which app of the site links: all of them write the same field.
    """
    kept = dict(values)
    field = model.get_email_field_name()
    if field in kept and (
        app.link_verified_email
        or any(each.get("LINK_VERIFIED_EMAIL") for _, each in conf.configured())
    ):
        address = kept[field]
        if not isinstance(address, str) or fold(address) != verified_address(app, claims):
            del kept[field]
    return kept


def account_to_link(app: App, claims: Mapping[str, Any]) -> AbstractBaseUser | None:
    """Return the account that LINK_VERIFIED_EMAIL gives to a person, or None."""
    address = verified_address(app, claims) if app.link_verified_email else None
    return account_of(address) if address is not None else None


def account_of(address: str) -> AbstractBaseUser | None:
    """Return the one account with a folded address, if an identity may be linked to it."""
    found = _accounts_of(address)
    if len(found) != 1 or not all(_vouches(each, address) for each in _identities(found[0])):
        return None
    user: AbstractBaseUser = found[0]
    return user


def require_free(app: App, values: Mapping[str, Any], claims: Claims) -> None:
    """Raise AccountRefused at a first login whose address an account has, where UNIQUE_EMAIL is on.

    `values` are what the new user would be made of. Else it is a line in the log, as programs that
    look people up by address fail from then on.
    """
    field = _email_field(get_user_model())
    address = values.get(field.name) or claims.get("email") if field is not None else None
    if not isinstance(address, str) or storable_text(address) != address:
        return
    # A column that is unique lets nobody have it twice.
    if (field.unique and not app.unique_email) or not _accounts_of(fold(address)):
        return
    if app.unique_email:
        raise AccountRefused(
            "An account has the person's e-mail address already, and UNIQUE_EMAIL is on. They sign"
            " in as before, and connect this identity at genauth:link.",
            reason="email_taken",
        )
    if field.name in values:
        logger.warning(
            "A new user has the e-mail address of another account: app=%s. UNIQUE_EMAIL refuses"
            " such a first login.",
            app.alias,
        )


def _accounts_of(address: str) -> list[Any]:
    """Return the accounts with a folded address."""
    model: Any = get_user_model()
    field = _email_field(model)
    if field is None:
        return []
    users = model._default_manager.using(router.db_for_write(model))
    return [
        user
        for user in users.filter(**{f"{field.name}__iexact": address})
        # A database's idea of equal letters may be wider than mail's.
        if fold(getattr(user, field.name)) == address
    ]


def _email_field(model: Any) -> Any:
    """Return the field of a user's address, or None where the user model has none."""
    with suppress(FieldDoesNotExist):
        return model._meta.get_field(model.get_email_field_name())
    return None


def _identities(user: Any) -> Any:
    return rows_on_primary(Identity).filter(user=user)


def _vouches(identity: Identity, address: str) -> bool:
    """Return whether an identity's own provider, which the site trusts in this, verified it too."""
    return any(
        app.link_verified_email and verified_address(app, identity.claims) == address
        for app in conf.apps_of(identity.issuer)
    )
