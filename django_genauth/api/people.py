"""The user of a bearer: found by issuer and subject, or made.

A token is no sign-in, so nothing is written about a user who is known: an access token without
GROUPS_CLAIM would take all groups away.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connections
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from django_genauth.backends import GenAuthBackend
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
        # Three quarters of what a query costs is Django making its text.
        statement = _statement(model, users.db, connections[users.db].vendor)
        return next(iter(users.raw(statement, (issuer, subject))), None)
    found: AbstractBaseUser | None = _of_identity(users, issuer, subject).first()
    return found


def _of_identity(users: QuerySet[Any], issuer: str, subject: str) -> QuerySet[Any]:
    return users.filter(genauth_identities__issuer=issuer, genauth_identities__subject=subject)


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
def _statement(model: type[AbstractBaseUser], database: str, vendor: str) -> str:
    """Return the text of the statement that finds a user, with places for issuer and subject."""
    users: Any = model._default_manager
    query = _of_identity(users.using(database), "issuer", "subject").order_by().query
    text: str = query.get_compiler(using=database).as_sql()[0]
    return text


@lru_cache(maxsize=16)
def _backend_class(paths: tuple[str, ...]) -> type[GenAuthBackend]:
    classes = (import_string(path) for path in paths)
    ours = (each for each in classes if issubclass(each, GenAuthBackend))
    return next(ours, GenAuthBackend)
