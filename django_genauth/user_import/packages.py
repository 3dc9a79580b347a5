"""Who was tied to which subject before, in the tables of other packages.

They are read by their names, as a package may be gone from INSTALLED_APPS when people move.
Of a table only the columns that stand here are read: those beside them hold tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.apps.registry import Apps
from django.core.management.base import CommandError
from django.db import connections, models
from django.db.models import Count

from django_genauth.user_import.identities import (
    BATCH,
    Account,
    Naming,
    Outcome,
    Source,
    identities,
)


class _Kept(models.Model):
    """Tie a user to an account at a provider."""

    id = models.BigAutoField(primary_key=True)
    provider = models.CharField(max_length=200)
    uid = models.CharField(max_length=255)
    # Of whatever type the users' keys are.
    user_id = models.TextField()

    class Meta:
        abstract = True


class _AllauthAccount(_Kept):  # noqa: DJ008 # no object is made of it
    """Read what django-allauth keeps; `provider` is the provider_id of its app."""

    class Meta:
        # Not among the models of the site: nothing else sees this one.
        apps = Apps()
        app_label = "former"
        managed = False
        db_table = "socialaccount_socialaccount"


class _SocialAuthAccount(_Kept):  # noqa: DJ008 # likewise
    """Read what social-auth-app-django keeps; `provider` is the name of its backend."""

    # Which claim the uid is; empty for rows older than the column.
    id_key = models.TextField()

    class Meta:
        apps = Apps()
        app_label = "former"
        managed = False
        db_table = "social_auth_usersocialauth"


PACKAGES: Final[Mapping[str, type[_Kept]]] = {
    "allauth": _AllauthAccount,
    "social-auth": _SocialAuthAccount,
}


def of_package(package: str, provider: str | None) -> Source:
    """Return what a package keeps of a provider's people. Raises CommandError for none."""
    model = PACKAGES[package]
    database = identities().db
    connection = connections[database]
    table = model._meta.db_table
    if table not in connection.introspection.table_names():
        raise CommandError(f"There is no table {table}: {package} kept nothing.", returncode=2)
    rows = model._base_manager.using(database)
    there = dict(rows.values_list("provider").annotate(Count("pk")).order_by("provider"))
    if provider is None or provider not in there:
        listed = ", ".join(f"{name} ({count:,})" for name, count in there.items()) or "none"
        raise CommandError(f"Give --provider, one of those in {table}: {listed}.", returncode=2)
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, table)
    # Older versions of social-auth-app-django do not say which claim the uid is.
    columns = {"provider", "uid", "user_id", "id_key"} & {column.name for column in described}
    of_provider = rows.filter(provider=provider).values("pk", *columns).order_by("pk")
    return Source(
        accounts=_accounts(of_provider, provider),
        naming=Naming.ID,
        # Each of them signed in as this user.
        several=True,
        total=there[provider],
    )


def _accounts(rows: models.QuerySet[Any, dict[str, Any]], provider: str) -> Iterator[Account]:
    last = 0
    while page := list(rows.filter(pk__gt=last)[:BATCH]):
        # A database's idea of equal names may be wider than this.
        for row in [row for row in page if row["provider"] == provider]:
            is_sub = row.get("id_key", "") in ("", "sub")
            yield Account(
                place=f"row {row['pk']}",
                user=f"{row['user_id']}",
                subject=row["uid"],
                refusal=None if is_sub else Outcome.OTHER_CLAIM,
            )
        last = page[-1]["pk"]
