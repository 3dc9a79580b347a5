"""The session as a script of the site reads it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.test import Client

from django_genauth.sessions.entry import SessionEntry
from django_genauth.times import from_timestamp

pytestmark = pytest.mark.django_db

SESSION = "/genauth/session/"


def read(client, address=SESSION, **headers):
    return client.get(address, headers=headers).json()


def runs_out(visitor, moment):
    """Have the access token run out at a moment."""
    session = visitor.client.session
    replace(SessionEntry.read(session), expires_at=moment.timestamp()).write(session)
    session.save()


def test_it_tells_who_is_signed_in(visitor):
    visitor.sign_in(claims={"given_name": "Ada", "family_name": "Lovelace"})

    user = get_user_model().objects.get()
    assert read(visitor.client)["user"] == {
        "id": str(user.pk),
        "username": user.get_username(),
        "name": "Ada Lovelace",
    }


def test_whoever_has_no_full_name_has_another(client, app):
    client.force_login(
        get_user_model().objects.create_user("ada"), "django.contrib.auth.backends.ModelBackend"
    )

    assert read(client)["user"]["name"] == "ada"


def test_nobody_is_nobody(client, app):
    told = read(client)

    assert (told["user"], told["expires_at"]) == (None, None)
    assert told["login_url"] == "/genauth/login/?next=%2F"
    assert told["logout_url"] == "/genauth/logout/"


def test_the_csrf_token_is_good_for_a_post(visitor):
    visitor.client = Client(enforce_csrf_checks=True)
    visitor.sign_in()
    token = read(visitor.client)["csrf_token"]

    without = visitor.client.post("/genauth/logout/")
    with_it = visitor.client.post("/genauth/logout/", headers={"X-CSRFToken": token})

    assert (without.status_code, with_it.status_code) == (403, 302)


def test_it_ends_when_the_session_ends(visitor):
    visitor.sign_in()
    ends = datetime(2037, 5, 4, 3, 2, 1, tzinfo=UTC)
    Session.objects.update(expire_date=from_timestamp(ends.timestamp()))

    assert read(visitor.client)["expires_at"] == "2037-05-04T03:02:01+00:00"


@pytest.mark.parametrize(
    ("policy", "counts"),
    [
        pytest.param("reauthenticate", True, id="the person is asked again then"),
        pytest.param("refresh", False, id="it is renewed then"),
        pytest.param("independent", False, id="nothing happens then"),
    ],
)
def test_it_ends_with_the_access_token_where_that_is_the_policy(visitor, app, policy, counts):
    visitor.sign_in()
    app["SESSION_POLICY"] = policy
    moment = (datetime.now(tz=UTC) + timedelta(minutes=5)).replace(microsecond=0)
    runs_out(visitor, moment)

    assert (read(visitor.client)["expires_at"] == moment.isoformat()) is counts


def test_an_app_that_is_gone_is_no_reason_to_fail(visitor, settings):
    visitor.sign_in()
    runs_out(visitor, datetime(2037, 1, 1, tzinfo=UTC))
    settings.GENAUTH = {"other": settings.GENAUTH["default"]}

    assert read(visitor.client, "/genauth/other/session/")["user"] is not None


def test_sessions_in_the_browsers_have_an_end_too(visitor, settings):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    visitor.client = Client()
    visitor.sign_in()

    assert read(visitor.client)["expires_at"] > datetime.now(tz=UTC).isoformat()


def test_the_login_ends_at_the_page_of_the_script(client, app):
    told = read(client, Referer="http://testserver/board/?a=1")

    assert told["login_url"] == "/genauth/login/?next=%2Fboard%2F%3Fa%3D1"


def test_each_app_has_its_own_addresses(visitor, settings):
    settings.GENAUTH["partners"] = settings.GENAUTH["default"]

    told = read(visitor.client, "/genauth/partners/session/")

    assert told["login_url"].startswith("/genauth/partners/login/?")
    assert told["logout_url"] == "/genauth/partners/logout/"


def test_the_app_of_the_session_counts_more(visitor, settings):
    settings.GENAUTH["partners"] = settings.GENAUTH["default"]
    visitor.sign_in()

    assert read(visitor.client, "/genauth/partners/session/")["logout_url"] == "/genauth/logout/"


@pytest.mark.parametrize(
    ("values", "status"),
    [
        pytest.param({}, 404, id="not there"),
        pytest.param({"nobody": {"APP_ID": 5}}, 200, id="wrong settings"),
    ],
)
def test_an_alias_has_to_be_in_the_settings(client, settings, values, status):
    settings.GENAUTH = {**settings.GENAUTH, **values}

    assert client.get("/genauth/nobody/session/").status_code == status


def test_the_answer_is_stored_nowhere(client, app):
    assert "no-store" in client.get(SESSION)["Cache-Control"]


def test_a_session_that_has_run_out_is_401(visitor, app, session_middleware):
    app["SESSION_POLICY"] = "reauthenticate"
    visitor.sign_in()
    runs_out(visitor, datetime(2020, 1, 1, tzinfo=UTC))

    response = visitor.client.get(SESSION, headers={"Accept": "application/json"})

    assert response.status_code == 401
