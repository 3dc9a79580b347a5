"""The lease of a grant: one holder at a time, waited for a while, and outside of transactions.

How processes get on with each other, and what becomes of a dead holder, stands in
`test_grants_processes`.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection, connections, transaction
from django.db.models import QuerySet
from django.utils import timezone

from django_genauth import grants
from django_genauth.conf import get_app
from django_genauth.grants import leases, rows
from django_genauth.models import Grant, Identity
from django_genauth.protocol.errors import ConfigurationError, GrantError, ProviderUnavailable
from django_genauth.protocol.tokens import TokenSet

pytestmark = pytest.mark.django_db

on_servers = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite in memory belongs to one connection"
)


@pytest.fixture
def grant():
    user = get_user_model().objects.create_user("ada")
    identity = Identity.objects.create(
        user=user, issuer="https://acme.genauth.ai/oidc", subject="1"
    )
    grants.store(identity, get_app(), TokenSet(access_token="the-access", token_type="Bearer"))
    return Grant.objects.get()


def take(grant, **changes):
    return leases.take(grant, **({"seconds": 60, "patience": 0} | changes))


def test_a_free_lease_is_taken_for_its_time(grant):
    begun = timezone.now()

    lease = take(grant, seconds=60)

    left = Grant.objects.get().leased_until - begun
    assert isinstance(lease, leases.Lease)
    assert timedelta(seconds=60) <= left < timedelta(seconds=63)


def test_what_came_of_it_is_written_when_it_is_given_back(grant):
    lease = take(grant)

    written = lease.give_back(retry_at=None, state="revoking")

    after = Grant.objects.get()
    assert (written, after.state, after.leased_until) == (True, "revoking", None)


def test_nothing_is_written_over_an_end(grant):
    lease = take(grant)
    grants.end(grant, "test")

    written = lease.give_back(state="active")

    assert (written, Grant.objects.get().state) == (False, "ended")


def test_who_comes_second_is_told_when_to_come_back(grant):
    take(grant, seconds=60)

    with pytest.raises(ProviderUnavailable) as caught:
        take(grant)

    assert caught.value.code == "provider_unavailable.busy"
    assert 58 <= caught.value.retry_after <= 60


def test_somebody_elses_lease_is_waited_for_as_long_as_patience_lasts(grant):
    take(grant)
    begun = time.monotonic()

    with pytest.raises(ProviderUnavailable):
        take(grant, patience=0.3)

    assert 0.3 <= time.monotonic() - begun < 3


def test_a_lease_that_is_over_is_taken_over(grant):
    first = take(grant, seconds=0)

    second = take(grant)

    assert isinstance(second, leases.Lease)
    assert first.give_back() is False
    assert second.give_back() is True


def test_once_given_back_it_is_free(grant):
    take(grant).give_back()

    assert isinstance(take(grant), leases.Lease)


def test_who_saw_the_row_before_it_was_renewed_gets_the_row(grant):
    tokens = {**grant.token_set, "access_token": "newer"}
    Grant.objects.update(**rows.columns(grant, tokens, get_app()))

    renewed = take(grant)

    assert isinstance(renewed, Grant)
    assert renewed.token_set["access_token"] == "newer"


def test_a_pause_of_the_provider_is_kept(grant):
    Grant.objects.update(retry_at=timezone.now() + timedelta(seconds=90))

    with pytest.raises(ProviderUnavailable) as caught:
        take(grant)

    assert 88 <= caught.value.retry_after <= 90


def test_a_pause_that_is_over_is_none(grant):
    Grant.objects.update(retry_at=timezone.now())

    assert isinstance(take(grant), leases.Lease)


@pytest.mark.parametrize("state", ["ended", "revoking"])
def test_a_grant_that_is_over_has_no_lease(grant, state):
    Grant.objects.update(state=state)

    with pytest.raises(GrantError) as caught:
        take(grant)

    assert caught.value.code == "grant.ended"


def test_a_row_that_is_gone_has_none(grant):
    Grant.objects.all().delete()

    with pytest.raises(GrantError):
        take(grant)


def test_who_loses_the_swap_waits_like_the_others(grant, monkeypatch):
    update = QuerySet.update
    lost = iter([lambda *_, **__: 0])
    # Somebody else takes it between the read and the swap.
    monkeypatch.setattr(QuerySet, "update", lambda *a, **k: next(lost, update)(*a, **k))

    assert isinstance(take(grant), leases.Lease)


def test_what_a_late_holder_gives_back_at_the_same_moment_is_not_lost(grant):
    late = iter([take(grant, seconds=0)])

    def give_back_meanwhile(execute, sql, params, many, context):
        if sql.startswith("UPDATE"):
            for lease in late:
                lease.give_back(updated_at=timezone.now())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(give_back_meanwhile):
        renewed = take(grant, patience=5)

    assert isinstance(renewed, Grant)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_comes_back_in_time_loses_nothing(grant, monkeypatch):
    lease = take(grant)
    update = QuerySet.update
    away = iter([failing, failing])
    monkeypatch.setattr(QuerySet, "update", lambda *a, **k: next(away, update)(*a, **k))

    written = lease.give_back(state="revoking")

    assert (written, Grant.objects.get().state) == (True, "revoking")


@on_servers
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_database_has_ended_is_opened_anew(grant):
    lease = take(grant)
    end_connection()

    written = lease.give_back(state="revoking")

    assert (written, Grant.objects.get().state) == (True, "revoking")


@pytest.mark.django_db(transaction=True)
def test_one_that_stays_away_is_told(grant, monkeypatch):
    lease = take(grant)
    monkeypatch.setattr(leases, "_LAST_PAUSE", 0.03)
    monkeypatch.setattr(QuerySet, "update", failing)

    with pytest.raises(DatabaseError):
        lease.give_back()


def test_in_a_transaction_there_is_no_second_try(grant, monkeypatch):
    lease = take(grant)
    calls = []
    monkeypatch.setattr(QuerySet, "update", lambda *_, **__: calls.append(1) or failing())

    with pytest.raises(DatabaseError):
        lease.give_back()

    assert calls == [1]


def failing(*_, **__):
    raise DatabaseError("the server is gone")


def end_connection():
    """Have the server end this thread's connection, as its administrator can."""
    end = {
        "postgresql": "SELECT pg_terminate_backend(pg_backend_pid())",
        "mysql": "KILL CONNECTION_ID()",
    }
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(end[connection.vendor])


def test_outside_of_a_transaction_work_is_done_where_it_is_asked_for():
    assert leases.outside_transaction(threading.get_ident, patience=1) == threading.get_ident()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="what SQLite cannot do")
def test_in_a_transaction_on_sqlite_it_is_refused_before_anything_is_done():
    done = []

    with transaction.atomic(), pytest.raises(ConfigurationError) as caught:
        leases.outside_transaction(lambda: done.append(1), patience=1)

    assert (caught.value.code, done) == ("configuration.atomic", [])


@pytest.fixture
def as_on_a_server(monkeypatch):
    """Let SQLite pass for a database with several writers: the work does not touch it."""
    monkeypatch.setattr(connection, "vendor", "other")


@pytest.mark.usefixtures("as_on_a_server")
def test_in_a_transaction_it_is_done_in_a_thread_of_its_own():
    with transaction.atomic():
        worker = leases.outside_transaction(threading.get_ident, patience=5)

    assert worker != threading.get_ident()


@pytest.mark.usefixtures("as_on_a_server")
def test_what_it_raises_there_is_raised_here():
    with transaction.atomic(), pytest.raises(TimeoutError, match="the work's own"):
        leases.outside_transaction(fail, patience=5)


def fail():
    raise TimeoutError("the work's own")


@pytest.mark.usefixtures("as_on_a_server")
def test_who_waits_for_a_lock_of_their_own_does_not_wait_for_ever():
    lock = threading.Event()

    with transaction.atomic(), pytest.raises(ProviderUnavailable) as caught:
        leases.outside_transaction(lock.wait, patience=0.1)

    lock.set()
    assert caught.value.code == "provider_unavailable.busy"


@on_servers
@pytest.mark.django_db(transaction=True)
def test_in_a_transaction_it_is_committed_though_the_caller_rolls_back(grant):
    with transaction.atomic():
        leases.outside_transaction(lambda: Grant.objects.update(lease="of-the-worker"), patience=5)
        transaction.set_rollback(True)

    assert Grant.objects.get().lease == "of-the-worker"


@on_servers
@pytest.mark.django_db(transaction=True)
def test_in_a_transaction_the_second_connection_is_closed(grant):
    def work():
        Grant.objects.exists()
        return connections["default"]

    with transaction.atomic():
        used = leases.outside_transaction(work, patience=5)

    [each.join() for each in threading.enumerate() if each.name == "genauth-lease"]
    assert used is not connections["default"]
    assert used.connection is None


@on_servers
@pytest.mark.django_db(transaction=True)
def test_of_ten_who_take_it_at_once_one_has_it(grant):
    instant = threading.Barrier(10)

    def attempt(_):
        instant.wait()
        try:
            return isinstance(take(grant), leases.Lease)
        except ProviderUnavailable:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        won = list(threads.map(attempt, range(10)))

    assert won.count(True) == 1
