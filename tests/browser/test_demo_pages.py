"""The demo's own pages and the stand-in's: axe-core finds nothing wrong with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.looks import violations_of
from tests.browser.person import Person
from tests.browser.website_process import Website
from tests.support.provider.standin import StandIn

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def scripts() -> bool:
    """Run each test once, with scripts: axe-core is one."""
    return True


@pytest.fixture(scope="module")
def site(standin: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """Run the site of the demo."""
    shown = {
        "people": [{"username": "ada", "password": "secret", "about": "An editor"}],
        "status_url": f"{standin.base_url}/status",
        "token_command": "curl -s -d grant_type=client_credentials",
    }
    with Website(
        standin,
        tmp_path_factory.mktemp("demo"),
        settings="website.demo_settings",
        environment={"WEBSITE_DEMO": json.dumps(shown)},
    ) as running:
        yield running


@pytest.mark.parametrize(
    ("name", "address", "heading"),
    [
        pytest.param("home", "/", "A quiet place to read", id="what to try"),
        pytest.param("404", "/nowhere/", "There is no such page", id="no such page"),
        pytest.param("login", "/members/", "Sign in", id="the stand-in's login"),
    ],
)
def test_a_page_for_everybody(
    person: Person, screenshots: Path, name: str, address: str, heading: str
) -> None:
    person.open(address)

    assert person.heading == heading
    assert violations_of(person.page, name=f"demo-{name}", directory=screenshots) == []


@pytest.mark.parametrize(
    ("name", "address", "heading"),
    [
        pytest.param("profile", "/profile/", "Ada Lovelace", id="profile"),
        pytest.param("tokens", "/tokens/", "Your access token", id="access token"),
        pytest.param("identities", "/genauth/identities/", "How you sign in", id="identities"),
    ],
)
def test_a_page_for_members(
    person: Person, screenshots: Path, name: str, address: str, heading: str
) -> None:
    person.sign_in("/members/")

    person.open(address)

    assert person.heading == heading
    assert violations_of(person.page, name=f"demo-{name}", directory=screenshots) == []


def test_the_claims_of_the_profile_open(person: Person, screenshots: Path) -> None:
    person.sign_in("/profile/")

    person.page.locator("summary").click()

    assert "Europe/London" in person.text
    assert violations_of(person.page, name="demo-claims", directory=screenshots) == []


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        pytest.param("/status", "Everything works", id="status"),
        pytest.param("/", "Signed in as ada", id="account"),
    ],
)
def test_a_page_of_the_stand_in(
    person: Person, standin: StandIn, screenshots: Path, path: str, heading: str
) -> None:
    person.sign_in("/members/")

    person.open(f"{standin.base_url}{path}")

    assert person.heading == heading
    name = f"provider-{heading[:6]}"
    assert violations_of(person.page, name=name, directory=screenshots) == []
