"""SESSION_POLICY `refresh` while this site's database is out of order: no session ends for that."""

import time
from datetime import timedelta

import pytest
from django.contrib import auth
from django.contrib.sessions.models import Session
from django.db import IntegrityError
from django.utils import timezone

from django_genauth.models import Grant
from django_genauth.sessions import engine, registry
from django_genauth.sessions.entry import SessionEntry
from tests.support.outages import failing_after, read_only

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.support.site.desk"),
    pytest.mark.usefixtures("renewing"),
]


def renewed_elsewhere():
    """Have the grant renewed, as by another session, so that the session alone is to be written."""
    Grant.objects.update(expires_at=timezone.now() + timedelta(hours=1))


def test_while_it_takes_no_writes_the_page_is_shown_and_the_provider_not_asked(member, caplog):
    with read_only():
        response = member.client.get("/members/")

    assert response.content.startswith(b"user: ")
    assert member.provider.requests_to("token") == []
    assert "A grant was not renewed: app=default" in caplog.text


def test_afterwards_the_session_is_renewed(member):
    with read_only():
        member.client.get("/members/")

    response = member.client.get("/members/")

    assert response.content.startswith(b"user: ")
    assert len(member.provider.requests_to("token")) == 1
    assert SessionEntry.read(member.client.session).expires_at > time.time()


def test_a_session_that_cannot_be_written_is_shown_and_left_as_it_was(member):
    renewed_elsewhere()

    with read_only():
        response = member.client.get("/members/")

    assert response.content.startswith(b"user: ")
    assert SessionEntry.read(member.client.session).has_run_out


def test_a_session_that_ended_meanwhile_is_no_outage(member):
    session = member.client.session
    Session.objects.all().delete()

    assert engine.save(session)


def test_a_session_of_a_database_that_is_gone_is_not_saved(member):
    session = member.client.session

    with failing_after(0):
        assert not engine.save(session)


def test_a_grant_that_has_ended_ends_the_session_once_that_can_be_written(member):
    Grant.objects.update(state="ended", token_set=None)

    with read_only():
        meanwhile = member.client.get("/members/")
    afterwards = member.client.get("/members/")

    assert [meanwhile.status_code, afterwards.status_code] == [302, 302]
    assert not Session.objects.exists()


@pytest.mark.parametrize("statements", range(12))
def test_at_whatever_moment_it_goes_away_the_session_lives(member, statements):
    with failing_after(statements):
        member.client.raise_request_exception = False
        member.client.get("/members/")

    assert member.client.get("/members/").content.startswith(b"user: ")


def test_a_page_that_needs_no_database_is_shown_without_one(member):
    with failing_after(0):
        response = member.client.get("/genauth/login/")

    assert response["Location"].startswith(member.provider.issuer)


def test_a_mistake_in_a_statement_of_the_sign_out_is_no_outage(member, monkeypatch):
    Grant.objects.update(state="ended", token_set=None)

    def refuse(*args, **kwargs):
        raise IntegrityError

    monkeypatch.setattr(auth, "logout", refuse)

    with pytest.raises(IntegrityError):
        member.client.get("/members/")


def test_a_mistake_in_a_statement_is_no_outage(member, monkeypatch):
    def refuse(*args, **kwargs):
        raise IntegrityError

    monkeypatch.setattr(registry, "grant_of", refuse)

    with pytest.raises(IntegrityError):
        member.client.get("/members/")
