"""How the pages look: the app's as they are shipped and as a site dresses them, and the demo's own.

None of them has a script, so a browser that runs none is used.
"""

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


def row(site: str, name: str, address: str) -> pytest.ParameterSet:
    """Return the fixture of a site, an address there, and a name for the pictures."""
    return pytest.param(site, address, f"{site}-{name}", id=f"{name} of {site}")


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest) -> Website:
    """Choose the site of the row."""
    website: Website = request.getfixturevalue(request.param)
    return website


@pytest.fixture(scope="module")
def scripts() -> bool:
    """Run each test once."""
    return False


@pytest.fixture(scope="module")
def member(chromium: Browser, site: Website, standin: StandIn) -> Iterator[Person]:
    """Sign in once for all pages that change nothing."""
    with chromium.new_context(java_script_enabled=False) as context:
        visitor = Person(context, site.url, standin)
        visitor.sign_in("/members/")
        yield visitor


@pytest.mark.parametrize(
    ("site", "address", "picture"),
    [
        row("example_site", "home", "/"),
        row("example_site", "login", "/members/"),
        row("example_site", "sign_in_failed", "/genauth/callback/?code=old&state=old"),
        row("example_site", "signed_out", "/genauth/logout/"),
        row("left_alone", "provider_unavailable", "/members/"),
        row("bare_site", "sign_in_failed", "/genauth/callback/?code=old&state=old"),
        row("bare_site", "signed_out", "/genauth/logout/"),
        row("bare_site", "sign_in_first", "/genauth/link/"),
        row("bare_site", "provider_unavailable", "/genauth/silent/login/"),
    ],
    indirect=["site"],
)
def test_a_page_for_everybody(
    person: Person, address: str, picture: str, screenshots: Path
) -> None:
    person.open(address)

    assert faults_of(person.page, name=picture, directory=screenshots) == []


@pytest.mark.parametrize(
    ("site", "address", "picture"),
    [
        row("example_site", "members", "/members/"),
        row("example_site", "profile", "/profile/"),
        row("example_site", "sign_out", "/genauth/logout/"),
        row("example_site", "link", "/genauth/link/"),
        row("example_site", "identities", "/genauth/identities/"),
        row("bare_site", "sign_out", "/genauth/logout/"),
        row("bare_site", "link", "/genauth/link/"),
        row("bare_site", "identities", "/genauth/identities/"),
        row("bare_site", "sessions", "/genauth/sessions/"),
    ],
    indirect=["site"],
)
def test_a_page_for_members(member: Person, address: str, picture: str, screenshots: Path) -> None:
    member.open(address)

    assert faults_of(member.page, name=picture, directory=screenshots) == []


@pytest.mark.parametrize("site", ["example_site"], indirect=True)
def test_the_consent_page(person: Person, screenshots: Path) -> None:
    person.open("/members/")
    person.give_password("ada")

    assert faults_of(person.page, name="example_site-consent", directory=screenshots) == []


@pytest.mark.parametrize(
    ("site", "picture"),
    [
        pytest.param("example_site", "example_site-access_denied", id="example_site"),
        pytest.param("bare_site", "bare_site-access_denied", id="bare_site"),
    ],
    indirect=["site"],
)
def test_access_denied(person: Person, picture: str, screenshots: Path) -> None:
    person.open("/members/")
    person.give_password("ada")
    person.press("Decline")

    assert faults_of(person.page, name=picture, directory=screenshots) == []


@pytest.mark.parametrize("site", ["bare_site"], indirect=True)
def test_account_refused(person: Person, screenshots: Path) -> None:
    person.sign_in("/genauth/invited/login/", login="void")

    assert faults_of(person.page, name="bare_site-account_refused", directory=screenshots) == []
