"""Where one is signed in: seen at a desk, and ended there for a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.looks import faults_of
from tests.browser.person import Person
from tests.browser.website_process import Website
from tests.support.provider.standin import StandIn

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

SESSIONS = "/genauth/sessions/"


@pytest.fixture(scope="module", params=["bare_site", "example_site"])
def site(request: pytest.FixtureRequest) -> Website:
    """Choose the site that the person comes to."""
    website: Website = request.getfixturevalue(request.param)
    return website


@pytest.fixture(scope="module")
def scripts() -> bool:
    """Run each test once, as no page here has a script."""
    return False


@pytest.fixture
def desk(person: Person) -> Person:
    """Sign in at a desk."""
    person.sign_in("/members/")
    return person


@pytest.fixture
def phone(chromium: Browser, site: Website, standin: StandIn) -> Iterator[Person]:
    """Sign in on a phone as the same person."""
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Safari/604.1"
    with chromium.new_context(java_script_enabled=False, user_agent=agent) as context:
        visitor = Person(context, site.url, standin)
        visitor.sign_in("/members/")
        yield visitor


def test_the_page_looks_right_on_a_phone_and_at_a_desk(
    desk: Person, phone: Person, screenshots: Path, request: pytest.FixtureRequest
) -> None:
    desk.open(SESSIONS)

    name = f"{request.node.callspec.params['site']}-sessions"
    assert "Safari on iPhone" in desk.text
    assert faults_of(desk.page, name=name, directory=screenshots) == []


def test_the_page_looks_right_for_whoever_is_signed_in_nowhere_else(
    desk: Person, phone: Person, screenshots: Path, request: pytest.FixtureRequest
) -> None:
    desk.open(SESSIONS)
    desk.press("Sign out everywhere else")

    name = f"{request.node.callspec.params['site']}-sessions-one"
    assert faults_of(desk.page, name=name, directory=screenshots) == []


def test_one_button_signs_the_phone_out(desk: Person, phone: Person) -> None:
    desk.open(SESSIONS)

    with desk.page.expect_navigation():
        desk.page.get_by_role("button", name="Sign out: Safari on iPhone").first.click()

    phone.open(SESSIONS)
    assert desk.heading == "Where you are signed in"
    assert phone.path != SESSIONS


def test_one_button_signs_everything_else_out(desk: Person, phone: Person) -> None:
    desk.open(SESSIONS)

    desk.press("Sign out everywhere else")

    phone.open(SESSIONS)
    assert "You are signed in nowhere else through this service." in desk.text
    assert phone.path != SESSIONS
