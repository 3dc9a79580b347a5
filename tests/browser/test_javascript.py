"""The scripts of the documentation, in the browser that they are written for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.person import Person
from tests.browser.website_process import Website
from tests.support.pages import Block, examples
from tests.support.provider.standin import StandIn

pytestmark = pytest.mark.browser

PAGE = "howto/javascript"
WHO, CALL, SEND, SIGN_OUT, VITE, CALL_ELSEWHERE = examples("javascript", PAGE)


@pytest.fixture(scope="module")
def site(standin: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """Run a site with a book, sessions that can run out, and scripts of other origins."""
    directory = tmp_path_factory.mktemp("javascript")
    with Website(standin, directory, settings="javascript_settings") as running:
        yield running


@pytest.fixture(scope="module")
def scripts() -> bool:
    """Run each test once, in a browser that runs scripts."""
    return True


@pytest.fixture
def reader(person: Person) -> Person:
    """Have the book open."""
    person.sign_in("/book/")
    return person


def run(person: Person, block: Block, then: str) -> Any:
    """Run an example on the page, and then what a page does with it."""
    return person.page.evaluate(f"async () => {{ {block.text} {then} }}")


def leave_elsewhere(reader: Person) -> None:
    """End the session in another tab, and look at the page that was left open."""
    book = reader.page
    reader.open_tab("/genauth/logout/")
    reader.press("Sign out")
    reader.page.close()
    reader.page = book


def test_a_page_knows_who_is_signed_in(reader: Person) -> None:
    session = run(reader, WHO, "return session;")

    assert session["user"]["username"]
    assert session["login_url"] == "/genauth/login/?next=%2Fbook%2F"


def test_a_page_that_was_left_open_leads_to_the_login_and_back(reader: Person) -> None:
    leave_elsewhere(reader)

    with reader.page.expect_navigation():
        reader.page.evaluate(f"() => {{ {CALL.text} call('/book/'); }}")
    reader.give_password("ada")
    reader.press("Allow")

    assert (reader.path, reader.heading) == ("/book/", "The book")
    assert run(reader, CALL, "return (await call('/book/')).status;") == 200


def test_what_changes_something_has_the_token(reader: Person) -> None:
    body = "new URLSearchParams({words: 'of a script'})"

    text = run(
        reader,
        CALL,
        f"return (await call('/book/', {{method: 'POST', body: {body}}})).text();",
    )

    assert "of a script" in text


def test_a_link_signs_in_again_where_the_page_shall_stay(reader: Person) -> None:
    book = reader.page
    reader.open_tab("/run-out/")
    reader.page = book
    link = '<main><a id="sign-in-again" hidden>Sign in again</a></main>'
    book.evaluate("link => document.body.insertAdjacentHTML('beforeend', link)", link)

    told = run(reader, SEND, "return send('/book/').catch(error => error.message);")
    with book.expect_popup() as opened:
        book.get_by_role("link", name="Sign in again").click()

    reader.page = opened.value
    reader.press("Allow")
    assert told == "Your sign-in has run out."
    assert (reader.path, reader.heading) == ("/book/", "The book")


def test_a_script_signs_out_by_way_of_the_provider(reader: Person, standin: StandIn) -> None:
    with reader.page.expect_navigation(url="**/"):
        reader.page.evaluate(f"() => {{ {SIGN_OUT.text} signOut(); }}")

    assert reader.path == "/"
    assert any(address.startswith(standin.base_url) for address in reader.visited[-4:])
    assert run(reader, WHO, "return session.user;") is None


def test_a_development_server_hands_on_the_addresses_of_this_app(person: Person) -> None:
    module = "data:text/javascript," + VITE.text.replace("\n", " ")

    proxied = person.page.evaluate(
        "async module => Object.keys((await import(module)).default.server.proxy)", module
    )

    assert "/genauth" in proxied


def test_a_script_of_another_origin_leads_to_the_login(
    person: Person, site: Website, standin: StandIn
) -> None:
    elsewhere = f"{standin.base_url}/oidc/.well-known/openid-configuration"
    person.open(elsewhere)
    call = f"callElsewhere('{site.url}/book/')"

    with person.page.expect_navigation():
        person.page.evaluate(f"() => {{ {CALL_ELSEWHERE.text} {call}; }}")
    person.give_password("ada")
    person.press("Allow")
    person.open(elsewhere)

    assert run(person, CALL_ELSEWHERE, f"return (await {call}).status;") == 200
    (unread,) = person.complaints
    assert "status of 401 (Unauthorized)" in unread
    person.complaints.clear()
