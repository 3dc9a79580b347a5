"""Requests that no page makes: other methods, junk for parameters, and too much of everything."""

import pytest
from django.test import Client

from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db

PAGES = ["login", "callback", "logout", "link", "nobody/login", "default/callback"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "method", ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "BREW"]
)
def test_no_other_method_signs_anybody_in_or_breaks_anything(visitor, provider, page, method):
    callback = provider.authorize(visitor.begin())

    response = visitor.client.generic(method, f"/genauth/{page}/?{callback.partition('?')[2]}")

    assert response.status_code in (200, 302, 404, 405)
    assert not visitor.is_signed_in
    assert "token" not in provider.asked


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"])
def test_no_other_method_uses_a_login_up(visitor, provider, method):
    callback = provider.authorize(visitor.begin())
    visitor.client.generic(method, f"/genauth/callback/?{callback.partition('?')[2]}")

    visitor.come_back(callback)

    assert visitor.is_signed_in


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete"])
def test_no_other_method_signs_anybody_out_or_links_anything(visitor, provider, method):
    visitor.sign_in()
    provider.forget_requests()

    statuses = [
        getattr(visitor.client, method)(f"/genauth/{page}/").status_code
        for page in ("logout", "link")
    ]

    assert set(statuses) <= {200, 405}
    assert visitor.is_signed_in


@pytest.mark.parametrize("page", ["logout", "link"])
def test_another_site_can_post_neither_a_sign_out_nor_a_link(visitor, page):
    strict = Client(enforce_csrf_checks=True)
    visitor.sign_in()
    strict.cookies.update(visitor.client.cookies)

    response = strict.post(f"/genauth/{page}/", headers={"Origin": "https://evil.example"})

    assert response.status_code == 403
    assert visitor.is_signed_in


JUNK = [
    pytest.param("%ff", id="an octet that is no UTF-8"),
    pytest.param("%c0%ae%c0%ae", id="UTF-8 that is too long"),
    pytest.param("%ed%a0%80", id="half a surrogate pair"),
    pytest.param("%00", id="NUL"),
    pytest.param("%0d%0aSet-Cookie:%20a=b", id="a header"),
    pytest.param("%", id="an escape without a number"),
    pytest.param("%u0041", id="an escape of another kind"),
    pytest.param("%F0%9F%98%80", id="a picture"),
    pytest.param("a" * 1_000_000, id="a megabyte"),
    pytest.param("%00" * 100_000, id="NUL after NUL"),
    pytest.param("[]", id="brackets"),
    pytest.param("{{7*7}}${7*7}%25s", id="formats"),
    pytest.param("../../etc/passwd", id="a path"),
    pytest.param("'%20OR%20'1'='1", id="a statement"),
]


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("callback", "state code error iss"),
        ("login", "next iss login_hint target_link_uri"),
        ("logout", "state next"),
        ("link", "next"),
        ("nobody/login", "next"),
    ],
)
@pytest.mark.parametrize("junk", JUNK)
def test_junk_signs_nobody_in_and_breaks_nothing(visitor, page, names, junk):
    statuses = {
        visitor.client.get(f"/genauth/{page}/?{name}={junk}").status_code for name in names.split()
    }

    assert statuses <= {200, 302, 400, 404}
    assert not visitor.is_signed_in


@pytest.mark.parametrize("junk", JUNK)
def test_junk_beside_a_good_answer_changes_nothing(visitor, provider, junk):
    callback = provider.authorize(visitor.begin())

    response = visitor.client.get(f"/genauth/callback/?{callback.partition('?')[2]}&x={junk}")

    assert response.status_code == 302
    assert visitor.is_signed_in


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("state[]={state}&code[]={code}", id="brackets"),
        pytest.param("state[0]={state}&code[0]={code}", id="numbers in brackets"),
        pytest.param("state.a={state}&code.a={code}", id="dots"),
        pytest.param("STATE={state}&CODE={code}", id="capital letters"),
        pytest.param("state={state};code={code}", id="a semicolon between"),
        pytest.param("state%00={state}&code%00={code}", id="NUL in the names"),
        pytest.param("%20state={state}&%20code={code}", id="spaces in the names"),
        pytest.param("state={state}&&&=&code={code}&code=", id="an empty code as well"),
        pytest.param("state={state}&code={code}&state={state}", id="state twice"),
        pytest.param("state={state}&code={code}&st%61te={state}", id="state in two spellings"),
        pytest.param("code={code}#state={state}", id="state behind the hash"),
        pytest.param("state={state},{state}&code={code}", id="two states in one"),
    ],
)
def test_an_answer_in_another_form_is_none(visitor, provider, query):
    answer = dict(provider.respond(visitor.begin()).pairs)

    response = visitor.client.get("/genauth/callback/?" + query.format(**answer))

    assert response.status_code == 400
    assert not visitor.is_signed_in
    assert provider.asked == ["discovery"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(b"{}", "application/json", id="JSON"),
        pytest.param(b"\xff\xfe\x00", "application/x-www-form-urlencoded", id="junk for a form"),
        pytest.param(b"", "multipart/form-data", id="parts without a border"),
        pytest.param(b"--a\r\n", "multipart/form-data; boundary=a", id="half a part"),
        pytest.param(b"state=a&code=b", "text/plain", id="text"),
        pytest.param(b"state=a&code=b", "\xff", id="no type"),
        pytest.param(b"a" * 1_000_000, "application/x-www-form-urlencoded", id="a megabyte"),
        pytest.param(b"a=" + b"b" * 3_000_000, "application/x-www-form-urlencoded", id="3 MB"),
        pytest.param(b"a=b&" * 5_000, "application/x-www-form-urlencoded", id="5,000 parameters"),
        pytest.param(
            b"state=a", "application/x-www-form-urlencoded; charset=utf-7", id="an old charset"
        ),
        pytest.param(
            b"state=a", "application/x-www-form-urlencoded; charset=nonsense", id="no charset"
        ),
    ],
)
@pytest.mark.parametrize("page", ["login", "callback", "logout", "link"])
def test_a_body_that_is_no_form_signs_nobody_in_and_breaks_nothing(
    visitor, page, body, content_type
):
    response = visitor.client.generic("POST", f"/genauth/{page}/", body, content_type)

    # Where a page would ask who is there, a script is told so.
    assert response.status_code in (200, 302, 400, 401, 413)
    assert not visitor.is_signed_in


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Cookie": "genauth_default_=a; =b; ;;; c"}, id="cookies that are none"),
        pytest.param({"Cookie": 'sessionid="\\000\\012"'}, id="an escape in a cookie"),
        pytest.param({"Cookie": "sessionid=\xff"}, id="an octet in a cookie"),
        pytest.param({"Accept-Language": "x" * 5_000}, id="a language without end"),
        pytest.param({"Accept-Language": "../../etc"}, id="a path for a language"),
        pytest.param({"Referer": "\xff"}, id="junk for a referrer"),
        pytest.param({"Authorization": "Bearer a"}, id="a token of the browser's own"),
        pytest.param({"Content-Length": "-1"}, id="a length below nothing"),
    ],
)
@pytest.mark.parametrize("page", ["login", "callback", "logout"])
def test_odd_headers_break_nothing(visitor, page, headers):
    response = visitor.client.get(f"/genauth/{page}/", headers=headers)

    assert response.status_code in (200, 302, 400)
    assert not visitor.is_signed_in


@pytest.mark.parametrize("alias", ["nobody", "admin", "-", "_", "a" * 500, "default-"])
def test_an_app_that_is_not_there_is_not_found(visitor, alias):
    statuses = {
        visitor.client.get(f"/genauth/{alias}/{page}/").status_code
        for page in ("login", "callback")
    }

    assert statuses == {404}


def test_who_is_signed_in_and_is_sent_junk_stays_signed_in(visitor, provider):
    visitor.sign_in()

    visitor.client.get("/genauth/callback/?state=x&code=y")

    assert visitor.is_signed_in


def test_twenty_people_at_once_are_twenty_people(visitor, provider):
    people = [Visitor(provider) for _ in range(20)]
    urls = [each.begin() for each in people]

    for number, (each, url) in enumerate(zip(people, urls, strict=True)):
        each.come_back(provider.authorize(url, sub=f"person-{number}"))

    assert len({each.client.session["_auth_user_id"] for each in people}) == 20
