from __future__ import annotations
import pytest
from tests.browser.person import Person
pytestmark = pytest.mark.browser
@pytest.fixture
def site(bare_site): return bare_site

def test_who_declines_a_link_and_tries_again_keeps_their_account(person: Person) -> None:
    person.sign_in("/members/")
    person.open("/genauth/link/?next=/profile/")
    person.press("Connect")
    person.press("Not you?")
    person.give_password("blank")
    person.press("Decline")

    person.press("Try again")

    assert (person.path, person.heading) == ("/genauth/link/", "Connect another sign-in")
