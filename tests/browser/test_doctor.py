"""The doctor's sign-in, with the browser of the person who asked for it."""

from __future__ import annotations

import pytest

from tests.browser.person import Person
from tests.browser.website_process import Website

pytestmark = pytest.mark.browser


@pytest.fixture
def site(example_site: Website) -> Website:
    """Choose the site whose callback the browser comes to."""
    return example_site


def test_what_the_address_bar_shows_at_the_end_is_enough_to_judge_a_sign_in(
    person: Person, site: Website
) -> None:
    callback = f"{site.url}/genauth/callback/"
    doctor = site.start_command(
        "genauth_check",
        "--login",
        settings="doctor_settings",
        environment={"DOCTOR_REDIRECT_URI": callback},
    )
    with doctor:
        person.sign_in(next(line.strip() for line in doctor.stderr if line.startswith("http")))
        heading, status = person.heading, person.status
        printed, _ = doctor.communicate(person.page.url)

    assert (heading, status) == ("Sign-in did not work", 400)
    assert person.page.url.startswith(f"{callback}?code=")
    assert "website_session" not in person.cookies
    assert (
        "  good  A person signed in: the ID token, signed with HS256, names a subject." in printed
    )
    assert doctor.returncode == 0
