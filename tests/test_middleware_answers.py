"""A script and a form on a session that is dead: what they are told, and that nothing is lost."""

import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client

from django_genauth.models import Grant

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.support.site.desk")]

TYPED = {"text": ['first line\nsecond "line" <b>', "again"], "empty": [""], "späť": ["ž & ü"]}
REFERER = {"Referer": "http://testserver/desk/?page=2#middle"}


@pytest.fixture(params=["refresh", "reauthenticate"])
def policy(request):
    """Do it under both policies that know dead sessions."""
    return request.param


@pytest.fixture
def member(visitor, app, session_middleware, policy):
    """Sign in with an access token that runs out at once and that nothing renews."""
    app["SESSION_POLICY"] = policy
    visitor.client = Client(enforce_csrf_checks=True)
    visitor.provider.access_token_ttl = 0
    visitor.sign_in()
    visitor.provider.access_token_ttl = 3600
    Grant.objects.update(state=Grant.State.ENDED)
    return visitor


def token_of(visitor):
    """Return the token of a page that was made before; this one comes on a dead session too."""
    return fields_of(visitor.client.get("/genauth/logout/"))["csrfmiddlewaretoken"][0]


def submit(visitor, data=TYPED, *, address="/desk/", **options):
    """Post a form as a page of the site does."""
    token = {"csrfmiddlewaretoken": token_of(visitor)}
    return visitor.client.post(address, {**token, **data}, **options)


def fields_of(page):
    """Return the hidden fields of a page, as a browser sends them."""
    found = re.findall(
        r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.content.decode()
    )
    sent = QueryDict(mutable=True)
    for name, value in found:
        sent.appendlist(unescape(name), unescape(value))
    return dict(sent.lists())


@pytest.mark.parametrize("position", [0, 5, 6], ids=["before all", "before this", "behind this"])
def test_the_page_is_in_the_language_of_the_request(member, settings, position):
    middleware = [*settings.MIDDLEWARE]
    middleware.insert(max(position, 1), "django.middleware.locale.LocaleMiddleware")
    settings.MIDDLEWARE = middleware

    page = submit(member, headers={"Accept-Language": "de", "Referer": "http://testserver/desk/"})

    assert "Bitte melden Sie sich erneut an" in page.content.decode()


def a_file():
    return SimpleUploadedFile("a.txt", b"of mine")


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Sec-Fetch-Mode": "cors", "Accept": "text/html"}, id="fetch"),
        pytest.param({"Sec-Fetch-Mode": "no-cors"}, id="an image"),
        pytest.param({"X-Requested-With": "XMLHttpRequest"}, id="XMLHttpRequest"),
        pytest.param({"Accept": "application/json"}, id="wants JSON"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "head"])
def test_a_script_is_told_so_and_not_sent_to_another_origin(member, method, headers):
    response = getattr(member.client, method)("/desk/", headers=headers)

    assert (response.status_code, response["Content-Type"]) == (401, "application/problem+json")
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_what_no_form_can_send_is_a_scripts(member, method):
    assert getattr(member.client, method)("/desk/").status_code == 401


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_what_is_posted_and_is_no_form_is_a_scripts(member, content_type):
    response = member.client.post("/desk/", "[1]", content_type=content_type)

    assert response.status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="an old browser"),
        pytest.param({"Sec-Fetch-Mode": "navigate"}, id="a browser"),
        pytest.param({"Accept": "text/html,application/json;q=0.5"}, id="takes JSON too"),
    ],
)
def test_a_page_is_no_scripts(member, headers):
    response = submit(member, headers=headers)

    assert (response.status_code, response["Content-Type"]) == (403, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("referer", "page"),
    [
        pytest.param("http://testserver/desk/?page=2#middle", "%2Fdesk%2F%3Fpage%3D2", id="ours"),
        pytest.param("https://evil.example/desk/", "%2F", id="of another site"),
        pytest.param("http://testserver.evil.example/desk/", "%2F", id="of a longer name"),
        pytest.param("javascript:alert(1)", "%2F", id="no page"),
        pytest.param("", "%2F", id="none"),
    ],
)
def test_a_script_is_told_where_to_sign_in_and_come_back(member, referer, page):
    headers = {"Sec-Fetch-Mode": "cors", "Referer": referer}

    response = member.client.get("/desk/", headers=headers)

    assert response.json() == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "Your sign-in has run out.",
        "login_url": f"/genauth/login/?next={page}",
    }


def test_no_browser_asks_for_a_password_by_the_challenge(member):
    response = member.client.get("/desk/", headers={"Sec-Fetch-Mode": "cors"})

    assert response["WWW-Authenticate"] == 'Cookie realm="site"'


def test_a_script_does_not_end_the_session(member):
    member.client.get("/desk/", headers={"Sec-Fetch-Mode": "cors"})

    assert member.is_signed_in


def test_a_form_is_answered_by_a_page_that_nobody_keeps(member):
    page = submit(member, headers=REFERER)

    assert (page.status_code, page.templates[0].name) == (403, "genauth/session_ended.html")
    assert "no-store" in page["Cache-Control"]
    assert member.is_signed_in


def test_the_page_leads_to_the_login_in_another_tab(member):
    page = submit(member, headers=REFERER)

    link = 'href="/genauth/login/?next=%2Fdesk%2F%3Fpage%3D2" target="_blank" rel="noopener"'
    assert link in page.content.decode()


def test_the_page_holds_what_was_typed_and_a_token_of_its_own(member):
    old = token_of(member)

    fields = fields_of(member.client.post("/desk/", {**TYPED, "csrfmiddlewaretoken": old}))

    (token,) = fields.pop("csrfmiddlewaretoken")
    assert fields == TYPED
    assert token != old


@pytest.mark.parametrize(
    ("sent", "enctype"),
    [
        pytest.param({"data": {"a": "b"}}, "multipart/form-data", id="in parts"),
        pytest.param(
            {"data": "a=b", "content_type": "application/x-www-form-urlencoded; charset=UTF-8"},
            "application/x-www-form-urlencoded",
            id="in one",
        ),
    ],
)
def test_the_page_sends_in_the_way_in_which_it_came(member, sent, enctype):
    page = member.client.post("/desk/", **sent, headers={"X-CSRFToken": token_of(member)})

    assert f'<form method="post" enctype="{enctype}"' in page.content.decode()
    assert fields_of(page)["a"] == ["b"]


@pytest.mark.parametrize("in_session", [False, True], ids=["by cookie", "by session"])
def test_after_signing_in_again_the_page_sends_the_same(member, settings, in_session):
    settings.CSRF_USE_SESSIONS = in_session
    page = submit(member)
    member.sign_in()

    response = member.client.post("/desk/", fields_of(page))

    assert response.json().items() >= TYPED.items()


def test_before_signing_in_again_the_page_sends_nothing_and_comes_again(member):
    page = member.client.post("/desk/", fields_of(submit(member)))

    assert page.status_code == 403
    assert fields_of(page).items() >= TYPED.items()


def test_after_somebody_else_has_signed_in_nothing_is_sent(member):
    page = submit(member)
    member.sign_in(sub="user-2")

    response = member.client.post("/desk/", fields_of(page))

    assert (response.status_code, fields_of(response)) == (403, {})


def test_who_has_signed_out_gets_another_csrf_secret(member):
    submit(member, {}, address="/genauth/logout/")
    before = member.client.cookies["csrftoken"].value

    member.sign_in()

    assert member.client.cookies["csrftoken"].value != before


def test_files_are_left_to_the_browser(member):
    page = submit(member, {"text": "typed", "file": a_file()})

    assert "with your files" in page.content.decode()
    assert "<form" not in page.content.decode()


def test_after_signing_in_again_a_reload_sends_the_files(member):
    token = token_of(member)
    member.client.post("/desk/", {"file": a_file(), "csrfmiddlewaretoken": token})
    member.sign_in()

    response = member.client.post("/desk/", {"file": a_file(), "csrfmiddlewaretoken": token})

    assert response.json()["file"] == "of mine"


@pytest.mark.parametrize(
    "without",
    [None, "django.middleware.csrf.CsrfViewMiddleware"],
    ids=["with Django's middleware", "without it"],
)
def test_what_another_site_had_the_browser_post_is_not_offered_again(member, settings, without):
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if each != without]
    member.client.handler._middleware_chain = None

    response = member.client.post("/desk/", {"transfer": "all"})

    assert response.status_code == 403
    assert "transfer" not in response.content.decode()


def test_a_view_that_takes_posts_of_other_sites_loses_none(member):
    page = member.client.post("/hook/", TYPED)
    member.sign_in()

    response = member.client.post("/hook/", fields_of(page))

    assert response.json().items() >= TYPED.items()


def test_a_post_to_nowhere_is_no_way_around(member):
    assert submit(member, address="/nowhere/").status_code == 403
