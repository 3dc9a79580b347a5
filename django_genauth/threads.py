"""Threads that this app opens: they see the database as the thread that opened them does.

Django gives each thread a connection of its own, and a new one stands where the settings put it:
not in a tenant's schema, not in a role, not in the database that a router chose by what it kept for
the caller's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from typing import Any, Final, TypeVar

from django.db import Error, connections

from django_genauth.models import Grant, database_of_opener, rows_on_primary
from django_genauth.signals import connection_opened

Result = TypeVar("Result")

# What PostgreSQL keeps for a connection, and no connection inherits.
_KEPT: Final = ("search_path", "role")


def inherited(work: Callable[[], Result]) -> Callable[[], Result]:
    """Return work that another thread can do, once, and that sees there what the caller sees here.

    The connection is made and prepared at once, in the caller's thread, where both can be used: by
    PostgreSQL's search path and role, by django-tenants' tenant, and by the receivers of
    `connection_opened`. What a receiver raises is raised here. The work closes its connections.
    """
    alias = rows_on_primary(Grant).db
    source: Any = connections[alias]
    connection: Any = connections.create_connection(alias)
    connection.inc_thread_sharing()
    try:
        restore = _prepare(source, connection)
    except BaseException:
        connection.close()
        raise
    context = copy_context()
    context.run(database_of_opener.set, alias)

    def run() -> Result:
        connections[alias] = connection
        try:
            return work()
        finally:
            restore()
            connections.close_all()

    return lambda: context.run(run)


def _prepare(source: Any, connection: Any) -> Callable[[], None]:
    """Prepare a connection, and return what undoes it: a pool may hand it to somebody else."""
    if getattr(source, "tenant", None) is not None and hasattr(connection, "set_tenant"):
        # Not by the search path, which django-tenants sets itself.
        connection.set_tenant(source.tenant)
    before: dict[str, str] = {}
    if connection.vendor == "postgresql" and source.connection is not None:  # pragma: no cover
        wanted, before = _settings(source), _settings(connection)
        _set(connection, {name: each for name, each in wanted.items() if each != before[name]})
        before = {name: each for name, each in before.items() if each != wanted[name]}
    connection_opened.send(sender=Grant, source=source, connection=connection)

    def restore() -> None:
        # A connection that is broken is thrown away.
        with suppress(Error):
            _set(connection, before)

    return restore


def _settings(connection: Any) -> dict[str, str]:  # pragma: no cover # PostgreSQL
    columns = ", ".join(f"current_setting('{name}')" for name in _KEPT)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}")
        return dict(zip(_KEPT, cursor.fetchone(), strict=True))


def _set(connection: Any, values: dict[str, str]) -> None:
    for name, value in values.items():
        with connection.cursor() as cursor:  # pragma: no cover # PostgreSQL
            cursor.execute("SELECT set_config(%s, %s, false)", [name, value])
