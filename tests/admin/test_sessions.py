"""Sign-ins in the admin: what is shown, and how they are ended."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model

from django_genauth.admin import actions
from django_genauth.models import Identity, LoginSession
from tests.support.administrators import (
    IDENTITIES,
    act,
    an_administrator,
    levels_of,
    messages_of,
    text_of,
)
from tests.support.signed_in import a_session, an_identity, lives

pytestmark = pytest.mark.django_db

SESSIONS = "/admin/genauth/loginsession/"


@pytest.fixture
def row():
    return a_session(an_identity("ada"), sid="session-at-the-provider")


@pytest.fixture
def viewer():
    return an_administrator("view_loginsession")


@pytest.fixture
def ender():
    return an_administrator("view_loginsession", "delete_loginsession", "view_identity")


def test_the_list_says_who_is_signed_in_and_where(viewer, row):
    LoginSession.objects.update(user_agent="Firefox/140.0 (Windows)", location="near the sea")

    text = text_of(viewer.get(SESSIONS))

    assert "ada ada default Firefox on Windows near the sea" in text


def test_a_page_shows_what_is_known_but_the_key(viewer, row):
    page = viewer.get(f"{SESSIONS}{row.pk}/change/").content.decode()

    assert "session-at-the-provider" in page
    assert row.session_key.open() not in page
    assert row.digest not in page
    assert vars(LoginSession.objects.get())["session_key"].text not in page


@pytest.mark.parametrize("path", ["add/", "1/delete/"])
def test_a_viewer_may_neither_add_nor_end(viewer, row, path):
    assert viewer.get(f"{SESSIONS}{path}").status_code in (403, 302)


@pytest.mark.parametrize("field", ["session_key__contains", "digest__startswith"])
def test_the_address_of_the_list_can_ask_for_no_key(viewer, row, field):
    response = viewer.get(f"{SESSIONS}?{field}=a")

    assert response.status_code == 400


@pytest.mark.parametrize(("term", "is_found"), [("ada", True), ("ad", False), ("grace", False)])
def test_a_person_is_found_by_the_whole_name(viewer, row, term, is_found):
    text = text_of(viewer.get(f"{SESSIONS}?q={term}"))

    assert ("An unknown browser" in text) is is_found


def test_a_list_may_be_of_one_app(viewer, row, settings):
    settings.GENAUTH = dict.fromkeys(("default", "partner"), settings.GENAUTH["default"])

    assert "An unknown browser" in text_of(viewer.get(f"{SESSIONS}?app=default"))
    assert "An unknown browser" not in text_of(viewer.get(f"{SESSIONS}?app=partner"))


def test_chosen_sign_ins_end(ender, row):
    other = a_session(an_identity("grace"))

    said = messages_of(act(ender, SESSIONS, "end", row))

    assert said == ["Sign-ins ended: 1."]
    assert not lives(row)
    assert lives(other)
    assert LoginSession.objects.get() == other


def test_who_ended_a_sign_in_is_logged(ender, row):
    act(ender, SESSIONS, "end", row)

    entry = LogEntry.objects.get()
    assert entry.is_deletion()
    assert entry.object_repr == str(row)
    assert str(row).startswith("An unknown browser, ")


def test_without_the_permission_there_is_no_such_action(viewer, row):
    act(viewer, SESSIONS, "end", row)

    assert lives(row)


def test_djangos_own_deletion_is_not_offered(ender, row):
    act(ender, SESSIONS, "delete_selected", row, post="yes")

    assert lives(row)
    assert LoginSession.objects.exists()


def test_deleting_a_row_ends_its_session(ender, row):
    key = LoginSession.objects.get()

    ender.post(f"{SESSIONS}{row.pk}/delete/", {"post": "yes"})

    assert not LoginSession.objects.exists()
    assert not lives(key)


def test_more_than_a_page_can_wait_for_are_not_ended(ender, row, monkeypatch):
    monkeypatch.setattr(actions, "MOST_ROWS", 1)
    other = a_session(an_identity("grace"))

    said = messages_of(act(ender, SESSIONS, "end", row, other))

    assert said == [
        "Nothing was done: at most 1 at once. For more there is manage.py genauth_logout."
    ]
    assert lives(row)
    assert not LogEntry.objects.exists()


def test_a_session_whose_key_is_lost_is_said(ender, row):
    LoginSession.objects.update(app="gone")

    response = act(ender, SESSIONS, "end", row)

    assert messages_of(response) == ["Not all sign-ins were ended (seal.key)."]
    assert levels_of(response) == ["error"]


def test_all_sign_ins_of_an_identity_end(ender, row):
    second = a_session(row.identity)
    other = a_session(an_identity("grace"))

    said = messages_of(act(ender, IDENTITIES, "end_sessions", row.identity))

    assert said == ["Sign-ins ended: 2."]
    assert not lives(row)
    assert not lives(second)
    assert lives(other)


def test_who_ended_all_sign_ins_is_logged_with_the_identity(ender, row):
    act(ender, IDENTITIES, "end_sessions", row.identity)

    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.change_message) == (str(row.identity_id), "Sign-ins ended.")


def test_more_identities_than_a_page_can_wait_for_stay_signed_in(ender, row, monkeypatch):
    monkeypatch.setattr(actions, "MOST_ROWS", 1)
    other = a_session(an_identity("grace"))

    act(ender, IDENTITIES, "end_sessions", row.identity, other.identity)

    assert lives(row)
    assert not LogEntry.objects.exists()


def test_without_the_permission_an_identity_stays_signed_in(row):
    client = an_administrator("view_identity")

    act(client, IDENTITIES, "end_sessions", row.identity)

    assert lives(row)


@pytest.mark.django_db(transaction=True)
def test_whoever_may_delete_identities_may_delete_one_that_is_signed_in(row):
    client = an_administrator("view_identity", "delete_identity")

    client.post(f"{IDENTITIES}{row.identity_id}/delete/", {"post": "yes"})

    assert not Identity.objects.exists()
    assert not lives(row)
    assert get_user_model().objects.filter(username="ada").exists()
