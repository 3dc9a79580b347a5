"""The app's pages inside the base template of a site that uses Bootstrap, or Tailwind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.looks import readable_faults_of
from tests.browser.person import Person
from tests.browser.website_process import Website
from tests.support.provider.standin import StandIn

pytestmark = pytest.mark.browser

FAILED = "/genauth/callback/?code=old&state=old"
ACCENTS = {"bootstrap": "rgb(111, 66, 193)", "tailwind": "rgb(15, 118, 110)"}


@pytest.fixture(scope="module")
def scripts() -> bool:
    """Run each test once."""
    return False


@pytest.fixture(scope="module", params=ACCENTS)
def framework(request: pytest.FixtureRequest) -> str:
    """Name the framework that the site uses."""
    return str(request.param)


@pytest.fixture(scope="module")
def site(
    framework: str, standin: StandIn, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Website]:
    """Run a site in the clothes of the framework."""
    with Website(
        standin,
        tmp_path_factory.mktemp(framework),
        settings="dressed_settings",
        environment={"DRESSED_IN": framework},
    ) as running:
        yield running


def style_of(person: Person, name: str, *, button: str) -> str:
    """Return a property of a button or link, as the browser reckons it."""
    place = person.page.get_by_role("main")
    found = place.get_by_role("link", name=button).or_(place.get_by_role("button", name=button))
    return str(found.evaluate(f"each => getComputedStyle(each)[{name!r}]"))


def test_a_page_for_everybody_can_be_read(
    person: Person, framework: str, screenshots: Path
) -> None:
    person.open(FAILED)

    name = f"{framework}-sign_in_failed"
    assert readable_faults_of(person.page, name=name, directory=screenshots) == []


def test_a_page_for_members_can_be_read(person: Person, framework: str, screenshots: Path) -> None:
    person.sign_in("/genauth/identities/")

    name = f"{framework}-identities"
    assert readable_faults_of(person.page, name=name, directory=screenshots) == []


def test_the_one_button_has_the_colour_of_the_site(person: Person, framework: str) -> None:
    person.sign_in("/genauth/identities/")

    first = style_of(person, "backgroundColor", button="Connect GenAuth")
    second = style_of(person, "backgroundColor", button="Back")

    assert (first, second) == (ACCENTS[framework], "rgba(0, 0, 0, 0)")


def test_the_way_home_is_that_of_the_site(person: Person) -> None:
    person.open(FAILED)

    home = person.page.get_by_role("link", name="Library")

    assert (home.count(), home.get_attribute("href")) == (1, "/")
