"""A login that another site begins (OIDC Core 4): by a link or a form, and no further than that."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

LOGIN = "/genauth/login/"


def asked(response):
    """Return what the provider is asked."""
    return parse_qs(urlsplit(response["Location"]).query)


@pytest.fixture
def begin(visitor, provider):
    """Follow another site's link."""
    return lambda **parameters: visitor.client.get(LOGIN, {"iss": provider.issuer, **parameters})


def test_the_issuer_alone_begins_a_login(visitor, provider, begin):
    response = visitor.come_back(provider.authorize(begin()["Location"]))

    assert response["Location"] == "/"
    assert visitor.is_signed_in


def test_the_login_ends_at_the_page_that_is_named(visitor, provider, begin):
    begun = begin(target_link_uri="http://testserver/members/?a=1")

    response = visitor.come_back(provider.authorize(begun["Location"]))

    assert response["Location"] == "http://testserver/members/?a=1"


def test_the_page_that_is_named_counts_and_not_next(visitor, provider, begin):
    begun = begin(target_link_uri="/members/", next="/elsewhere/")

    response = visitor.come_back(provider.authorize(begun["Location"]))

    assert response["Location"] == "/members/"


@pytest.mark.parametrize("hint", ["ada@example.org", "Zoë 张伟", "a" * 255, "a&b=c#d%20"])
def test_the_hint_is_handed_on(begin, hint):
    assert asked(begin(login_hint=hint))["login_hint"] == [hint]


def test_the_hint_counts_more_than_the_settings(begin, app):
    app["AUTHORIZE_PARAMS"] = {"login_hint": "everybody@example.org"}

    assert asked(begin(login_hint="ada@example.org"))["login_hint"] == ["ada@example.org"]


def test_an_empty_hint_is_none(begin):
    assert "login_hint" not in asked(begin(login_hint=""))


def test_another_sites_hint_without_an_issuer_is_not_handed_on(visitor):
    response = visitor.client.get(
        LOGIN,
        {"login_hint": "eve@example.org", "next": "/members/"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert "login_hint" not in asked(response)


@pytest.mark.parametrize(
    "iss",
    [
        pytest.param(lambda iss: "https://evil.example", id="another issuer"),
        pytest.param(lambda iss: "", id="no issuer"),
        pytest.param(lambda iss: f"{iss}/", id="a slash more"),
        pytest.param(lambda iss: iss.upper(), id="capital letters"),
        pytest.param(lambda iss: f"{iss}\x00", id="NUL behind it"),
    ],
)
def test_another_issuer_begins_nothing(begin, provider, refusals, iss):
    response = begin(iss=iss(provider.issuer))

    assert (response.status_code, refusals.codes) == (400, ["login_request.iss"])
    assert (response.cookies, provider.requests) == ({}, [])


@pytest.mark.parametrize(
    "hint",
    [
        pytest.param("a" * 256, id="too long"),
        pytest.param("a\r\nb", id="a line end"),
        pytest.param("a\x00b", id="NUL"),
        pytest.param("a\u202eb", id="a mark that turns letters around"),
        pytest.param("a\ufeffb", id="a mark that nobody sees"),
    ],
)
def test_a_hint_that_is_none_begins_nothing(begin, provider, refusals, hint):
    response = begin(login_hint=hint)

    assert (response.status_code, refusals.codes) == (400, ["login_request.login_hint"])
    assert provider.requests == []


@pytest.mark.parametrize("name", ["iss", "login_hint", "target_link_uri"])
def test_a_parameter_that_stands_twice_begins_nothing(begin, provider, refusals, name):
    given = provider.issuer if name == "iss" else "a"

    response = begin(**{name: [given, given]})

    assert (response.status_code, refusals.codes) == (400, ["login_request.repeated"])
    assert provider.requests == []


def test_a_form_of_another_site_begins_a_login_by_way_of_a_link(visitor, provider):
    """A browser brings no cookie with another site's POST, but does with the GET that follows."""
    strict = Client(enforce_csrf_checks=True, headers={"Origin": "https://other.example"})
    asked_for = {"iss": provider.issuer, "login_hint": "ada", "target_link_uri": "/members/"}

    response = strict.post(LOGIN, asked_for)

    assert response.status_code == 302
    assert not response.cookies
    assert urlsplit(response["Location"]).path == LOGIN
    visitor.come_back(provider.authorize(visitor.client.get(response["Location"])["Location"]))
    assert visitor.is_signed_in


def test_a_form_that_is_too_long_begins_nothing(visitor, provider, refusals):
    response = visitor.client.post(LOGIN, {"iss": provider.issuer, "login_hint": "a" * 4_000})

    assert (response.status_code, refusals.codes) == (400, ["login_request.too_long"])


def test_the_page_of_a_refusal_leads_to_a_login_that_works(visitor, begin):
    response = begin(iss="https://evil.example", target_link_uri="/members/")

    again = visitor.client.get(response.context["try_again_url"])
    assert again.status_code == 302
    assert asked(again)["response_type"] == ["code"]


def test_linking_takes_no_hint_of_another_site(visitor, provider):
    visitor.sign_in()

    response = visitor.client.post(
        "/genauth/link/", {"iss": "https://evil.example", "login_hint": "eve"}
    )

    assert "login_hint" not in asked(response)
