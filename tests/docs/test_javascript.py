"""What the page for scripts shows and no browser has to run; the scripts run in `tests.browser`."""

import json

import pytest

from tests.support.pages import taken, values_of

pytestmark = pytest.mark.django_db

(SESSION,) = taken("json", "howto/javascript")
(ELSEWHERE,) = taken("python", "howto/javascript")


def test_the_session_is_told_as_the_page_shows_it(visitor):
    visitor.sign_in(claims={"name": "Ada Lovelace"})
    headers = {"Referer": "http://testserver/board/"}
    shown = json.loads(SESSION.text)

    told = visitor.client.get("/genauth/session/", headers=headers).json()

    assert list(told) == list(shown)
    assert list(told["user"]) == list(shown["user"])
    assert told["login_url"] == shown["login_url"]
    assert told["logout_url"] == shown["logout_url"]


def test_a_login_ends_at_the_origin_of_the_scripts(visitor, settings):
    settings.LOGIN_REDIRECT_URL = values_of(ELSEWHERE)["LOGIN_REDIRECT_URL"]
    headers = {"Referer": "https://app.example.org/board/", "Accept": "application/json"}
    told = visitor.client.get("/genauth/login/", headers=headers).json()
    url = visitor.client.get(told["login_url"])["Location"]

    response = visitor.come_back(visitor.provider.authorize(url))

    assert response["Location"] == settings.LOGIN_REDIRECT_URL
