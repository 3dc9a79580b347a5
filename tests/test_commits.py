"""Work that waits for a commit: once for a transaction, and with what was not rolled back."""

from contextlib import suppress

import pytest
from django.db import OperationalError, transaction

from django_genauth.commits import after_commit
from django_genauth.models import database_of_opener

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def done():
    return []


def test_all_items_of_a_transaction_come_in_one_call(done):
    with transaction.atomic():
        after_commit(done.append, 1, using="default")
        transaction.on_commit(lambda: None)
        after_commit(done.append, 2, using="default")
        before = list(done)

    assert (before, done) == ([], [[1, 2]])


def test_other_work_has_a_call_of_its_own(done):
    others = []

    with transaction.atomic():
        after_commit(done.append, 1, using="default")
        after_commit(others.append, 2, using="default")

    assert (done, others) == ([[1]], [[2]])


def test_outside_of_a_transaction_it_is_done_at_once(done):
    after_commit(done.append, 1, using="default")

    assert done == [[1]]


def test_what_is_rolled_back_is_left_out(done):
    with transaction.atomic():
        after_commit(done.append, 1, using="default")
        with suppress(ZeroDivisionError), transaction.atomic():
            after_commit(done.append, 2, using="default")
            raise ZeroDivisionError
        with transaction.atomic():
            after_commit(done.append, 3, using="default")

    assert done == [[1], [3]]


def test_the_work_reads_the_database_of_the_transaction():
    seen = []

    after_commit(lambda items: seen.append(database_of_opener.get()), 1, using="default")

    assert (seen, database_of_opener.get()) == (["default"], None)


def test_of_a_database_that_fails_then_the_kind_of_the_error_is_logged_alone(caplog):
    def fail(items):
        raise OperationalError("a value of a row")

    after_commit(fail, 1, using="default")

    assert caplog.messages == ["What follows a commit was not done: OperationalError"]
    assert "a value of a row" not in caplog.text
