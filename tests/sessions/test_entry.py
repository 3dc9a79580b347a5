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


def test_what_a_later_version_added_is_left_out():
    session = SessionStore()
    session["_genauth"] = ["default", 7, None, 1_800_003_600.0, 12, None, "of the next version", {}]

    entry = SessionEntry.read(session)

    assert (entry.alias, entry.identity_id, entry.login_session) == ("default", 7, 12)


@pytest.mark.parametrize(
    "junk",
    [
        pytest.param("text", id="a text"),
        pytest.param({"alias": "default"}, id="a dictionary"),
        pytest.param(5, id="a number"),
        pytest.param([], id="nothing in it"),
        pytest.param(["default", 7], id="too little"),
        pytest.param([["default"], 7, None], id="an alias that is no text"),
        pytest.param(["default", "7", None], id="an identity that is no number"),
        pytest.param(["default", 7, None, "soon"], id="a time that is no number"),
    ],
)
def test_what_no_version_wrote_is_no_entry(junk):
    session = SessionStore()
    session["_genauth"] = junk

    assert SessionEntry.read(session) is None
