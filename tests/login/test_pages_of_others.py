"""What leads to the pages of a login besides people who sign in: their own pages, and machines."""

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

from tests.support.site.urls import home

OVER = [
    "/genauth/login/",
    "/genauth/callback/",
    "/genauth/logout/?next=/a/",
    "/genauth/%6Cogin/",
]


@pytest.mark.parametrize("next_url", OVER)
def test_a_login_ends_at_no_page_that_is_over(visitor, next_url):
    response = visitor.sign_in(next_url=next_url)

    assert response["Location"] == "/"


def test_a_page_of_another_app_is_over_too(visitor, settings):
    settings.GENAUTH = {**settings.GENAUTH, "staff": settings.GENAUTH["default"]}

    response = visitor.sign_in(next_url="/genauth/staff/callback/")

    assert response["Location"] == "/"


def test_a_page_in_another_language_is_over_too(visitor, settings):
    settings.ROOT_URLCONF = tuple(
        i18n_patterns(path("genauth/", include("django_genauth.urls")), path("", home))
    )
    url = visitor.begin("/de/genauth/callback/", path="/en-us/genauth/login/")

    response = visitor.come_back(visitor.provider.authorize(url))

    assert response["Location"] == "/"


def test_a_page_that_is_not_over_may_be_asked_for(visitor):
    response = visitor.sign_in(next_url="/genauth/sessions/")

    assert response["Location"] == "/genauth/sessions/"


@pytest.mark.parametrize("landing", OVER)
def test_a_landing_that_is_over_is_the_front_page(visitor, settings, landing):
    settings.LOGIN_REDIRECT_URL = landing

    response = visitor.sign_in()

    assert response["Location"] == "/"


def test_the_bare_callback_sends_on_who_is_signed_in(visitor):
    visitor.sign_in()

    response = visitor.client.get("/genauth/callback/")

    assert (response.status_code, response["Location"]) == (302, "/")


def test_the_bare_callback_is_no_sign_in(visitor, refusals):
    response = visitor.client.get("/genauth/callback/")

    assert response.status_code == 400
    assert refusals.codes == ["authorization_response.state_missing"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("Sec-Purpose", "prefetch", id="a prefetch"),
        pytest.param("Sec-Purpose", "prefetch;prerender", id="a page made in advance"),
        pytest.param("Purpose", "prefetch", id="an older Chromium"),
        pytest.param("X-Purpose", "preview", id="Safari"),
        pytest.param("X-Moz", "prefetch", id="an older Firefox"),
    ],
)
def test_what_is_fetched_in_advance_uses_no_login_up(visitor, provider, caplog, name, value):
    callback = provider.authorize(visitor.begin("/members/"))

    early = visitor.client.get(callback, headers={name: value})
    response = visitor.come_back(callback)

    assert (early.status_code, early.content, early.cookies) == (503, b"", {})
    assert response["Location"] == "/members/"
    assert caplog.messages == []


def test_a_login_is_not_begun_in_advance(visitor):
    response = visitor.client.get("/genauth/login/", headers={"Sec-Purpose": "prefetch"})

    assert (response.status_code, response.cookies) == (503, {})


def test_a_preview_of_a_link_uses_no_login_up(visitor, provider, client):
    callback = provider.authorize(visitor.begin("/members/"))

    # Of another machine, which has no cookie.
    client.get(callback)
    response = visitor.come_back(callback)

    assert response["Location"] == "/members/"


@pytest.mark.parametrize("url", ["genauth:logout", "/genauth/callback/"])
def test_a_sign_out_that_would_lead_to_itself_shows_its_page(client, settings, url):
    settings.LOGOUT_REDIRECT_URL = url

    response = client.get("/genauth/logout/")

    assert "You are signed out" in response.content.decode()
