"""A sign-out by another view of the site: what SITE_LOGOUT does, with the middleware."""

from urllib.parse import parse_qs, urlsplit

import pytest
from asgiref.sync import async_to_sync
from django.contrib import admin, auth
from django.contrib.auth import get_user_model
from django.contrib.auth.views import LogoutView
from django.db import connection
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext
from django.urls import include, path

from django_genauth.models import Grant, LoginSession
from tests.support.site.urls import home


def by_function(request):
    """Be a product's own view, which leads to a page relative to it."""
    auth.logout(request)
    response = HttpResponseRedirect("bye/")
    response.set_cookie("theme", "dark")
    return response


def by_script(request):
    """Be what a script of the product calls."""
    auth.logout(request)
    return JsonResponse({"out": True})


def for_another(request):
    """Be a view that signs somebody else in, in place of the person."""
    auth.logout(request)
    user, _ = get_user_model().objects.get_or_create(username="root")
    auth.login(request, user, "django.contrib.auth.backends.ModelBackend")
    return HttpResponse("as root")


async def later(request):
    """Be an asynchronous view."""
    await auth.alogout(request)
    return HttpResponse("out")


URLS = (
    path("members/", home),
    path("logout/", LogoutView.as_view(next_page="/bye/?a=1")),
    path("out/", by_function),
    path("api/out/", by_script),
    path("as/", for_another),
    path("later/", later),
    path("admin/", admin.site.urls),
    path("genauth/", include("django_genauth.urls")),
)


@pytest.fixture(autouse=True)
def _site(settings, session_middleware):
    settings.ROOT_URLCONF = URLS


@pytest.fixture
def provider_knows(visitor, app):
    """Have the provider told of a sign-out by the site."""
    app["SITE_LOGOUT"] = "provider"
    visitor.sign_in()


def back_from(response):
    """Return where the provider leads to after it has ended its session."""
    (sent,) = parse_qs(urlsplit(response["Location"]).query)["state"]
    return f"/genauth/logout/?state={sent}"


def prompt_of(url):
    return parse_qs(urlsplit(url).query).get("prompt")


@pytest.mark.parametrize(
    ("address", "method"),
    [
        pytest.param("/logout/", "post", id="Django's view"),
        pytest.param("/admin/logout/", "post", id="the admin's"),
        pytest.param("/out/", "get", id="a product's"),
        pytest.param("/api/out/", "post", id="a script's"),
        pytest.param("/later/", "get", id="an asynchronous one"),
    ],
)
def test_the_next_login_asks(visitor, address, method):
    visitor.sign_in()
    get_user_model().objects.update(is_staff=True)

    getattr(visitor.client, method)(address)

    assert not visitor.is_signed_in
    assert prompt_of(visitor.begin()) == ["login"]


def test_it_asks_until_somebody_has_answered(visitor):
    visitor.sign_in()
    visitor.client.post("/logout/")
    visitor.begin()
    visitor.sign_in(next_url="/members/")

    assert prompt_of(visitor.begin()) is None


def test_an_earlier_login_in_another_tab_answers_nothing(visitor, provider, monkeypatch):
    visitor.sign_in()
    other_tab = provider.authorize(visitor.begin())
    monkeypatch.setattr("django_genauth.sessions.next_login._SLACK", -1)
    visitor.client.post("/logout/")
    visitor.come_back(other_tab)

    assert prompt_of(visitor.begin()) == ["login"]


def test_an_answer_that_is_posted_answers_it(visitor, provider, app):
    app["RESPONSE_MODE"] = "form_post"
    visitor.client.cookies["genauth_ask"] = "1"
    back = provider.respond(visitor.begin())
    # Browsers bring no Lax cookie with another site's POST.
    del visitor.client.cookies["genauth_ask"]

    response = visitor.client.post("/genauth/callback/", dict(back.pairs))

    assert response.cookies["genauth_ask"].value == ""


def test_the_mark_is_for_no_script_to_read(visitor):
    visitor.sign_in()

    cookie = visitor.client.post("/logout/").cookies["genauth_ask"]

    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")


@pytest.mark.parametrize(
    ("params", "scope", "prompt"),
    [
        pytest.param({}, "openid", "login", id="nothing"),
        pytest.param({}, "openid offline_access", "login consent", id="a refresh token"),
        pytest.param({"prompt": "consent"}, "openid", "login consent", id="consent"),
        pytest.param({"prompt": "none"}, "openid", "login", id="no page at all"),
        pytest.param({"prompt": "select_account"}, "openid", "select_account", id="an account"),
    ],
)
def test_what_the_app_asks_for_besides_stays(visitor, app, params, scope, prompt):
    app["AUTHORIZE_PARAMS"] = params
    app["SCOPE"] = scope
    visitor.client.cookies["genauth_ask"] = "1"

    assert prompt_of(visitor.begin()) == [prompt]


def test_a_page_stands_between_where_the_provider_cannot_be_told_to_ask(visitor, app):
    app["PROTOCOL"] = "oauth"
    visitor.client.cookies["genauth_ask"] = "1"

    response = visitor.client.get("/genauth/login/?next=/members/")

    assert response.status_code == 200
    assert "The sign-in service may still know you" in response.content.decode()
    assert 'href="/genauth/login/?next=%2Fmembers%2F"' in response.content.decode()
    assert visitor.client.get("/genauth/login/?next=/members/").status_code == 302


def test_the_provider_ends_its_session_too(visitor, provider_knows):
    response = visitor.client.post("/logout/")
    back = back_from(response)
    landing = visitor.come_back(back)

    assert "id_token_hint" in response["Location"]
    assert landing["Location"] == "/bye/?a=1"
    assert "genauth_ask" not in visitor.client.cookies


def test_what_the_sites_view_sets_counts_all_the_same(visitor, provider_knows):
    response = visitor.client.get("/out/")
    landing = visitor.come_back(back_from(response))

    assert response.cookies["theme"].value == "dark"
    assert landing["Location"] == "/out/bye/"


def test_a_view_that_shows_a_page_leads_to_the_page_of_this_app(visitor, provider_knows):
    get_user_model().objects.update(is_staff=True)
    response = visitor.client.post("/admin/logout/")
    landing = visitor.come_back(back_from(response))

    assert "You are signed out" in landing.content.decode()


def test_a_way_on_that_is_too_long_is_left_aside(visitor, provider_knows, settings):
    settings.ROOT_URLCONF = (
        path("logout/", LogoutView.as_view(next_page="/" + "a" * 1000)),
        URLS[-1],
    )

    landing = visitor.come_back(back_from(visitor.client.post("/logout/")))

    assert landing.status_code == 200


def test_the_grant_is_revoked_where_signing_out_revokes(visitor, provider_knows, app):
    app["REVOKE_ON_LOGOUT"] = True

    visitor.client.post("/logout/")

    assert Grant.objects.get().state == Grant.State.ENDED
    assert not LoginSession.objects.exists()


def test_a_script_cannot_be_led_away(visitor, provider_knows):
    headers = {"Sec-Fetch-Mode": "cors"}

    response = visitor.client.post("/api/out/", headers=headers)

    assert response.json() == {"out": True}
    assert prompt_of(visitor.begin()) == ["login"]


def test_a_provider_that_is_away_is_asked_at_the_next_login(visitor, provider, provider_knows, app):
    app["REVOKE_ON_LOGOUT"] = True
    provider.stop()

    response = visitor.client.post("/logout/")

    assert response["Location"] == "/bye/?a=1"
    assert "genauth_ask" in response.cookies


def test_an_app_that_leads_nowhere_asks_at_the_next_login(visitor, provider_knows, app):
    app["LOGOUT"] = "local"

    response = visitor.client.post("/logout/")

    assert response["Location"] == "/bye/?a=1"
    assert "genauth_ask" in response.cookies


def test_a_site_may_leave_it_at_that(visitor, app):
    app["SITE_LOGOUT"] = "local"
    visitor.sign_in()

    visitor.client.post("/logout/")

    assert not visitor.is_signed_in
    assert prompt_of(visitor.begin()) is None


def test_an_app_that_is_gone_keeps_nobody_in(visitor, settings, caplog):
    visitor.sign_in()
    settings.GENAUTH = {"other": settings.GENAUTH["default"]}

    visitor.client.post("/logout/")

    assert not visitor.is_signed_in
    assert "The provider is not told of a sign-out: code=configuration.alias" in caplog.messages


def test_who_signs_in_as_somebody_else_has_not_left(visitor):
    visitor.sign_in()

    response = visitor.client.get("/as/")

    assert "genauth_ask" not in response.cookies


def test_the_sign_out_of_this_app_asks_nothing(visitor):
    visitor.sign_in()

    visitor.client.post("/genauth/logout/")

    assert prompt_of(visitor.begin()) is None


def test_a_sign_out_with_a_password_is_none_of_this_apps(visitor, client):
    user = get_user_model().objects.create(username="root")
    visitor.client.force_login(user, "django.contrib.auth.backends.ModelBackend")

    response = visitor.client.post("/logout/")

    assert "genauth_ask" not in response.cookies


def test_a_sign_out_without_a_request_is_none_either(visitor, rf):
    request = rf.get("/")

    auth.signals.user_logged_out.send(sender=object, request=request, user=None)

    assert not hasattr(request, "genauth_site_logout")


@pytest.mark.django_db
def test_it_holds_for_asynchronous_sites_too(visitor):
    visitor.sign_in()
    client = AsyncClient()
    client.cookies = visitor.client.cookies

    response = async_to_sync(client.get)("/later/")

    assert "genauth_ask" in response.cookies


def test_a_plain_sign_out_asks_the_database_nothing_more(visitor, app, django_assert_num_queries):
    visitor.sign_in()
    app["SITE_LOGOUT"] = "local"
    with CaptureQueriesContext(connection) as before:
        visitor.client.post("/logout/")
    count = len(before)
    app["SITE_LOGOUT"] = "ask"
    visitor.sign_in()

    with django_assert_num_queries(count):
        visitor.client.post("/logout/")
