"""Threads that this app opens: they stand where their caller stands."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections, transaction

from django_genauth import grants
from django_genauth.grants import leases
from django_genauth.management.workers import Stop, Workers
from django_genauth.models import Grant, Identity, rows_on_primary
from django_genauth.protocol.errors import GrantError
from django_genauth.signals import connection_opened
from django_genauth.threads import inherited
from tests.support.grantees import a_grant

pytestmark = pytest.mark.django_db(transaction=True)

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="Other databases have no schemas of this kind"
)


class ByThread:
    """Be a router that knows the thread of the request alone."""

    home = threading.get_ident()

    def db_for_write(self, model, **hints):
        return "default" if threading.get_ident() == self.home else "another"


def elsewhere(work):
    """Return what work returns in a thread."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(inherited(work)).result()


def said(statement):
    """Return what the database says."""
    with connections["default"].cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def do(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def acme():
    """Have a schema with all tables, and stand in it, as django-tenants does."""
    tables = connection.introspection.table_names()
    copies = [f"CREATE TABLE acme.{name} (LIKE public.{name} INCLUDING ALL)" for name in tables]
    do("CREATE SCHEMA acme", *copies)
    yield
    do("SET search_path TO public", "DROP SCHEMA acme CASCADE")


@pytest.fixture
def role():
    do("CREATE ROLE genauth_tenant")
    yield "genauth_tenant"
    do("RESET ROLE", "DROP ROLE genauth_tenant")


@pytest.fixture
def opened():
    """Keep what the signal is sent with."""
    kept = []

    def keep(source, connection, **_):
        kept.append((source, connection))

    connection_opened.connect(keep)
    yield kept
    connection_opened.disconnect(keep)


def test_work_is_done_over_a_connection_of_its_own(opened):
    assert elsewhere(lambda: connections["default"]) is opened[0][1]
    assert opened[0][0] is connections["default"]


def test_the_router_is_asked_where_the_caller_is(settings):
    settings.DATABASE_ROUTERS = [ByThread()]

    assert elsewhere(lambda: rows_on_primary(Grant).db) == "default"


def test_a_receiver_that_raises_stops_the_work():
    def refuse(**_):
        raise PermissionError

    connection_opened.connect(refuse)
    try:
        with pytest.raises(PermissionError):
            inherited(pytest.fail)
    finally:
        connection_opened.disconnect(refuse)


def test_the_tenant_of_django_tenants_is_the_same(monkeypatch):
    kind: Any = type(connections["default"])
    monkeypatch.setattr(kind, "set_tenant", lambda it, to: setattr(it, "seen", to), raising=False)
    monkeypatch.setattr(connections["default"], "tenant", "acme", raising=False)

    assert elsewhere(lambda: vars(connections["default"])["seen"]) == "acme"


def test_a_row_of_another_schema_with_the_same_number_is_not_taken_for_the_one_seen(provider, app):
    seen = a_grant(provider)
    Grant.objects.update(created_at=seen.created_at.replace(year=2001))

    with pytest.raises(GrantError) as caught:
        leases.take(seen, seconds=5, patience=0)

    assert caught.value.code == "grant.ended"


@on_postgresql
def test_inside_a_transaction_a_tenant_gets_its_own_token(provider, app, acme):
    other = a_grant(provider, name="grace")
    do("SET search_path TO acme")
    a_grant(provider, name="ada")
    # Any two schemas have rows of the same number.
    Grant.objects.update(id=other.pk)
    mine = Grant.objects.get()

    with transaction.atomic():
        token = grants.get_access_token(mine.identity.user)

    assert Grant.objects.get().token_set["access_token"] == token
    assert Identity.objects.get().subject == "ada"
    do("SET search_path TO public")
    assert Grant.objects.get().updated_at == other.updated_at


@on_postgresql
def test_threads_of_commands_stand_in_the_tenants_schema(acme):
    do("SET search_path TO acme")
    workers = Workers(lambda _: said("SHOW search_path"), count=2, per_second=None, stop=Stop())

    assert {answer for _, answer in workers.work(range(4))} == {"acme"}


@on_postgresql
def test_the_role_is_the_same(role):
    do(f"SET ROLE {role}")

    assert elsewhere(lambda: said("SELECT current_user")) == role


@on_postgresql
def test_a_connection_that_goes_back_to_a_pool_has_nothing_of_it(acme, role, monkeypatch):
    left = []
    kind = type(connections["default"])
    close = kind.close

    def look_first(it):
        if threading.get_ident() != ByThread.home:
            with it.cursor() as cursor:
                cursor.execute("SELECT current_setting('search_path'), current_setting('role')")
                left.append(cursor.fetchone())
        close(it)

    monkeypatch.setattr(kind, "close", look_first)
    do("SET search_path TO acme", f"SET ROLE {role}")

    elsewhere(lambda: None)

    assert left == [('"$user", public', "none")]
