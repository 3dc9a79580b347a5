"""Save what claims say into a user's row, so that a value which is refused loses its field alone.

Which values those are stands in `claims` and `rights`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, models, router, transaction

logger = logging.getLogger("django_genauth")

# What a database raises for a value, and a model whose save() validates. Not OperationalError: the
# same values may be saved a moment later.
REFUSED: Final = (IntegrityError, DataError, ValidationError)


def save_fields(user: AbstractBaseUser, values: Mapping[str, Any]) -> list[str]:
    """Save the values that differ from the user's, and return the names of the saved fields."""
    # Under another primary key it would be another user.
    keys = {field.name for field in user._meta.concrete_fields if field.primary_key}
    changed = {
        name: value
        for name, value in values.items()
        if name not in keys and getattr(user, name) != value
    }
    if not changed or _save(user, changed):
        return list(changed)
    # Somebody else has one of the values: the person is who they are all the same.
    one_by_one = changed if len(changed) > 1 else {}
    saved = [name for name, value in one_by_one.items() if _save(user, {name: value})]
    kept = [name for name in changed if name not in saved]
    if kept:
        logger.warning(
            "A claim is taken by another user, or refused by the user model; fields kept: %s",
            ", ".join(kept),
        )
    return saved


def save_flags(user: AbstractBaseUser, values: Mapping[str, bool]) -> list[str]:
    """Save flags, and return the names of the saved ones.

    A model may refuse to save a user for a reason that has nothing to do with the flags. It can
    refuse to give a right so, and not to take one away.
    """
    saved = save_fields(user, values)
    kept = {name: value for name, value in values.items() if getattr(user, name) and not value}
    if kept:
        model: type[models.Model] = type(user)
        database = router.db_for_write(model, instance=user)
        model._base_manager.using(database).filter(pk=user.pk).update(**kept)
        for name, value in kept.items():
            setattr(user, name, value)
    return [*saved, *kept]


def _save(user: AbstractBaseUser, values: Mapping[str, Any]) -> bool:
    before = {name: getattr(user, name) for name in values}
    for name, value in values.items():
        setattr(user, name, value)
    try:
        with transaction.atomic(using=router.db_for_write(type(user), instance=user)):
            user.save(update_fields=list(values))
    except REFUSED:
        for name, value in before.items():
            setattr(user, name, value)
        return False
    return True
