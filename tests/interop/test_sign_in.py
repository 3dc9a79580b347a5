"""Signing in and out with a browser, on the real pages of three providers.

The site is a live server, the providers are processes of their own. Kinds of clients stand in
`test_providers_clients`, what must not work in `test_providers_refusals`, and what concerns the
stand-in alone in `test_providers_standin`.
"""

from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_genauth.conf import get_client
from django_genauth.models import Grant, Identity, LoginSession
from tests.conftest import Refusals
from tests.support.provider.browser_forms import Browser
from tests.support.provider.node_provider import Major, NodeProvider, client
from tests.support.provider.processes import sign_in
from tests.support.provider.standin import StandIn

# The stand-in has people of its own, and says the same of these two.
PEOPLE = {
    "ada": {"email": "ada@example.org", "given_name": "Ada"},
    "grace": {"email": "grace@example.org", "given_name": "Grace"},
}


def node(major: Major, site: str) -> NodeProvider:
    back = {"post_logout_redirect_uris": [f"{site}/genauth/logout/"]}
    return NodeProvider(major, [client("site", f"{site}/genauth/callback/", **back)], people=PEOPLE)


def stand_in(site: str) -> StandIn:
    return StandIn(
        [f"{site}/genauth/callback/"], post_logout_redirect_uris=[f"{site}/genauth/logout/"]
    )


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(partial(node, 9), id="oidc-provider 9", marks=pytest.mark.providers),
        pytest.param(partial(node, 6), id="oidc-provider 6", marks=pytest.mark.providers),
        pytest.param(stand_in, id="the stand-in", marks=pytest.mark.standin),
    ],
)
def provider(
    request: pytest.FixtureRequest, live_server: LiveServer
) -> Iterator[NodeProvider | StandIn]:
    """Run a provider that knows the site."""
    start: Callable[[str], NodeProvider | StandIn] = request.param
    with start(live_server.url) as running:
        yield running


@pytest.fixture
def app(provider: NodeProvider | StandIn, settings: Settings) -> dict[str, object]:
    """Point the site's default app at the provider, and return its settings to be changed."""
    values = provider.app() if isinstance(provider, StandIn) else provider.app("site")
    settings.GENAUTH = {"default": values}
    return values


@pytest.fixture
def browser(app: dict[str, object], live_server: LiveServer) -> Iterator[Browser]:
    """Come to the site with an empty browser."""
    with Browser(live_server.url) as opened:
        yield opened


@pytest.fixture
def second_browser(app: dict[str, object], live_server: LiveServer) -> Iterator[Browser]:
    """Come with another empty browser."""
    with Browser(live_server.url) as opened:
        yield opened


def test_a_person_signs_in_and_lands_on_the_page_asked_for(browser, provider):
    arrival = provider.sign_in(browser.begin("/members/"), browser.session, login="ada")

    response = browser.open(arrival.url)

    assert (response.status_code, response.headers["Location"]) == (302, "/members/")
    assert browser.open("/members/").status_code == 200


def test_the_account_says_what_the_provider_says_of_the_person(browser, provider):
    sign_in(browser, provider, "ada")

    user = get_user_model().objects.get()
    assert (user.email, user.first_name) == ("ada@example.org", "Ada")
    assert Identity.objects.get().issuer == provider.issuer


def test_a_person_who_returns_is_the_same_user(browser, second_browser, provider):
    sign_in(browser, provider, "ada")

    sign_in(second_browser, provider, "ada")

    assert get_user_model().objects.count() == 1
    assert browser.open("/members/").text == second_browser.open("/members/").text


def test_two_people_of_whom_nothing_is_known_are_two_users(browser, second_browser, provider):
    sign_in(browser, provider, "blank")

    sign_in(second_browser, provider, "void")

    assert get_user_model().objects.count() == 2
    assert browser.open("/members/").text != second_browser.open("/members/").text


def test_a_person_who_declines_is_told_so_kindly(browser, provider, refusals):
    arrival = provider.sign_in(browser.begin(), browser.session, login="ada", allow=False)

    response = browser.open(arrival.url)

    assert (response.status_code, refusals.codes) == (403, ["access_denied"])
    assert "You did not sign in" in response.text
    assert not get_user_model().objects.exists()


def test_a_person_who_declined_may_think_better_of_it(browser, provider):
    declined = provider.sign_in(browser.begin(), browser.session, login="ada", allow=False)
    browser.open(declined.url)

    sign_in(browser, provider, "ada")

    assert browser.open("/members/").status_code == 200


def test_two_tabs_finish_in_the_other_order_each_with_its_own_page(browser, provider):
    first, second = browser.begin("/first/"), browser.begin("/second/")
    second_arrival = provider.sign_in(second, browser.session, login="ada")
    first_arrival = provider.pass_through(first, browser.session)

    responses = [browser.open(arrival.url) for arrival in (second_arrival, first_arrival)]

    assert [each.headers["Location"] for each in responses] == ["/second/", "/first/"]


def test_declining_in_one_tab_leaves_the_login_of_the_other_alone(browser, provider):
    first, second = browser.begin("/first/"), browser.begin("/second/")
    declined = provider.sign_in(second, browser.session, login="ada", allow=False)
    browser.open(declined.url)

    response = browser.open(provider.sign_in(first, browser.session, login="ada").url)

    assert response.headers["Location"] == "/first/"


def test_while_the_providers_session_lives_nobody_asks_for_the_password(browser, provider, app):
    app["LOGOUT"] = "local"
    sign_in(browser, provider, "ada")
    browser.press("/genauth/logout/")

    response = browser.open(provider.pass_through(browser.begin(), browser.session).url)

    assert response.status_code == 302
    assert browser.open("/members/").status_code == 200
    assert get_user_model().objects.count() == 1


def test_signing_out_leads_through_the_provider_and_back(browser, provider):
    sign_in(browser, provider, "ada")
    end_session = browser.press("/genauth/logout/").headers["Location"]

    arrival = provider.sign_out(end_session, browser.session)

    query = parse_qs(urlsplit(end_session).query)
    assert end_session.startswith(f"{provider.base_url}/oidc/session/end?")
    assert {"id_token_hint", "client_id"} <= query.keys()
    assert arrival.url == f"{browser.site}/genauth/logout/?state={query['state'][0]}"
    assert "You are signed out" in browser.open(arrival.url).text


def test_signing_out_leads_to_the_page_asked_for(browser, provider):
    sign_in(browser, provider, "ada")
    end_session = browser.press("/genauth/logout/?next=/%3Fbye").headers["Location"]

    arrival = provider.sign_out(end_session, browser.session)

    assert browser.open(arrival.url).headers["Location"] == "/?bye"


def test_without_the_id_token_the_provider_knows_the_site_by_its_client_id(browser, provider):
    sign_in(browser, provider, "ada")
    Grant.objects.all().delete()
    # As a session of an earlier version has it.
    LoginSession.objects.update(id_token=None)
    end_session = browser.press("/genauth/logout/").headers["Location"]

    arrival = provider.sign_out(end_session, browser.session)

    assert "id_token_hint" not in end_session
    assert arrival.url.startswith(f"{browser.site}/genauth/logout/?state=")


def test_signing_out_revokes_the_grant_where_the_setting_says_so(browser, provider, app):
    app["REVOKE_ON_LOGOUT"] = True
    sign_in(browser, provider, "ada")
    access_token = Grant.objects.get().token_set["access_token"]

    end_session = browser.press("/genauth/logout/").headers["Location"]
    arrival = provider.sign_out(end_session, browser.session)

    assert Grant.objects.get().state == "ended"
    assert get_client().introspect_token(access_token)["active"] is False
    assert arrival.url.startswith(f"{browser.site}/genauth/logout/?state=")


def test_after_signing_out_the_provider_asks_for_the_password(browser, provider):
    sign_in(browser, provider, "ada")
    end_session = browser.press("/genauth/logout/").headers["Location"]
    provider.sign_out(end_session, browser.session)

    with pytest.raises(RuntimeError, match="asks for the password"):
        provider.pass_through(browser.begin(), browser.session)


def test_the_session_here_is_over_before_the_provider_is_asked(browser, provider):
    sign_in(browser, provider, "ada")

    browser.press("/genauth/logout/")

    assert browser.open("/members/").headers["Location"].startswith("/genauth/login/")


def test_a_next_person_in_the_same_browser_is_another_user(browser, provider):
    sign_in(browser, provider, "ada")
    provider.sign_out(browser.press("/genauth/logout/").headers["Location"], browser.session)

    sign_in(browser, provider, "grace")

    emails = get_user_model().objects.values_list("email", flat=True)
    assert sorted(emails) == ["ada@example.org", "grace@example.org"]


def test_prompt_none_for_somebody_whom_the_provider_does_not_know_is_refused(
    browser, provider, app, refusals: Refusals
):
    app["AUTHORIZE_PARAMS"] = {"prompt": "none"}

    response = browser.open(provider.pass_through(browser.begin(), browser.session).url)

    assert response.status_code == 400
    assert refusals.codes == ["authorization_response.error_login_required"]


def test_prompt_none_for_somebody_whom_the_provider_knows_asks_nothing(browser, provider, app):
    app["LOGOUT"] = "local"
    sign_in(browser, provider, "ada")
    browser.press("/genauth/logout/")
    app["AUTHORIZE_PARAMS"] = {"prompt": "none"}

    response = browser.open(provider.pass_through(browser.begin(), browser.session).url)

    assert response.status_code == 302
    assert browser.open("/members/").status_code == 200
