"""Pages that few see, held to the same rules: the reason under DEBUG, and a provider that goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import a_standin
from tests.browser.looks import violations_of
from tests.browser.person import Person
from tests.browser.website_process import Website
from tests.support.provider.standin import StandIn

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def scripts() -> bool:
    """Run each test once, with scripts: axe-core is one."""
    return True


@pytest.fixture
def provider() -> Iterator[StandIn]:
    """Run a stand-in that a test may stop."""
    with a_standin() as running:
        yield running


@pytest.fixture
def developer(context: BrowserContext, provider: StandIn, tmp_path: Path) -> Iterator[Person]:
    """Come to a site where DEBUG is on."""
    context.clear_cookies()
    silent = {"SILENT_APP_HOST": provider.base_url}
    with Website(provider, tmp_path, settings="debug_settings", environment=silent) as site:
        visitor = Person(context, site.url, provider)
        yield visitor
        visitor.close_tabs()


def test_the_reason_that_a_developer_reads(developer: Person, screenshots: Path) -> None:
    developer.open("/genauth/callback/?code=old&state=old")

    assert "authorization_response.state_unknown" in developer.text
    assert violations_of(developer.page, name="debug", directory=screenshots) == []


def test_signed_out_while_the_provider_is_away(
    developer: Person, provider: StandIn, screenshots: Path
) -> None:
    developer.sign_in("/members/")
    provider.stop()
    developer.open("/genauth/logout/")

    developer.press("Sign out")

    assert "The provider could not be reached" in developer.text
    assert violations_of(developer.page, name="unreachable", directory=screenshots) == []


def test_a_page_that_sends_everybody_back(developer: Person, screenshots: Path) -> None:
    developer.sign_in("/members/")

    developer.open("/vault/")
    developer.press("Allow")
    developer.press("Allow")
    developer.press("Allow")

    assert "and the site sends you back" in developer.text
    assert violations_of(developer.page, name="sent_back", directory=screenshots) == []


def test_signed_out_where_the_provider_cannot_be_told_to_ask(
    developer: Person, screenshots: Path
) -> None:
    developer.open("/")
    developer.page.context.add_cookies(
        [{"name": "genauth_ask", "value": "1", "url": developer.page.url}]
    )

    developer.open("/genauth/old/login/")

    assert "The sign-in service may still know you" in developer.text
    assert violations_of(developer.page, name="still_signed_in", directory=screenshots) == []
