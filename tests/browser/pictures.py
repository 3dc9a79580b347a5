"""Take pictures of all pages: `python -m tests.browser.pictures [DIRECTORY]`.

Those of the documentation, light beside dark, go to docs/pictures/. A directory gets each page as
a phone and a desk show it, light and dark, for somebody to look at.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.browser.conftest import ARGUMENTS, a_standin
from tests.browser.looks import views_of
from tests.browser.person import Person
from tests.browser.website_process import Website
from tests.support import ROOT
from tests.support.provider.standin import StandIn

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_OF_THE_DOCUMENTATION: Final = ROOT / "docs" / "pictures"
_COLOURS: Final = 20
# Of half a picture, which shows one of the two colour schemes.
_WIDTH: Final = 560
_PEOPLE: Final = {
    "ada": "An editor, with a full profile: staff here",
    "grace": "A member, whose e-mail address is not verified",
}


def main() -> None:
    """Visit one site after the other, each with browsers that know nothing."""
    # Not above: only this program and the environment `browser` have them.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, a_standin() as provider:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        silent = {"SILENT_APP_HOST": "http://127.0.0.1:9"}
        demo = {"WEBSITE_DEMO": json.dumps(_shown(provider))}
        for settings, environment, tour in (
            ("website.demo_settings", demo, _visit_the_demo),
            ("all_pages_settings", silent, _visit_all_pages),
            ("debug_settings", silent, _visit_a_site_under_development),
        ):
            with (
                tempfile.TemporaryDirectory() as directory,
                Website(
                    provider, Path(directory), settings=settings, environment=environment
                ) as site,
            ):
                tour(lambda site=site: _somebody(browser, site, provider), provider)
        browser.close()


def _shown(provider: StandIn) -> dict[str, object]:
    # Passwords of the picture; those of the stand-in are others.
    people = [
        {"username": name, "password": f"{name}-reads", "about": about}
        for name, about in _PEOPLE.items()
    ]
    return {
        "people": people,
        "status_url": f"{provider.base_url}/status",
        "token_command": "curl -s -d grant_type=client_credentials ...",
    }


@contextmanager
def _somebody(browser: Browser, site: Website, provider: StandIn) -> Iterator[Person]:
    with browser.new_context() as context:
        yield Person(context, site.url, provider)


def _visit_the_demo(visit: Callable[[], AbstractContextManager[Person]], provider: StandIn) -> None:
    with visit() as person:
        person.open("/")
        _picture(person.page, "demo", height=612)
        _picture(person.page, "demo-whole", is_documented=False)
        person.open("/nowhere/")
        _picture(person.page, "demo-404", is_documented=False)
        person.open("/admin/")
        _picture(person.page, "admin-login")
        person.open("/members/")
        _picture(person.page, "provider-login", is_documented=False)
        person.give_password("ada")
        _picture(person.page, "provider-consent", is_documented=False)
        person.press("Allow")
        _picture(person.page, "demo-members", is_documented=False)
        for name in ("profile", "tokens"):
            person.open(f"/{name}/")
            _picture(person.page, f"demo-{name}", is_documented=False)
        for name in ("identities", "sessions", "logout", "link"):
            person.open(f"/genauth/{name}/")
            _picture(person.page, f"demo-{name}", is_documented=name == "sessions")
        for name in ("", "status"):
            person.open(f"{provider.base_url}/{name}")
            _picture(person.page, f"provider-{name or 'account'}", is_documented=False)


def _visit_all_pages(
    visit: Callable[[], AbstractContextManager[Person]], provider: StandIn
) -> None:
    with visit() as person:
        person.open("/genauth/callback/?code=old&state=old")
        _picture(person.page, "sign_in_failed")
        person.open("/genauth/silent/login/")
        _picture(person.page, "provider_unavailable")
        person.open("/genauth/logout/")
        _picture(person.page, "signed_out")
        person.open("/genauth/link/")
        _picture(person.page, "sign_in_first")
        person.open("/members/")
        person.give_password("ada")
        person.press("Decline")
        _picture(person.page, "access_denied")
    with visit() as person:
        person.sign_in("/genauth/invited/login/", login="void")
        _picture(person.page, "account_refused")
    with visit() as person:
        person.sign_in("/book/")
        book = person.page
        person.open_tab("/run-out/")
        person.page = book
        person.press("Write")
        _picture(person.page, "session_ended")
    with visit() as person:
        person.sign_in("/members/")
        for name, path in (
            ("sign_out", "logout"),
            ("link", "link"),
            ("identities", "identities"),
            ("sessions", "sessions"),
        ):
            person.open(f"/genauth/{path}/")
            _picture(person.page, name)
        person.open("/vault/")
        for _ in range(3):
            person.press("Allow")
        _picture(person.page, "sent_back")


def _visit_a_site_under_development(
    visit: Callable[[], AbstractContextManager[Person]], provider: StandIn
) -> None:
    with visit() as person:
        person.open("/genauth/callback/?code=old&state=old")
        _picture(person.page, "reason")


def _picture(
    page: Page, name: str, *, is_documented: bool = True, height: int | None = None
) -> None:
    """Take a picture for the documentation, and where a directory is named those to look at."""
    for directory in sys.argv[1:2]:
        for view in views_of(page):
            page.screenshot(path=Path(directory) / f"{name}-{view}.png", full_page=True)
    if is_documented:
        _save_both_schemes(page, _OF_THE_DOCUMENTATION / f"{name}.png", height=height)


def _save_both_schemes(page: Page, path: Path, *, height: int | None) -> None:
    from PIL import Image

    page.set_viewport_size({"width": _WIDTH, "height": height or 380})
    halves = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        halves.append(Image.open(BytesIO(page.screenshot(full_page=height is None))))
    both = Image.new("RGB", (2 * _WIDTH, halves[0].height))
    both.paste(halves[0], (0, 0))
    both.paste(halves[1], (_WIDTH, 0))
    path.parent.mkdir(exist_ok=True)
    # A table of few colours makes files that anybody may fetch with the documentation.
    # Without `kmeans` the colour of the one button would be lost among the greys.
    few = both.quantize(_COLOURS, kmeans=2, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


if __name__ == "__main__":
    main()
