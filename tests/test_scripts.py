"""A script that is not signed in: it is told where the login is, and sent to no other origin."""

import time

import pytest
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import include, path

from django_genauth.decorators import genauth_reauthenticate

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"


@login_required
def numbers(request):
    """Tell something to members alone."""
    return HttpResponse("1, 2, 3")


@genauth_reauthenticate(max_age=300)
def danger(request):
    """Do something that wants a person who is really there."""
    return HttpResponse("done")


urlpatterns = [
    path("numbers/", numbers),
    path("danger/", danger),
    path("genauth/", include("django_genauth.urls")),
]


def ask(visitor, address="/numbers/", **headers):
    """Ask as a script does, which follows redirects as far as its own origin."""
    return visitor.client.get(address, headers=headers, follow=True)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Sec-Fetch-Mode": "cors"}, id="fetch"),
        pytest.param({"Sec-Fetch-Mode": "same-origin"}, id="fetch of this origin"),
        pytest.param({"User-Agent": CHROME, "Accept": "*/*"}, id="fetch over http"),
        pytest.param({"X-Requested-With": "XMLHttpRequest"}, id="XMLHttpRequest"),
        pytest.param({"HX-Request": "true"}, id="htmx over http"),
        pytest.param({"Accept": "application/json"}, id="wants JSON"),
    ],
)
@pytest.mark.parametrize("address", ["/numbers/", "/genauth/login/", "/danger/"])
def test_it_gets_401_with_the_address_of_the_login(visitor, headers, address):
    response = ask(visitor, address, **headers)

    assert (response.status_code, response["Content-Type"]) == (401, "application/problem+json")
    assert response.json()["login_url"].startswith("/genauth/login/?next=%2F")
    assert "no-store" in response["Cache-Control"]
    assert visitor.provider.asked == []


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="a program"),
        pytest.param({"Accept": "*/*", "User-Agent": "curl/8.14"}, id="a program that says so"),
        pytest.param({"User-Agent": CHROME, "Accept": "text/html,*/*;q=0.8"}, id="a browser"),
        pytest.param({"Sec-Fetch-Mode": "navigate"}, id="a browser over https"),
    ],
)
def test_everybody_else_is_redirected_to_the_provider(visitor, headers):
    response = visitor.client.get("/genauth/login/", headers=headers)

    assert response["Location"].startswith(visitor.provider.base_url)


@pytest.mark.parametrize(
    ("headers", "page"),
    [
        pytest.param({"Referer": "http://testserver/a/?b=c#d"}, "%2Fa%2F%3Fb%3Dc", id="Referer"),
        pytest.param({"HX-Current-URL": "http://testserver/a/#d"}, "%2Fa%2F", id="htmx"),
        pytest.param({"Referer": "https://evil.example/a/"}, "%2F", id="of another site"),
        pytest.param({}, "%2F", id="none"),
    ],
)
def test_the_login_ends_at_the_page_of_the_script(visitor, headers, page):
    response = ask(visitor, **headers, **{"HX-Request": "true"})

    assert response.json()["login_url"] == f"/genauth/login/?next={page}"


def test_htmx_is_sent_to_the_login(visitor):
    response = ask(visitor, **{"HX-Request": "true"})

    assert response["HX-Redirect"] == response.json()["login_url"]


def test_only_htmx_is(visitor):
    assert "HX-Redirect" not in ask(visitor, **{"Sec-Fetch-Mode": "cors"})


def test_the_login_of_the_app_that_was_asked_for_is_named(visitor, settings):
    settings.GENAUTH["partners"] = settings.GENAUTH["default"]

    response = ask(visitor, "/genauth/partners/login/", Accept="application/json")

    assert response.json()["login_url"] == "/genauth/partners/login/?next=%2F"


def test_an_app_that_is_not_there_has_no_login(visitor):
    response = ask(visitor, "/genauth/nobody/login/", Accept="application/json")

    assert response.status_code == 404


def test_a_view_that_wants_a_recent_sign_in_is_satisfied_by_the_address(visitor, provider):
    told = ask(visitor, "/danger/", Accept="application/json").json()
    url = visitor.client.get(told["login_url"])["Location"]

    visitor.come_back(provider.authorize(url, claims={"auth_time": int(time.time())}))

    assert "prompt=login" in url
    assert "max_age=300" in url
    assert visitor.client.get("/danger/").content == b"done"
