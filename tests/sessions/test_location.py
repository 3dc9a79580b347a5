"""Where a login comes from, in the site's own words; and when its session was last seen."""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from django_genauth.backends import GenAuthBackend
from django_genauth.models import LoginSession
from django_genauth.sessions import registry

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(hours=1)


class Located(GenAuthBackend):
    def session_location(self, request):
        return f"near {request.META['REMOTE_ADDR']}"


class Lost(GenAuthBackend):
    def session_location(self, request):
        raise OSError("the database of places is not there")


class Wordy(GenAuthBackend):
    def session_location(self, request):
        return "far\0" + "away" * 100


@pytest.fixture
def backend(settings):
    """Choose the site's backend."""

    def choose(kind):
        settings.AUTHENTICATION_BACKENDS = [f"{__name__}.{kind.__name__}"]

    return choose


def test_unless_the_site_says_something_there_is_no_place(visitor):
    visitor.sign_in()

    assert LoginSession.objects.get().location == ""


def test_the_sites_words_stand_in_the_row_and_on_the_page(visitor, backend):
    backend(Located)

    visitor.sign_in()

    assert LoginSession.objects.get().location == "near 127.0.0.1"
    assert "near 127.0.0.1" in visitor.client.get("/genauth/sessions/").content.decode()


def test_nobody_is_kept_out_for_want_of_words(visitor, backend, caplog):
    backend(Lost)

    visitor.sign_in()

    assert visitor.is_signed_in
    assert LoginSession.objects.get().location == ""
    assert "session_location() failed: OSError" in caplog.text


def test_what_no_column_holds_is_cut(visitor, backend):
    backend(Wordy)

    visitor.sign_in()

    assert LoginSession.objects.get().location == ("far" + "away" * 100)[:255]


@pytest.fixture
def used(visitor, session_middleware):
    """Sign in, let an hour go by, and return the session's row."""
    visitor.sign_in()
    LoginSession.objects.update(seen_at=timezone.now() - LONG_AGO)
    registry._to_be_noted_at.clear()
    return LoginSession.objects.get()


def test_a_session_that_is_used_is_seen(visitor, used):
    visitor.client.get("/")

    used.refresh_from_db()
    assert timezone.now() - used.seen_at < LONG_AGO / 2


def test_it_is_noted_now_and_then_alone(visitor, used, django_assert_num_queries):
    visitor.client.get("/")

    with django_assert_num_queries(2):
        visitor.client.get("/")


def test_what_another_process_has_just_noted_is_not_written_again(used):
    LoginSession.objects.update(seen_at=timezone.now() - timedelta(seconds=9))
    before = LoginSession.objects.get().seen_at
    registry._to_be_noted_at.clear()

    is_there = registry.touch(used.pk)

    assert is_there
    assert LoginSession.objects.get().seen_at == before


def touch_and_leave(number):
    registry.touch(number)
    connection.close()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="no locks of rows to skip")
@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_has_locked_is_not_waited_for(used):
    noted = Thread(target=touch_and_leave, args=[used.pk])

    with transaction.atomic():
        LoginSession.objects.select_for_update().get()
        noted.start()
        noted.join(5)
        is_done = not noted.is_alive()

    noted.join()
    assert is_done


def test_a_session_whose_row_is_gone_ends(visitor, used):
    LoginSession.objects.all().delete()
    registry._to_be_noted_at.clear()

    visitor.client.get("/")

    assert not visitor.is_signed_in


def test_what_is_remembered_for_that_is_bounded(used, monkeypatch):
    monkeypatch.setattr(registry, "_MOST_REMEMBERED", 2)

    for number in range(used.pk + 1, used.pk + 10):
        registry.touch(number)

    assert len(registry._to_be_noted_at) <= 2


def test_a_database_that_fails_does_not_keep_a_page_from_anybody(
    visitor, used, monkeypatch, caplog
):
    def fail():
        raise DatabaseError("with a value of a row")

    monkeypatch.setattr(registry, "rows", fail)

    registry.touch(used.pk)

    assert "When a session was seen is not noted: DatabaseError" in caplog.text
