"""Somebody signs out at the provider, and is signed out here: in each tab and the other browser.

The provider is oidc-provider, whose server sends the logout token.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import ARGUMENTS
from tests.support.provider.node_provider import NodeProvider, client

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser


@pytest.fixture
def provider(live_server: LiveServer, settings: Settings) -> Iterator[NodeProvider]:
    """Run a provider that knows the site."""
    site = f"{live_server.url}/genauth"
    known = client(
        "site", f"{site}/callback/", backchannel_logout_uri=f"{site}/backchannel-logout/"
    )
    # Cookies do not see ports, and the provider has some of that name.
    settings.SESSION_COOKIE_NAME = "site_session"
    with NodeProvider(9, [known]) as running:
        settings.GENAUTH = {"default": running.app("site")}
        yield running


@pytest.fixture
def chromium(provider: NodeProvider) -> Iterator[Browser]:
    """Run the system's Chromium, and end it before the database is emptied."""
    # Not above: these files are also collected where playwright is not installed.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


def sign_in(context: BrowserContext, site: str) -> Page:
    """Take all steps of a login on the provider's pages."""
    page = context.new_page()
    page.goto(f"{site}/members/")
    page.locator("[name=login]").fill("ada")
    page.locator("[name=password]").fill("a password")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{site}/members/")
    return page


def is_sent_to(provider: NodeProvider, page: Page) -> bool:
    """Reload a members' page, and tell whether the provider was asked who the person is.

    Where it still knows the browser, it sends the person straight back.
    """
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    return any(url.startswith(f"{provider.issuer}/auth?") for url in asked)


def test_two_tabs_and_a_second_browser_are_signed_out(
    chromium: Browser, provider: NodeProvider, live_server: LiveServer
) -> None:
    first, second = chromium.new_context(), chromium.new_context()
    tab = sign_in(first, live_server.url)
    other_tab = first.new_page()
    other_tab.goto(f"{live_server.url}/members/")
    elsewhere = sign_in(second, live_server.url)
    pages = (tab, other_tab, elsewhere)
    was_asked_before = [is_sent_to(provider, page) for page in pages]

    leaving = first.new_page()
    leaving.goto(f"{provider.issuer}/session/end")
    leaving.get_by_role("button", name="Yes, sign me out").click()
    leaving.wait_for_load_state()

    assert was_asked_before == [False, False, False]
    assert [is_sent_to(provider, page) for page in pages] == [True, True, True]
