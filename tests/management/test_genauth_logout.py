"""genauth_logout: whose sessions end, and what is said."""

import json

import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError

from django_genauth.management import interrupts
from django_genauth.management.commands import genauth_logout
from django_genauth.models import LoginSession
from django_genauth.sessions import registry
from tests.support.signed_in import a_session, an_identity, lives

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return a_session(an_identity("ada"))


@pytest.fixture
def grace():
    return a_session(an_identity("grace"))


@pytest.fixture
def logout(run):
    """Run the command."""
    return lambda *arguments: run("genauth_logout", *arguments, workers=())


def test_a_users_sessions_end(logout, ada, grace):
    second = a_session(ada.identity)

    ran = logout("--user", "ada")

    assert (ran.status, ran.out, ran.err) == (0, "Ended 2 sessions.\n", "")
    assert not lives(ada)
    assert not lives(second)
    assert lives(grace)


def test_a_script_reads_the_number(logout, ada):
    ran = logout("--user", "ada", "--format", "json")

    assert json.loads(ran.out) == {"ended": 1}


def test_a_subjects_sessions_end(logout, ada, grace):
    get_user_model().objects.filter(username="ada").update(username="another name")

    ran = logout("--sub", "ada")

    assert ran.out == "Ended 1 sessions.\n"
    assert not lives(ada)
    assert lives(grace)


def test_all_sessions_end(logout, ada, grace):
    ran = logout("--all")

    assert ran.out == "Ended 2 sessions.\n"
    assert not lives(ada)
    assert not lives(grace)


def test_those_of_one_app_end(logout, ada, settings):
    settings.GENAUTH = dict.fromkeys(("default", "partner"), settings.GENAUTH["default"])
    other = a_session(ada.identity, app="partner")

    ran = logout("--all", "--app", "partner")

    assert ran.out == "Ended 1 sessions.\n"
    assert not lives(other)
    assert lives(ada)


def test_more_than_a_batch_end(logout, ada, grace, monkeypatch):
    monkeypatch.setattr(genauth_logout, "ROWS_AT_ONCE", 1)

    ran = logout("--all")

    assert ran.out == "Ended 2 sessions.\n"


def test_somebody_who_is_not_signed_in_is_no_trouble(logout, ada):
    registry.end([ada])

    ran = logout("--user", "ada")

    assert (ran.status, ran.out) == (0, "Ended 0 sessions.\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--user", "nobody"), "There is no user 'nobody'."),
        (("--all", "--app", "nowhere"), "GENAUTH has no app 'nowhere'."),
        ((), "Error: one of the arguments --user --sub --all is required"),
        (("--all", "--sub", "1"), "Error: argument --sub: not allowed with argument --all"),
    ],
    ids=["unknown user", "unknown app", "nobody named", "two named"],
)
def test_nobody_is_signed_out_where_it_is_not_plain_whom(logout, ada, arguments, said):
    ran = logout(*arguments)

    assert ran.err == f"{said}\n"
    assert lives(ada)


@pytest.mark.parametrize("arguments", [("--user", "nobody"), ("--all", "--app", "nowhere")])
def test_such_a_mistake_is_told_by_the_exit_status(logout, arguments):
    assert logout(*arguments).status == 2


def test_a_session_whose_key_is_lost_is_said_and_the_others_end(logout, ada, grace):
    LoginSession.objects.filter(pk=ada.pk).update(app="gone")

    ran = logout("--all")

    assert (ran.status, ran.out) == (2, "Ended 1 sessions.\n")
    assert ran.err == "Some sessions may live on, as nothing opens their keys.\n"
    assert not lives(grace)


def test_sessions_in_the_browsers_cannot_be_ended(logout, settings):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"

    ran = logout("--all")

    assert ran.status == 2
    assert ran.err == "SESSION_ENGINE keeps sessions in the browsers, where nobody can end them.\n"


def test_whoever_stops_it_may_go_on(logout, ada, grace, monkeypatch):
    monkeypatch.setattr(genauth_logout, "ROWS_AT_ONCE", 1)
    end = registry.end

    def end_and_be_stopped(sessions):
        end(sessions)
        monkeypatch.setattr(interrupts.SignalStop, "is_asked", True)

    monkeypatch.setattr(registry, "end", end_and_be_stopped)

    ran = logout("--all")

    assert (ran.status, ran.out) == (130, "Ended 1 sessions.\n")
    assert ran.err == "Stopped. The same command goes on from there.\n"


def test_a_database_that_fails_is_said(logout, ada, monkeypatch):
    def fail(sessions):
        raise DatabaseError("with a value of a row")

    monkeypatch.setattr(registry, "end", fail)

    ran = logout("--all")

    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "The database failed (DatabaseError). Run the same command again later.\n"
