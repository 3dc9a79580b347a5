"""The entry that a login leaves in the session, and those that earlier versions left."""

import time

import pytest
from django.contrib.sessions.backends.signed_cookies import SessionStore

from django_genauth.sessions.entry import SessionEntry


def test_an_entry_that_was_written_is_read():
    session = SessionStore()
    entry = SessionEntry("partner", 7, 1_800_000_000.5, 1_800_003_600.0)

    entry.write(session)

    assert SessionEntry.read(session) == entry


def test_a_session_that_began_otherwise_has_none():
    assert SessionEntry.read(SessionStore()) is None


def test_a_session_that_began_with_an_earlier_version_does_not_run_out():
    session = SessionStore()
    session["_genauth"] = ["default", 7, None]

    entry = SessionEntry.read(session)

    assert (entry.alias, entry.identity_id, entry.expires_at) == ("default", 7, None)
    assert not entry.has_run_out


@pytest.mark.parametrize(
    ("ahead", "has_run_out"),
    [pytest.param(60, False, id="in a minute"), pytest.param(-1, True, id="a second ago")],
)
def test_an_entry_runs_out_at_its_time(ahead, has_run_out):
    assert SessionEntry("default", 7, None, time.time() + ahead).has_run_out is has_run_out
