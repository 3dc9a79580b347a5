"""The pages: methods, statuses and headers."""

import pytest
from django.test import Client
from django.urls import set_script_prefix

from django_genauth.signals import login_failed, user_created
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db


def test_the_login_view_leaves_no_copy_and_does_not_tell_its_address(visitor):
    response = visitor.client.get("/genauth/login/")

    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"


def test_the_callback_leaves_no_copy_and_does_not_tell_its_address(visitor):
    response = visitor.sign_in()

    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"


def test_a_refusal_leaves_no_copy_and_does_not_tell_its_address(visitor):
    response = visitor.client.get("/genauth/callback/")

    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("method", ["head", "put", "delete", "patch"])
def test_the_callback_takes_get_and_post_alone(visitor, method):
    callback = visitor.provider.authorize(visitor.begin())

    response = getattr(visitor.client, method)(callback.removeprefix("http://testserver"))

    assert response.status_code == 405


def test_a_head_request_does_not_use_the_login_up(visitor):
    callback = visitor.provider.authorize(visitor.begin())
    visitor.client.head(callback.removeprefix("http://testserver"))

    visitor.come_back(callback)

    assert visitor.is_signed_in


@pytest.mark.parametrize(
    "next_url",
    [
        pytest.param("https://evil.example/", id="another host"),
        pytest.param("//evil.example/", id="another host without a scheme"),
        pytest.param("/\\evil.example/", id="a backslash that browsers take for a slash"),
        pytest.param("javascript:alert(1)", id="a script"),
        pytest.param("http:///evil.example", id="three slashes"),
        pytest.param("\x00//evil.example", id="a control character first"),
        pytest.param("/" + "a" * 1_001, id="longer than a cookie has room for"),
    ],
)
def test_a_next_that_is_not_a_page_of_this_site_is_left_out(visitor, next_url):
    response = visitor.sign_in(next_url=next_url)

    assert response["Location"] == "/"


def test_views_work_where_every_page_asks_for_a_login(visitor, settings):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]

    visitor.sign_in()

    assert visitor.is_signed_in
    assert Client().get("/genauth/logout/").status_code == 200


def test_views_work_below_a_prefix(provider, app, request):
    # What Django's WSGI handler does at each request, and its test client does not.
    set_script_prefix("/below/")
    request.addfinalizer(lambda: set_script_prefix("/"))
    visitor = Visitor(provider, SCRIPT_NAME="/below")
    callback = provider.authorize(visitor.begin())
    cookie = next(each for name, each in visitor.client.cookies.items() if "genauth" in name)

    response = visitor.come_back(callback.replace("/below/", "/"))

    assert callback.startswith("http://testserver/below/genauth/callback/")
    assert cookie["path"] == "/below/genauth"
    assert response.status_code == 302


def test_behind_a_proxy_the_address_and_the_cookie_are_secure(provider, app, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    visitor = Visitor(provider, HTTP_X_FORWARDED_PROTO="https", HTTP_HOST="testserver")

    callback = provider.authorize(visitor.begin())

    cookie = next(each for name, each in visitor.client.cookies.items() if "genauth" in name)
    assert callback.startswith("https://testserver/genauth/callback/")
    assert cookie["secure"]


def test_the_redirect_uri_of_the_settings_is_used_as_it_is(visitor, app):
    app["REDIRECT_URI"] = "https://www.example.com/genauth/callback/"

    callback = visitor.provider.authorize(visitor.begin())
    visitor.come_back(callback)

    assert callback.startswith("https://www.example.com/genauth/callback/")
    assert visitor.is_signed_in


def test_a_redirect_uri_of_the_settings_needs_no_path(visitor, app):
    app["REDIRECT_URI"] = "https://www.example.com"

    visitor.begin()

    cookie = next(each for name, each in visitor.client.cookies.items() if "genauth" in name)
    assert cookie["path"] == "/"


def test_a_signed_in_person_who_reloads_the_callback_is_sent_on(visitor):
    callback = visitor.provider.authorize(visitor.begin("/members/"))
    visitor.come_back(callback)

    response = visitor.come_back(callback)

    assert (response.status_code, response["Location"]) == (302, "/")


def test_a_signed_in_person_whose_browser_kept_the_cookie_is_sent_to_the_same_page(visitor):
    callback = visitor.provider.authorize(visitor.begin("/members/"))
    kept = dict(visitor.client.cookies)
    visitor.come_back(callback)
    visitor.client.cookies.update(kept)

    response = visitor.come_back(callback)

    assert (response.status_code, response["Location"]) == (302, "/members/")


def test_a_stranger_with_an_old_callback_is_refused(visitor, provider, refusals):
    callback = provider.authorize(visitor.begin())

    response = Visitor(provider).come_back(callback)

    assert response.status_code == 400
    assert refusals.codes == ["authorization_response.state_unknown"]


@pytest.mark.parametrize("change", [{}, {"code": None}], ids=["accepted", "refused"])
def test_the_request_that_receivers_get_has_no_code_any_more(visitor, change):
    requests = []
    receive = lambda request, **_: requests.append(request)  # noqa: E731 # kept for the weak reference
    login_failed.connect(receive)
    user_created.connect(receive)

    visitor.sign_in(**change)

    (request,) = requests
    assert (dict(request.GET), dict(request.POST), request.META["QUERY_STRING"]) == ({}, {}, "")
    assert request.get_full_path() == "/genauth/callback/"


def test_a_callback_without_anything_is_refused_where_the_settings_are_wrong(client, app):
    app["APP_ID"] = None

    assert client.get("/genauth/callback/").status_code == 503
