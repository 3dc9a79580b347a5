"""The mark of a used state: a second use is seen, also by a site whose cache forgets."""

import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from django_genauth.login import used_states
from django_genauth.models import UsedState

pytestmark = pytest.mark.django_db


def mark(*, has_code):
    return used_states.mark("the-state", expires_at=time.time() + 600, has_code=has_code)


@pytest.mark.parametrize("has_code", [True, False])
def test_a_state_is_marked_once(has_code):
    assert [mark(has_code=has_code), mark(has_code=has_code)] == [True, False]


def test_a_cache_that_is_asked_twice_by_its_client_refuses_no_first_use(settings):
    settings.CACHES = {
        "default": {"BACKEND": "tests.support.site.asking_twice_cache.AskingTwiceCache"}
    }

    assert [mark(has_code=True), mark(has_code=True)] == [True, False]


def test_a_cache_that_forgets_does_not_open_an_answer_without_a_code_again():
    mark(has_code=False)
    cache.clear()

    assert not mark(has_code=False)


def test_a_second_use_leaves_the_transaction_as_it_is():
    mark(has_code=False)
    cache.clear()

    with transaction.atomic():
        mark(has_code=False)

    assert UsedState.objects.count() == 1


def test_an_answer_with_a_code_asks_no_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        mark(has_code=True)


def test_the_mark_tells_nothing_of_the_state():
    mark(has_code=False)

    assert "the-state" not in str(UsedState.objects.get())


def test_purging_deletes_the_marks_of_logins_that_have_expired(capsys):
    mark(has_code=False)
    UsedState.objects.create(digest="old", expires_at=timezone.now() - timedelta(seconds=1))

    call_command("genauth_purge")

    assert [row.digest == "old" for row in UsedState.objects.all()] == [False]
