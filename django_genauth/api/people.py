"""The user of a bearer: found by issuer and subject, or made.

A token is no sign-in, so nothing is written about a user who is known: an access token without
GROUPS_CLAIM would take all groups away.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from django_genauth.backends import GenAuthBackend
from django_genauth.backends.prepared import PreparedGet
from django_genauth.conf import App
from django_genauth.models import Identity, rows_on_primary


def backend_for(app: App) -> GenAuthBackend:
    """Return the site's backend, whose hooks decide who may come in."""
    backend = _backend_class(tuple(settings.AUTHENTICATION_BACKENDS))()
    backend.app = app
    return backend


def find_user(issuer: str, subject: str) -> AbstractBaseUser | None:
    """Return the user of an identity, by one statement, or None."""
    model: Any = get_user_model()
    # As a session's user is found, so that a manager which hides users hides them here, too.
    users = model._default_manager.using(rows_on_primary(Identity).db)
    if _is_plain(users):
        return _FIND.first(users.db, issuer, subject)
    return _of_identity(users.db, issuer, subject).first()


def _of_identity(using: str, issuer: str, subject: str) -> QuerySet[Any]:
    model: Any = get_user_model()
    users: QuerySet[Any] = model._default_manager.using(using)
    return users.filter(genauth_identities__issuer=issuer, genauth_identities__subject=subject)


_FIND: Final = PreparedGet(_of_identity, marks=("the issuer", "the subject"))


def _is_plain(users: QuerySet[Any]) -> bool:
    """Tell whether a manager takes all rows as they are; what it adds may change at any time."""
    query = users.query
    return not (
        query.where
        or query.annotations
        or query.select_related
        or query.deferred_loading[0]
        or query.combinator
        or query.distinct
        or query.extra
    )


@lru_cache(maxsize=16)
def _backend_class(paths: tuple[str, ...]) -> type[GenAuthBackend]:
    classes = (import_string(path) for path in paths)
    ours = (each for each in classes if issubclass(each, GenAuthBackend))
    return next(ours, GenAuthBackend)
