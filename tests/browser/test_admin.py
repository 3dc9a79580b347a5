"""Ending a grant through the pages of the admin, and how the pages look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.person import Person
from tests.browser.website_process import Website
from tests.support.provider.standin import StandIn

pytestmark = pytest.mark.browser

ADA = "5ff701d846b9203e2f6ac6a1"
GRANTS = "/admin/genauth/grant/"
WIDTHS = pytest.mark.parametrize("width", [360, 1280])


@pytest.fixture(scope="module")
def site(standin: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """Run a site with the admin, in which Ada is an administrator."""
    directory = tmp_path_factory.mktemp("admin")
    with Website(standin, directory, settings="admin_settings") as running:
        yield running


@pytest.fixture
def ada(person: Person) -> Person:
    """Sign the administrator in, who has one grant: her own."""
    person.sign_in("/profile/")
    return person


def choose(person: Person, action: str) -> None:
    """Choose an action for the first grant of the list."""
    person.open(GRANTS)
    person.page.get_by_role("checkbox", name="Select this object").first.check()
    person.page.get_by_role("combobox", name="Action").select_option(action)
    # What is written on it differs from one Django to another.
    with person.page.expect_navigation():
        person.page.locator("button[name=index]").click()


def sideways(person: Person) -> int:
    """Return by how many pixels the page is wider than the window."""
    width: int = person.page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width


def test_an_administrator_revokes_a_grant(ada: Person) -> None:
    choose(ada, "Revoke at the provider")
    assert f"{ADA} @ default" in ada.text

    ada.press("Revoke")

    assert ada.path == GRANTS
    assert "Revoked: 1." in ada.text
    assert "ended" in ada.page.locator("#result_list").inner_text()


def test_an_administrator_who_thinks_again_revokes_nothing(ada: Person) -> None:
    choose(ada, "Revoke at the provider")

    ada.open(GRANTS)

    assert "active" in ada.page.locator("#result_list").inner_text()


def test_an_administrator_asks_the_provider(ada: Person) -> None:
    choose(ada, "Introspect at the provider")

    assert f"{ADA} @ default: active until" in ada.text


@WIDTHS
@pytest.mark.parametrize("scripts", [True], ids=["with scripts"], indirect=True)
@pytest.mark.parametrize(
    ("name", "address"),
    [
        pytest.param("grants", GRANTS, id="the list of grants"),
        pytest.param("grant", f"{GRANTS}1/change/", id="a grant"),
        pytest.param("identities", "/admin/genauth/identity/", id="the list of identities"),
        pytest.param("sign-ins", "/admin/genauth/loginsession/", id="the list of sign-ins"),
        pytest.param("identity", "/admin/genauth/identity/1/change/", id="an identity"),
        pytest.param("deletion", "/admin/genauth/identity/1/delete/", id="deleting an identity"),
    ],
)
def test_a_page_fits_the_window(
    ada: Person, screenshots: Path, name: str, address: str, width: int
) -> None:
    ada.page.set_viewport_size({"width": width, "height": 740})

    ada.open(address)

    ada.page.screenshot(path=screenshots / f"admin-{name}-{width}.png", full_page=True)
    assert (ada.status, sideways(ada)) == (200, 0)


@pytest.mark.parametrize("scripts", [True], ids=["with scripts"], indirect=True)
@pytest.mark.parametrize("name", ["grant", "identity", "loginsession"])
def test_all_columns_of_a_list_are_seen_on_a_desk(ada: Person, name: str) -> None:
    ada.page.set_viewport_size({"width": 1280, "height": 740})

    ada.open(f"/admin/genauth/{name}/")

    table = ada.page.locator(".results")
    assert table.evaluate("it => it.scrollWidth - it.clientWidth") == 0


@WIDTHS
@pytest.mark.parametrize("scripts", [True], ids=["with scripts"], indirect=True)
def test_the_question_fits_the_window(ada: Person, screenshots: Path, width: int) -> None:
    choose(ada, "Revoke at the provider")

    ada.page.set_viewport_size({"width": width, "height": 740})

    ada.page.screenshot(path=screenshots / f"admin-question-{width}.png", full_page=True)
    assert (ada.heading, sideways(ada)) == ("Revoke grants at the provider", 0)


@WIDTHS
@pytest.mark.parametrize("scripts", [True], ids=["with scripts"], indirect=True)
def test_the_answers_fit_the_window(ada: Person, screenshots: Path, width: int) -> None:
    choose(ada, "Introspect at the provider")

    ada.page.set_viewport_size({"width": width, "height": 740})

    ada.page.screenshot(path=screenshots / f"admin-answers-{width}.png", full_page=True)
    assert sideways(ada) == 0
