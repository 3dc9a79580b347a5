"""The way back from the provider's sign-out: its state, and the page that the person lands on."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from django_genauth.conf import get_app
from django_genauth.logout import pending
from django_genauth.sealing import seal

pytestmark = pytest.mark.django_db

COOKIE = "genauth_default_logout"


@pytest.fixture
def state(visitor):
    """Sign in and out again, asking for the members' page, and return what goes to the provider."""
    visitor.sign_in()
    response = visitor.client.post("/genauth/logout/", {"next": "/members/"})
    (sent,) = parse_qs(urlsplit(response["Location"]).query)["state"]
    return sent


def test_the_person_lands_on_the_page_asked_for(visitor, state):
    response = visitor.client.get(f"/genauth/logout/?state={state}")

    assert (response.status_code, response["Location"]) == (302, "/members/")


def test_the_page_asked_for_comes_before_logout_redirect_url(visitor, state, settings):
    settings.LOGOUT_REDIRECT_URL = "home"

    response = visitor.client.get(f"/genauth/logout/?state={state}")

    assert response["Location"] == "/members/"


def test_whoever_asked_for_no_page_is_told_that_they_are_signed_out(visitor):
    visitor.sign_in()
    away = visitor.client.post("/genauth/logout/")["Location"]
    (sent,) = parse_qs(urlsplit(away).query)["state"]

    response = visitor.client.get(f"/genauth/logout/?state={sent}")

    assert response.status_code == 200
    assert "You are signed out" in response.content.decode()
    assert "could not be reached" not in response.content.decode()


def test_coming_back_leads_to_logout_redirect_url_where_the_site_has_one(settings):
    settings.LOGOUT_REDIRECT_URL = "home"

    response = Client().get("/genauth/logout/")

    assert response["Location"] == reverse("home")


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("", id="missing"),
        pytest.param("?state=", id="empty"),
        pytest.param("?state=of-somebody-else", id="wrong"),
        pytest.param("?state=%ED%A0%80&next=/members/", id="no text"),
    ],
)
def test_with_another_state_the_person_is_signed_out_and_lands_nowhere(visitor, state, query):
    response = visitor.client.get(f"/genauth/logout/{query}")

    assert response.status_code == 200
    assert "You are signed out" in response.content.decode()
    assert COOKIE in visitor.client.cookies


def test_a_state_of_another_browser_leads_nowhere(state):
    response = Client().get(f"/genauth/logout/?state={state}")

    assert response.status_code == 200


def test_a_state_counts_once(visitor, state):
    visitor.client.get(f"/genauth/logout/?state={state}")

    response = visitor.client.get(f"/genauth/logout/?state={state}")

    assert response.status_code == 200


def test_a_logout_of_long_ago_leads_nowhere(visitor, state, monkeypatch):
    now = pending.time.time()  # type: ignore[attr-defined] # another module that it imports
    monkeypatch.setattr(pending.time, "time", lambda: now + 601)  # type: ignore[attr-defined] # likewise

    response = visitor.client.get(f"/genauth/logout/?state={state}")

    assert response.status_code == 200


def test_whoever_has_signed_in_meanwhile_is_asked(visitor, state):
    visitor.sign_in()

    response = visitor.client.get(f"/genauth/logout/?state={state}")

    assert "Sign out?" in response.content.decode()


def test_from_genauths_own_page_which_knows_no_state_the_person_lands_there_too(visitor, app):
    app["LOGOUT"] = "genauth"
    visitor.sign_in()
    visitor.client.post("/genauth/logout/", {"next": "/members/"})

    response = visitor.client.get("/genauth/logout/")

    assert response["Location"] == "/members/"


def test_the_cookie_goes_where_it_is_needed_and_no_farther(visitor, state):
    cookie = visitor.client.cookies[COOKIE]

    assert cookie["path"] == "/genauth/logout/"
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["max-age"], cookie["secure"]) == ("Lax", 600, "")
    assert state not in cookie.value


def test_the_cookie_is_deleted_where_it_was_set(visitor, state):
    visitor.client.get(f"/genauth/logout/?state={state}")

    cookie = visitor.client.cookies[COOKIE]
    assert (cookie["max-age"], cookie["path"]) == (0, "/genauth/logout/")


def test_the_cookie_goes_everywhere_where_the_way_back_has_no_path(visitor, app):
    app["POST_LOGOUT_REDIRECT_URI"] = "https://www.example.com"
    visitor.sign_in()

    visitor.client.post("/genauth/logout/")

    assert visitor.client.cookies[COOKIE]["path"] == "/"


def test_over_https_the_cookie_stays_there(visitor):
    visitor.sign_in()

    visitor.client.post("/genauth/logout/", secure=True)

    assert visitor.client.cookies[COOKIE]["secure"]


def test_the_cookie_of_another_app_tells_nothing_here(visitor, state, settings):
    settings.GENAUTH["partner"] = settings.GENAUTH["default"]
    visitor.client.cookies["genauth_partner_logout"] = visitor.client.cookies[COOKIE].value

    response = visitor.client.get(f"/genauth/partner/logout/?state={state}")

    assert response.status_code == 200


def test_each_app_has_its_own_way_back(visitor, provider, settings):
    settings.GENAUTH["partner"] = settings.GENAUTH["default"]
    url = visitor.begin(path="/genauth/partner/login/")
    visitor.come_back(provider.authorize(url))
    away = visitor.client.post("/genauth/logout/", {"next": "/members/"})["Location"]
    query = parse_qs(urlsplit(away).query)

    response = visitor.client.get(f"/genauth/partner/logout/?state={query['state'][0]}")

    assert query["post_logout_redirect_uri"] == ["http://testserver/genauth/partner/logout/"]
    assert response["Location"] == "/members/"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(lambda: "of-somebody-else", id="not sealed here"),
        pytest.param(
            lambda: seal({"state": None}, purpose="pending logout default", app=get_app()),
            id="of an earlier version",
        ),
    ],
)
def test_a_cookie_that_says_nothing_is_none(visitor, app, value):
    visitor.client.cookies[COOKIE] = value()

    response = visitor.client.get("/genauth/logout/?state=s")

    assert response.status_code == 200


def test_whoever_is_signed_out_is_told_so_where_the_settings_are_wrong(visitor, app):
    app["APP_ID"] = None

    assert visitor.client.get("/genauth/logout/?state=s").status_code == 200
