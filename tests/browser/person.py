"""A person with a browser of their own, who reads, types and presses what is on the page.

How a page looks is measured in `looks`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from tests.support.provider.standin import StandIn

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response


class Person:
    """Visit a site in one tab or more; `page` is the tab that the person looks at.

    `status` is that of the page that came last, `visited` are the addresses of all pages and of
    the redirects between them. `complaints` is what the browser had to say against them: errors and
    warnings on the console, errors of scripts, what was not loaded, and what came from elsewhere.
    """

    def __init__(self, context: BrowserContext, site: str, provider: StandIn) -> None:
        self.status = 0
        self.visited: list[str] = []
        self.complaints: list[str] = []
        self._site = site
        self._provider = provider
        self._context = context
        self.page = self._new_tab()

    def open(self, address: str) -> None:
        """Go to a path of the site, or to a whole URL."""
        self.page.goto(f"{self._site}{address}" if address.startswith("/") else address)

    def open_tab(self, address: str) -> None:
        """Do the same in a new tab, and look at that one."""
        self.page = self._new_tab()
        self.open(address)

    def close_tabs(self) -> None:
        """Close all tabs."""
        for page in self._context.pages:
            page.close()

    def press(self, name: str, *, within: Literal["banner", "main"] = "main") -> None:
        """Press the one button or link of this name, and wait for the page that it leads to."""
        place = self.page.get_by_role(within)
        button = place.get_by_role("button", name=name, exact=True)
        link = place.get_by_role("link", name=name, exact=True)
        with self.page.expect_navigation():
            button.or_(link).click()

    def give_password(self, login: str) -> None:
        """Fill in and send the provider's form."""
        self.page.get_by_label("User name").fill(login)
        self.page.get_by_label("Password").fill(self._provider.password(login))
        self.press("Sign in")

    def sign_in(self, address: str, *, login: str = "ada") -> None:
        """Take all steps of a login, from an address that leads to the provider."""
        self.open(address)
        self.give_password(login)
        self.press("Allow")

    @property
    def path(self) -> str:
        """Return the path of the page's address."""
        return path_of(self.page)

    @property
    def heading(self) -> str:
        """Return the page's one heading of the first order."""
        return self.page.get_by_role("heading", level=1).inner_text()

    @property
    def text(self) -> str:
        """Return what there is to read."""
        return self.page.inner_text("body")

    @property
    def cookies(self) -> dict[str, dict[str, Any]]:
        """Return the browser's cookies, by name."""
        return {cookie["name"]: dict(cookie) for cookie in self._context.cookies()}

    def _new_tab(self) -> Page:
        page = self._context.new_page()
        page.on("console", self._note_message)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("requestfailed", lambda request: self.complaints.append(f"lost: {request.url}"))
        page.on("request", self._note_request)
        page.on("response", self._note_response)
        return page

    def _note_request(self, request: Request) -> None:
        if request.is_navigation_request():
            self.visited.append(request.url)
        if not request.url.startswith(("http://127.0.0.1:", "data:")):
            self.complaints.append(f"elsewhere: {request.url}")

    def _note_response(self, response: Response) -> None:
        if response.request.is_navigation_request():
            self.status = response.status

    def _note_message(self, message: ConsoleMessage) -> None:
        url = message.location["url"]
        # A page's own status is for the test to look at. The icon, which Chromium asks each site
        # for now and then, is none of this app's business.
        expected = url in self.visited or urlsplit(url).path == "/favicon.ico"
        about_status = message.text.startswith("Failed to load resource: the server responded")
        if message.type in ("error", "warning") and not (about_status and expected):
            self.complaints.append(f"{message.type}: {message.text} {url}")


def path_of(page: Page) -> str:
    """Return the path of a tab's address."""
    return urlsplit(page.url).path
