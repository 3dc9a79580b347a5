"""The way from the wrong account to the right one, at a provider that knows the wrong one."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def refused(visitor, app):
    """Come with an account that the site does not accept."""
    app["CREATE_USERS"] = False
    return visitor.come_back(visitor.provider.authorize(visitor.begin("/members/")))


@pytest.fixture
def plain_oauth(app):
    """Have a provider that knows no prompt."""
    app["PROTOCOL"] = "oauth"
    del app["ID_TOKEN_SIGNED_RESPONSE_ALG"]


def href(response):
    """Return where "Use another account" leads."""
    (address,) = re.findall(r'href="([^"]+)">Use another account', response.content.decode())
    return address.replace("&amp;", "&")


def form(response):
    """Return the address and the fields of its form."""
    text = response.content.decode()
    (found,) = re.findall(
        r'<form method="post" action="([^"]+)">(.*?Use another account)', text, re.DOTALL
    )
    return found[0], dict(re.findall(r'name="(\w+)" value="([^"]*)"', found[1]))


def query(address):
    return {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}


def test_whoever_is_refused_is_asked_who_they_are(visitor, refused):
    url = visitor.client.get(href(refused))["Location"]

    assert query(url)["prompt"] == "login"


def test_the_right_account_lands_where_the_wrong_one_wanted_to(visitor, app, refused):
    app["CREATE_USERS"] = True
    url = visitor.client.get(href(refused))["Location"]

    response = visitor.come_back(visitor.provider.authorize(url, sub="right"))

    assert (response["Location"], visitor.is_signed_in) == ("/members/", True)


def test_so_is_whoever_has_signed_out(visitor):
    page = visitor.client.get("/genauth/logout/")

    assert query(visitor.client.get(href(page))["Location"])["prompt"] == "login"


def test_it_leads_to_the_app_of_the_page(visitor, settings):
    settings.GENAUTH["partners"] = settings.GENAUTH["default"]

    page = visitor.client.get("/genauth/partners/logout/")

    assert href(page) == "/genauth/partners/login/?prompt=login"


def test_a_sign_in_that_failed_otherwise_has_no_other_account(visitor):
    page = visitor.client.get("/genauth/callback/?code=old&state=old")

    assert "Use another account" not in page.content.decode()


def test_plain_oauth_ends_the_providers_session_first(visitor, plain_oauth, app):
    app["LOGOUT"] = "genauth"
    address, fields = form(visitor.client.get("/genauth/logout/?next=/members/"))

    away = visitor.client.post(address, fields)["Location"]
    back = visitor.client.get(urlsplit(query(away)["redirect_uri"]).path)

    assert away.startswith(f"{visitor.provider.base_url}/login/profile/logout?")
    assert back["Location"] == "/genauth/login/"


def test_so_does_a_provider_with_the_standards_sign_out(visitor, plain_oauth):
    address, fields = form(visitor.client.get("/genauth/logout/"))

    away = visitor.client.post(address, fields)["Location"]
    state = query(away)["state"]
    back = visitor.client.get(f"/genauth/logout/?state={state}")

    assert "id_token_hint" not in query(away)
    assert back["Location"] == "/genauth/login/"


def test_whoever_is_refused_there_comes_back_to_the_page_they_wanted(
    visitor, provider, plain_oauth, app
):
    app["CREATE_USERS"] = False
    provider.protocol = "oauth"
    refused = visitor.come_back(provider.authorize(visitor.begin("/members/")))

    _, fields = form(refused)

    assert fields["next"] == "/genauth/login/?next=%2Fmembers%2F"


def test_another_site_cannot_end_the_providers_session(visitor, plain_oauth):
    visitor.client.handler.enforce_csrf_checks = True

    response = visitor.client.post("/genauth/logout/", {"at_provider": "1"})

    assert response.status_code == 403


def test_settings_that_are_out_of_order_offer_nothing(client, settings):
    settings.GENAUTH = {"default": {"APP_ID": 5}}

    page = client.get("/genauth/logout/").content.decode()

    assert "Use another account" not in page
