"""Every page of the app as it is shipped: when it comes, and where it leads."""

from __future__ import annotations

import pytest

from tests.browser.person import Person
from tests.browser.website_process import Website

pytestmark = pytest.mark.browser

BLANK = "5ff701d846b9203e2f6ac6a3"


@pytest.fixture
def site(bare_site: Website) -> Website:
    """Choose the site that the person comes to."""
    return bare_site


def test_a_callback_of_yesterday_is_a_sign_in_that_failed(person: Person) -> None:
    person.open("/genauth/callback/?code=of-yesterday&state=of-yesterday")

    assert (person.status, person.heading) == (400, "Sign-in did not work")


def test_a_provider_that_does_not_answer_is_unavailable(person: Person) -> None:
    person.open("/genauth/silent/login/")

    assert (person.status, person.heading) == (503, "Sign-in is not available right now")


def test_who_declines_is_not_signed_in(person: Person) -> None:
    person.open("/members/")
    person.give_password("ada")

    person.press("Decline")

    assert (person.status, person.heading) == (403, "You did not sign in")


def test_who_has_no_account_where_none_are_made_is_refused(person: Person) -> None:
    person.sign_in("/genauth/invited/login/", login="void")

    assert (person.status, person.heading) == (403, "This account cannot be used here")


def test_the_sign_out_page_signs_out(person: Person) -> None:
    person.sign_in("/members/")
    person.open("/genauth/logout/")

    person.press("Sign out")

    assert (person.status, person.heading) == (200, "You are signed out")


def test_the_signed_out_page_leads_back_by_keyboard(person: Person) -> None:
    person.open("/genauth/logout/")

    with person.page.expect_navigation():
        # Past the way home.
        person.page.keyboard.press("Tab")
        person.page.keyboard.press("Tab")
        person.page.keyboard.press("Enter")

    assert (person.path, person.heading) == ("/login", "Sign in")


def test_the_link_page_adds_an_identity(person: Person) -> None:
    person.sign_in("/members/")
    person.open("/genauth/link/?next=/profile/")

    person.press("Connect")
    person.give_password("blank")
    person.press("Allow")

    assert (person.path, person.heading) == ("/profile/", "Ada Lovelace")
    assert BLANK in person.text


def test_whoever_is_refused_comes_in_with_another_account(person: Person) -> None:
    person.sign_in("/genauth/invited/login/?next=/profile/", login="void")
    refused = person.heading

    person.press("Use another account")

    assert (refused, person.path) == ("This account cannot be used here", "/login")


def test_identities_are_connected_and_removed(person: Person) -> None:
    person.sign_in("/genauth/identities/")
    person.press("Connect GenAuth")
    person.press("Connect")
    person.give_password("grace")
    person.press("Allow")
    connected = person.text

    person.page.get_by_role("listitem").filter(has_text="Remove").filter(
        has_not_text="signed in with this one"
    ).get_by_role("button").last.click()

    assert "You can sign in with GenAuth as" in connected
    assert "any more." in person.text
    assert person.path == "/genauth/identities/"


@pytest.mark.parametrize("scripts", [True], ids=["with scripts"], indirect=True)
def test_an_answer_behind_the_hash_signs_in_with_scripts(person: Person) -> None:
    person.open("/genauth/fragment/login/?next=/profile/")
    person.give_password("ada")

    person.press("Allow")
    person.page.wait_for_url("**/profile/")

    assert (person.status, person.heading) == (200, "Ada Lovelace")


@pytest.mark.parametrize("scripts", [True], ids=["with scripts"], indirect=True)
def test_a_posted_answer_signs_in_with_scripts(person: Person) -> None:
    person.open("/genauth/posted/login/?next=/profile/")
    person.give_password("ada")

    person.press("Allow")
    person.page.wait_for_url("**/profile/")

    assert (person.status, person.heading) == (200, "Ada Lovelace")


@pytest.mark.parametrize("scripts", [False], ids=["without scripts"], indirect=True)
def test_an_answer_behind_the_hash_asks_for_scripts_without_them(person: Person) -> None:
    person.open("/genauth/fragment/login/")

    person.open("/genauth/fragment/callback/#code=c&state=s")

    assert (person.status, "needs JavaScript" in person.text) == (200, True)
