"""axe-core finds nothing wrong on any page: on a phone and on a desk, light and dark."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.looks import violations_of
from tests.browser.person import Person
from tests.browser.website_process import Website
from tests.support.provider.standin import StandIn

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

STAFF = "ada"
NO_STAFF = "blank"


@pytest.fixture(scope="module")
def site(standin: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """Run a site that has all the pages."""
    with socket.socket() as silent:
        # Bound, so that nobody else gets the port, and not listening.
        silent.bind(("127.0.0.1", 0))
        with Website(
            standin,
            tmp_path_factory.mktemp("all-pages"),
            settings="all_pages_settings",
            environment={"SILENT_APP_HOST": f"http://127.0.0.1:{silent.getsockname()[1]}"},
        ) as running:
            yield running


@pytest.fixture(scope="module")
def scripts() -> bool:
    """Run each test once, with scripts: axe-core is one."""
    return True


@pytest.mark.parametrize(
    ("name", "address", "heading"),
    [
        pytest.param(
            "sign_in_failed",
            "/genauth/callback/?code=old&state=old",
            "Sign-in did not work",
            id="sign-in failed",
        ),
        pytest.param(
            "provider_unavailable",
            "/genauth/silent/login/",
            "Sign-in is not available right now",
            id="provider unavailable",
        ),
        pytest.param("signed_out", "/genauth/logout/", "You are signed out", id="signed out"),
        pytest.param("sign_in_first", "/genauth/link/", "Sign in first", id="sign in first"),
        pytest.param("home", "/", "A quiet place to read", id="the example site"),
    ],
)
def test_a_page_for_everybody(
    person: Person, screenshots: Path, name: str, address: str, heading: str
) -> None:
    person.open(address)

    assert person.heading == heading
    assert violations_of(person.page, name=name, directory=screenshots) == []


@pytest.mark.parametrize(
    ("name", "address", "heading"),
    [
        pytest.param("sign_out", "/genauth/logout/", "Sign out?", id="sign out"),
        pytest.param("link", "/genauth/link/", "Connect another sign-in", id="link"),
        pytest.param("sessions", "/genauth/sessions/", "Where you are signed in", id="sessions"),
        pytest.param("identities", "/genauth/identities/", "How you sign in", id="identities"),
    ],
)
def test_a_page_for_members(
    person: Person, screenshots: Path, name: str, address: str, heading: str
) -> None:
    person.sign_in("/members/")

    person.open(address)

    assert person.heading == heading
    assert violations_of(person.page, name=name, directory=screenshots) == []


def test_access_denied(person: Person, screenshots: Path) -> None:
    person.open("/members/")
    person.give_password("ada")

    person.press("Decline")

    assert person.heading == "You did not sign in"
    assert violations_of(person.page, name="access_denied", directory=screenshots) == []


def test_account_refused(person: Person, screenshots: Path) -> None:
    person.sign_in("/genauth/invited/login/", login="void")

    assert person.heading == "This account cannot be used here"
    assert violations_of(person.page, name="account_refused", directory=screenshots) == []


@pytest.fixture
def writer(person: Person) -> Person:
    """Write in the book until the session has ended."""
    person.sign_in("/book/")
    book = person.page
    person.open_tab("/run-out/")
    person.page = book
    return person


def test_session_ended(writer: Person, screenshots: Path) -> None:
    writer.press("Write")

    assert writer.heading == "Please sign in again"
    assert violations_of(writer.page, name="session_ended", directory=screenshots) == []


def test_session_ended_where_a_file_was_chosen(
    writer: Person, screenshots: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(b"0123456789")
    writer.page.get_by_label("A picture").set_input_files(tmp_path / "a.png")

    writer.press("Write")

    assert "with your files" in writer.text
    assert violations_of(writer.page, name="session_ended-files", directory=screenshots) == []


def test_the_page_that_reads_the_fragment(person: Person, screenshots: Path) -> None:
    person.page.add_init_script("HTMLFormElement.prototype.submit = () => {}")
    person.open("/genauth/fragment/login/")

    person.open("/genauth/fragment/callback/#code=c&state=s")

    assert person.heading == "Signing you in"
    assert violations_of(person.page, name="fragment", directory=screenshots) == []


def violations_in_admin(page: Page, name: str, directory: Path) -> list[str]:
    """Look at what is not the frame that Django's admin puts around all of its pages."""
    return violations_of(page, name=name, directory=directory, within="#content")


def test_the_login_of_the_admin(person: Person, screenshots: Path) -> None:
    person.open("/admin/")

    person.page.get_by_role("main").get_by_role("link", name="Sign in with GenAuth").focus()

    assert violations_in_admin(person.page, "admin-login", screenshots) == []


def test_the_login_of_the_admin_for_who_is_not_staff(person: Person, screenshots: Path) -> None:
    person.sign_in("/members/", login=NO_STAFF)

    person.open("/admin/")

    assert "but are not authorized to" in person.text
    assert violations_in_admin(person.page, "admin-not_staff", screenshots) == []


def test_the_question_of_the_admin(person: Person, screenshots: Path) -> None:
    person.sign_in("/members/", login=STAFF)
    person.open("/admin/genauth/grant/")
    person.page.get_by_role("checkbox", name="Select this object").first.check()
    person.page.get_by_role("combobox", name="Action").select_option("Revoke at the provider")

    with person.page.expect_navigation():
        person.page.locator("button[name=index]").click()

    assert person.heading == "Revoke grants at the provider"
    assert violations_in_admin(person.page, "admin-question", screenshots) == []
