"""Signing in and out on the example site, as people do it."""

from __future__ import annotations

import re

import pytest

from tests.browser.person import Person, path_of
from tests.browser.website_process import Website

pytestmark = pytest.mark.browser

ADA = "5ff701d846b9203e2f6ac6a1"
OLD_CALLBACK = "/genauth/callback/?code=of-yesterday&state=of-yesterday"


@pytest.fixture
def site(example_site: Website) -> Website:
    """Choose the site that the person comes to."""
    return example_site


def callback_of(person: Person) -> str:
    """Return the address by which the provider sent the person back."""
    return next(url for url in person.visited if "/genauth/callback/?code=" in url)


def test_a_person_signs_in_and_sees_the_profile(person: Person) -> None:
    person.open("/")
    person.press("Sign in", within="banner")
    person.give_password("ada")
    person.press("Allow")

    assert (person.path, person.heading) == ("/profile/", "Ada Lovelace")
    assert ADA in person.text
    # No token is on the page: each begins with `{"` in base64url, and has a dot behind it, which
    # tells it from a random text.
    assert re.search(r"eyJ[\w-]+\.", person.page.content()) is None


def test_a_login_leaves_the_session_in_the_browser_and_a_count_of_logins(person: Person) -> None:
    person.sign_in("/profile/")

    names = {name for name in person.cookies if not name.startswith("provider_")}
    # The last counts the logins of a minute, so that nobody is sent round for ever.
    assert names == {"website_session", "website_csrftoken", "genauth_turns"}
    assert person.cookies["website_session"]["httpOnly"]


def test_two_tabs_finished_in_the_other_order_each_land_on_their_own_page(person: Person) -> None:
    person.open("/members/")
    person.give_password("ada")
    first = person.page
    person.open_tab("/profile/")
    second = person.page

    person.press("Allow")
    person.page = first
    person.press("Allow")

    assert (path_of(first), path_of(second)) == ("/members/", "/profile/")


def test_both_of_two_tabs_at_the_page_for_the_password_sign_in(person: Person) -> None:
    person.open("/members/")
    first = person.page
    person.open_tab("/profile/")
    second = person.page

    person.give_password("ada")
    person.press("Allow")
    person.page = first
    person.give_password("ada")
    person.press("Allow")

    assert (path_of(first), path_of(second)) == ("/members/", "/profile/")


def test_who_declined_tries_again_and_gets_where_they_wanted(person: Person) -> None:
    person.open("/members/")
    person.give_password("ada")
    person.press("Decline")

    person.press("Try again")
    person.press("Allow")

    assert (person.path, person.heading) == ("/members/", "Welcome, Ada")


def test_who_signed_out_has_to_give_the_password_again(person: Person) -> None:
    person.sign_in("/members/")
    person.press("Sign out", within="banner")

    person.press("Sign in with GenAuth")

    assert (person.path, person.heading) == ("/login", "Sign in")


def test_a_signed_in_person_at_an_old_callback_is_sent_on(person: Person) -> None:
    person.sign_in("/members/")

    person.open(callback_of(person))

    assert (person.status, person.path) == (200, "/profile/")


def test_a_signed_in_person_who_reloads_a_refusal_is_sent_on(person: Person) -> None:
    person.open("/members/")
    person.give_password("ada")
    person.press("Decline")
    refusal = person.page
    person.open_tab("/members/")
    person.press("Allow")

    refusal.reload()

    assert (person.status, path_of(refusal)) == (200, "/profile/")


def test_a_signed_in_person_who_goes_back_and_allows_again_is_sent_on(person: Person) -> None:
    person.sign_in("/members/")

    person.page.go_back()
    person.press("Allow")

    assert (person.status, person.path) == (200, "/profile/")


def test_going_back_and_forward_passes_the_callback_over(person: Person) -> None:
    person.sign_in("/members/")

    person.page.go_back()
    person.page.go_forward()

    assert (person.status, person.path) == (200, "/members/")


def test_a_signed_out_person_at_an_old_callback_can_sign_in_from_there(person: Person) -> None:
    person.open(OLD_CALLBACK)

    person.press("Try again")
    person.give_password("ada")
    person.press("Allow")

    assert (person.path, person.heading) == ("/profile/", "Ada Lovelace")


def test_while_the_provider_is_stopped_a_page_says_so(person: Person, left_alone: Website) -> None:
    person.open(f"{left_alone.url}/members/")

    assert (person.status, person.heading) == (503, "Sign-in is not available right now")
