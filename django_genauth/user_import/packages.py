"""The accounts that other packages keep, read from their tables.

Tables are read by their names, as a package may be gone from INSTALLED_APPS already.
Of a table only the columns that stand here are read: those beside them hold tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.apps.registry import Apps
from django.core.management.base import CommandError
from django.db import connections, models
from django.db.models import Count

from django_genauth.models import Identity, rows_on_primary
from django_genauth.user_import.identities import (
    BATCH,
    Account,
    AccountSource,
    ImportOutcome,
    UserKey,
)


class _AccountRow(models.Model):
    """A user's account at a provider."""

    id = models.BigAutoField(primary_key=True)
    provider = models.CharField(max_length=200)
    uid = models.CharField(max_length=255)
    # Of whatever type the users' keys are.
    user_id = models.TextField()

    class Meta:
        abstract = True


class _AllauthAccount(_AccountRow):  # noqa: DJ008 # no object is made of it
    """The table of django-allauth; `provider` is the provider_id of its app."""

    class Meta:
        # Not among the models of the site: nothing else sees this one.
        apps = Apps()
        app_label = "former"
        managed = False
        db_table = "socialaccount_socialaccount"


class _SocialAuthAccount(_AccountRow):  # noqa: DJ008 # likewise
    """The table of social-auth-app-django; `provider` is the name of its backend."""

    # Which claim the uid is; empty for rows older than the column.
    id_key = models.TextField()

    class Meta:
        apps = Apps()
        app_label = "former"
        managed = False
        db_table = "social_auth_usersocialauth"


PACKAGES: Final[Mapping[str, type[_AccountRow]]] = {
    "allauth": _AllauthAccount,
    "social-auth": _SocialAuthAccount,
}


def accounts_from_package(package: str, provider: str | None) -> AccountSource:
    """Return a provider's accounts in a package's table. Raises CommandError if there are none."""
    model = PACKAGES[package]
    database = rows_on_primary(Identity).db
    connection = connections[database]
    table = model._meta.db_table
    if table not in connection.introspection.table_names():
        raise CommandError(f"There is no table {table}: {package} kept nothing.", returncode=2)
    rows = model._base_manager.using(database)
    counts = dict(rows.values_list("provider").annotate(Count("pk")).order_by("provider"))
    if provider is None or provider not in counts:
        listed = ", ".join(f"{name} ({count:,})" for name, count in counts.items()) or "none"
        raise CommandError(f"Give --provider, one of those in {table}: {listed}.", returncode=2)
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, table)
    # Older versions of social-auth-app-django do not say which claim the uid is.
    columns = {"provider", "uid", "user_id", "id_key"} & {column.name for column in described}
    of_provider = rows.filter(provider=provider).values("pk", *columns).order_by("pk")
    return AccountSource(
        accounts=_accounts(of_provider, provider),
        user_key=UserKey.ID,
        # Each of them signed in as this user.
        several_subjects=True,
        total=counts[provider],
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
                refusal=None if is_sub else ImportOutcome.OTHER_CLAIM,
            )
        last = page[-1]["pk"]
