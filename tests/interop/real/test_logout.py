"""Signing out at the site and at the provider, with one browser and with two."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest

from django_genauth.models import Grant
from tests.interop.real.conftest import GLEWLWYD, KEYCLOAK

pytestmark = [pytest.mark.providers, pytest.mark.django_db(transaction=True)]


def is_in(browser):
    return browser.open("/members/").status_code == 200


def is_out_soon(browser):
    """Tell whether the session ends within ten seconds: Glewlwyd sends its messages in a thread."""
    until = time.monotonic() + 10
    while is_in(browser) and time.monotonic() < until:
        time.sleep(0.1)
    return not is_in(browser)


def sign_out(browser, provider):
    """Sign out at the site, and go where it leads; return the address, and the page at its end."""
    begun = browser.press("/genauth/logout/").headers["Location"]
    arrival = provider.sign_out(begun, browser.session)
    return begun, browser.follow(arrival)


def test_signing_out_leads_through_the_provider_and_back(provider, use, browser):
    use(provider.app())
    provider.enter(browser)

    begun, page = sign_out(browser, provider)

    assert {"id_token_hint", "client_id"} <= parse_qs(urlsplit(begun).query).keys()
    assert (page.status_code, "You are signed out" in page.text) == (200, True)
    assert not is_in(browser)


def test_after_signing_out_the_provider_asks_for_the_password(provider, use, browser):
    use(provider.app())
    provider.enter(browser)
    sign_out(browser, provider)

    with pytest.raises(RuntimeError, match="asks for the password"):
        provider.pass_through(browser.begin(), browser.session)


def test_after_signing_out_here_alone_nobody_is_asked(provider, use, browser):
    use(provider.app(LOGOUT="local"))
    provider.enter(browser)
    browser.press("/genauth/logout/")

    browser.follow(provider.pass_through(browser.begin(), browser.session))

    assert is_in(browser)


def test_one_of_two_devices_signs_out(provider, use, browser, second_browser):
    use(provider.app())
    provider.enter(browser)
    provider.enter(second_browser)

    sign_out(browser, provider)

    assert (is_in(browser), is_in(second_browser)) == (False, True)


@pytest.mark.parametrize("provider", [KEYCLOAK, GLEWLWYD], indirect=True)
def test_signing_out_at_the_provider_ends_the_session_here(provider, use, browser, second_browser):
    use(provider.app())
    provider.enter(browser)
    id_token = Grant.objects.get().token_set["id_token"]
    provider.enter(second_browser)

    provider.leave(browser, id_token)

    assert (is_out_soon(browser), is_in(second_browser)) == (True, True)


@pytest.mark.parametrize("provider", [KEYCLOAK, GLEWLWYD], indirect=True)
def test_its_page_ends_the_session_here_in_a_frame(provider, use, browser, second_browser):
    use(provider.app("front-channel"))
    provider.enter(browser)
    id_token = Grant.objects.get().token_set["id_token"]
    provider.enter(second_browser)

    arrival = provider.leave(browser, id_token)
    answers = [browser.open(address).status_code for address in arrival.frames]

    assert answers == [200]
    assert (is_in(browser), is_in(second_browser)) == (False, True)
