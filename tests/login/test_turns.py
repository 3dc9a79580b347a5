"""A login that does not hold: three turns to the provider for one page, and then a page."""

import time
from itertools import count
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib import auth
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponseRedirect
from django.urls import include, path

from django_genauth.models import Identity
from tests.support.site.urls import home
from tests.support.site.visitor import Visitor

OURS = path("genauth/", include("django_genauth.urls"))


def ends_each_session(get_response):
    """Be a site's middleware that ends every session it finds."""

    def answer(request):
        if request.user.is_authenticated and not request.path.startswith("/genauth/"):
            auth.logout(request)
        return get_response(request)

    return answer


def sends_back(request):
    """Be a site's view that ends the session and asks for another one."""
    auth.logout(request)
    return HttpResponseRedirect("/genauth/login/?next=/members/")


def walk(visitor, response, most=8, sub="user-1"):
    """Follow each redirect; return the last answer and how often the provider was visited."""
    visits = []
    while response.status_code == 302 and len(visits) < most:
        where = response["Location"]
        if where.startswith(visitor.provider.base_url):
            visits.append(where)
            where = visitor.provider.authorize(where, sub=sub)
        response = visitor.client.get(where.removeprefix("http://testserver"))
    return response, visits


@pytest.fixture(
    params=[
        pytest.param("middleware", id="a middleware ends the session"),
        pytest.param("permission", id="the page wants a permission"),
        pytest.param("view", id="the view ends the session"),
    ]
)
def restless(request, settings):
    """Have a site that sends everybody back."""
    views = {
        "middleware": login_required(home),
        "permission": permission_required("auth.no_such_right")(home),
        "view": sends_back,
    }
    settings.ROOT_URLCONF = (path("members/", views[request.param]), OURS)
    if request.param == "middleware":
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.ends_each_session"]


@pytest.mark.parametrize("follower", [True, False], ids=["with the middleware", "without"])
def test_the_fourth_turn_ends_on_a_page(visitor, restless, settings, refusals, follower):
    if follower:
        settings.MIDDLEWARE = [
            *settings.MIDDLEWARE[:4],
            "django_genauth.middleware.GenAuthSessionMiddleware",
            *settings.MIDDLEWARE[4:],
        ]

    response, visits = walk(visitor, visitor.client.get("/members/"))

    user = get_user_model().objects.get()
    assert len(visits) == 3
    assert response.status_code == 403
    assert refusals.codes == ["account.sent_back"]
    assert (
        f"User '{user.pk}' signed in three times within a minute, and '/members/'" in refusals.text
    )


def test_the_page_says_who_it_is_and_leads_out(visitor, settings):
    settings.ROOT_URLCONF = (path("members/", permission_required("auth.no")(home)), OURS)

    response, _ = walk(visitor, visitor.client.get("/members/"))

    text, name = response.content.decode(), Identity.objects.get().person
    assert response.status_code == 403
    assert f"You are signed in as {name}, and the site sends you back" in text
    assert 'href="/genauth/login/?next=%2Fmembers%2F&amp;prompt=login"' in text
    assert '<form method="post" action="/genauth/logout/"' in text


def test_another_account_is_asked_for_at_the_provider(visitor, settings):
    settings.ROOT_URLCONF = (path("members/", permission_required("auth.no")(home)), OURS)
    walk(visitor, visitor.client.get("/members/"))

    response = visitor.client.get("/genauth/login/?next=/members/&prompt=login")

    assert "prompt=login" in response["Location"]


def test_who_signs_out_of_it_is_asked_at_the_next_login(visitor, settings):
    settings.ROOT_URLCONF = (path("members/", login_required(home)), OURS)
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.ends_each_session"]
    walk(visitor, visitor.client.get("/members/"))

    visitor.client.post("/genauth/logout/")

    assert "prompt=login" in visitor.begin("/members/")


def test_another_page_is_free(visitor, settings):
    settings.ROOT_URLCONF = (path("members/", permission_required("auth.no")(home)), OURS)
    walk(visitor, visitor.client.get("/members/"))

    assert visitor.client.get("/genauth/login/?next=/other/").status_code == 302


def test_after_a_minute_it_is_free_again(visitor, settings, monkeypatch):
    settings.ROOT_URLCONF = (path("members/", permission_required("auth.no")(home)), OURS)
    walk(visitor, visitor.client.get("/members/"))
    later = SimpleNamespace(time=lambda: time.time() + 61)
    monkeypatch.setattr("django_genauth.sessions.turns.time", later)

    assert visitor.client.get("/genauth/login/?next=/members/").status_code == 302


def test_slow_turns_are_no_turns(visitor, monkeypatch):
    clock = SimpleNamespace(time=count(start=time.time(), step=21).__next__)
    monkeypatch.setattr("django_genauth.sessions.turns.time", clock)
    for _ in range(5):
        assert visitor.sign_in(next_url="/members/").status_code == 302


def test_another_person_is_not_counted_with_the_first(visitor):
    for sub in ("a", "b", "a", "b", "a"):
        assert visitor.sign_in(sub=sub, next_url="/members/").status_code == 302


def test_who_signs_out_and_in_again_is_not_counted(visitor):
    for _ in range(5):
        assert visitor.sign_in(next_url="/members/").status_code == 302
        visitor.client.post("/genauth/logout/")


@pytest.mark.parametrize("text", ["", "x", "a.b.c.d.e"])
def test_a_cookie_of_anybodys_counts_nothing(visitor, text):
    visitor.client.cookies["genauth_turns"] = text

    assert visitor.sign_in(next_url="/members/").status_code == 302
    assert visitor.is_signed_in


def test_the_cookie_says_nothing_to_who_reads_it(visitor):
    visitor.sign_in(claims={"preferred_username": "ada"}, next_url="/members/")

    cookie = visitor.client.cookies["genauth_turns"]
    assert "ada" not in cookie.value
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 60)


def test_a_login_costs_no_statement_for_it(visitor, django_assert_num_queries):
    visitor.sign_in(next_url="/members/")

    with django_assert_num_queries(0):
        query = parse_qs(urlsplit(visitor.begin("/members/")).query)

    assert "prompt" not in query


def test_an_app_that_is_gone_is_a_page_that_is_not_found(visitor):
    visitor.sign_in()

    assert visitor.client.get("/genauth/nobody/login/").status_code == 404


def test_a_visitor_of_another_browser_is_not_counted(visitor, provider):
    for _ in range(5):
        assert Visitor(provider).sign_in(next_url="/members/").status_code == 302
