"""The project's own stand-in, in each way that it can be started, as a provider to sign in at."""

import re
from collections.abc import Iterator

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_genauth.models import Grant, Identity
from tests.conftest import Refusals
from tests.support.provider.browser_forms import Browser
from tests.support.provider.processes import sign_in
from tests.support.provider.standin import StandIn

pytestmark = pytest.mark.standin


@pytest.fixture(
    scope="module",
    params=[
        pytest.param({"alg": "HS256"}, id="HS256"),
        pytest.param({"alg": "RS256"}, id="RS256"),
        pytest.param({"public": True}, id="public"),
    ],
)
def provider(request: pytest.FixtureRequest, live_server: LiveServer) -> Iterator[StandIn]:
    """Run a stand-in that knows the site."""
    site = live_server.url
    back = [f"{site}/genauth/logout/"]
    with StandIn(
        [f"{site}/genauth/callback/"], post_logout_redirect_uris=back, **request.param
    ) as running:
        yield running


@pytest.fixture
def app(provider: StandIn, settings: Settings) -> dict[str, object]:
    """Point the site's default app at the stand-in, and return its settings to be changed."""
    values = provider.app()
    settings.GENAUTH = {"default": values}
    return values


@pytest.fixture
def browser(app: dict[str, object], live_server: LiveServer) -> Iterator[Browser]:
    """Come to the site with an empty browser."""
    with Browser(live_server.url) as opened:
        yield opened


def test_a_person_signs_in(browser, provider):
    response = sign_in(browser, provider)

    assert response.status_code == 302
    assert browser.open("/members/").status_code == 200


def test_a_person_signs_out_and_comes_back(browser, provider):
    sign_in(browser, provider)

    arrival = provider.sign_out(
        browser.press("/genauth/logout/").headers["Location"], browser.session
    )

    assert arrival.url.startswith(f"{browser.site}/genauth/logout/?state=")


def test_with_offline_access_there_is_a_refresh_token(browser, provider, app):
    app["SCOPE"] = "openid offline_access"

    sign_in(browser, provider)

    assert Grant.objects.get().token_set["refresh_token"]


def test_without_offline_access_there_is_none(browser, provider):
    sign_in(browser, provider)

    assert not Grant.objects.get().token_set.get("refresh_token")


def test_userinfo_adds_the_claims_of_the_same_person(browser, provider, app):
    app["USERINFO"] = True

    sign_in(browser, provider)

    assert Identity.objects.get().claims["email"] == "ada@example.org"


def test_a_person_signs_in_over_oauth_by_what_userinfo_says(browser, provider, app):
    app["PROTOCOL"] = "oauth"

    sign_in(browser, provider)

    assert browser.open("/members/").status_code == 200
    assert Identity.objects.get().claims["email"] == "ada@example.org"
    assert re.fullmatch("[0-9a-f]{40}", Grant.objects.get().token_set["access_token"])


def test_two_people_of_whom_nothing_is_known_are_two_users_over_oauth(browser, provider, app):
    app["PROTOCOL"] = "oauth"
    sign_in(browser, provider, "blank")

    with Browser(browser.site) as second:
        sign_in(second, provider, "void")

    assert Identity.objects.count() == 2


def test_who_declines_over_oauth_is_told_so_kindly(browser, provider, app, refusals: Refusals):
    app["PROTOCOL"] = "oauth"
    arrival = provider.sign_in(browser.begin(), browser.session, login="ada", allow=False)

    response = browser.follow(arrival)

    assert (response.status_code, refusals.codes) == (403, ["access_denied"])


def test_a_person_signs_out_over_oauth_and_comes_back(browser, provider, app):
    app["PROTOCOL"] = "oauth"
    app["LOGOUT"] = "genauth"
    sign_in(browser, provider)

    arrival = provider.sign_out(
        browser.press("/genauth/logout/").headers["Location"], browser.session
    )

    assert arrival.url == f"{browser.site}/genauth/logout/"


@pytest.mark.parametrize("kind", ["code", "code id_token"])
@pytest.mark.parametrize("mode", ["form_post", "fragment"])
def test_an_answer_that_is_not_in_the_address_signs_in(browser, provider, app, mode, kind):
    app.update(RESPONSE_MODE=mode, RESPONSE_TYPE=kind)
    arrival = provider.sign_in(browser.begin("/members/"), browser.session, login="ada")

    response = browser.follow(arrival)

    assert "?" not in arrival.url
    assert (response.status_code, response.headers["Location"]) == (302, "/members/")


@pytest.mark.parametrize("mode", ["form_post", "fragment"])
def test_a_no_that_is_not_in_the_address_is_told_kindly(
    browser, provider, app, refusals: Refusals, mode
):
    app["RESPONSE_MODE"] = mode
    arrival = provider.sign_in(browser.begin(), browser.session, login="ada", allow=False)

    response = browser.follow(arrival)

    assert "?" not in arrival.url
    assert (response.status_code, refusals.codes) == (403, ["access_denied"])


def test_another_secret_than_the_clients_is_refused(browser, provider, app, refusals: Refusals):
    app["APP_SECRET"] = "another-secret-that-the-client-never-had"
    app["TOKEN_ENDPOINT_AUTH_METHOD"] = "client_secret_basic"

    response = sign_in(browser, provider)

    assert (response.status_code, refusals.codes) == (502, ["oauth.invalid_client"])


def test_another_algorithm_than_the_clients_is_refused(browser, provider, app, refusals: Refusals):
    app["ID_TOKEN_SIGNED_RESPONSE_ALG"] = "PS256"

    response = sign_in(browser, provider)

    assert (response.status_code, refusals.codes) == (502, ["id_token.alg"])
