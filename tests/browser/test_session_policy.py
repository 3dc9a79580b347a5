"""Somebody types for so long that their session ends meanwhile, and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.looks import faults_of
from tests.browser.person import Person
from tests.browser.website_process import Website
from tests.support.provider.standin import StandIn

pytestmark = pytest.mark.browser

WORDS = '\nFirst line,\n  second "line" <b>& é</b>'


@pytest.fixture(scope="module")
def site(standin: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """Run a site whose sessions end with the access token."""
    directory = tmp_path_factory.mktemp("policy")
    with Website(standin, directory, settings="policy_settings") as running:
        yield running


@pytest.fixture
def writer(person: Person) -> Person:
    """Write in the book for an hour."""
    person.sign_in("/book/")
    book = person.page
    book.get_by_label("Your words").fill(WORDS)
    person.open_tab("/run-out/")
    person.page = book
    return person


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Have a file to send."""
    path = tmp_path / "a.png"
    path.write_bytes(b"0123456789")
    return path


def sign_in_in_another_tab(writer: Person) -> None:
    book = writer.page
    with book.expect_popup() as opened:
        book.get_by_role("main").get_by_role("link", name="Sign in").click()
    writer.page = opened.value
    writer.press("Allow")
    assert (writer.path, writer.heading) == ("/book/", "The book")
    writer.page = book


def test_what_was_typed_arrives_after_signing_in_again(writer: Person) -> None:
    writer.press("Write")
    told = writer.heading
    sign_in_in_another_tab(writer)

    writer.press("Send again")

    assert (told, writer.heading) == ("Please sign in again", "The book")
    assert writer.page.locator("pre").text_content() == WORDS.removeprefix("\n")


def test_a_file_arrives_by_a_reload(writer: Person, picture: Path) -> None:
    writer.page.get_by_label("A picture").set_input_files(picture)
    writer.press("Write")
    sign_in_in_another_tab(writer)

    writer.page.reload()

    assert "Picture: 10 octets" in writer.text
    assert writer.page.locator("pre").text_content() == WORDS.removeprefix("\n")


@pytest.mark.parametrize("scripts", [False], ids=["without scripts"], indirect=True)
def test_how_the_page_looks(writer: Person, screenshots: Path) -> None:
    writer.press("Write")

    assert faults_of(writer.page, name="session_ended", directory=screenshots) == []


@pytest.mark.parametrize("scripts", [False], ids=["without scripts"], indirect=True)
def test_how_the_page_looks_where_a_file_was_chosen(
    writer: Person, picture: Path, screenshots: Path
) -> None:
    writer.page.get_by_label("A picture").set_input_files(picture)

    writer.press("Write")

    assert faults_of(writer.page, name="session_ended-files", directory=screenshots) == []
