"""A browser without scripts: it follows redirects and fills in the forms of real pages.

It knows no provider by name; the pages of all of them follow a few customs, which stand in `walk`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import Cookie
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urljoin

import requests
from requests.cookies import RequestsCookieJar

_TIMEOUT = 20


@dataclass(frozen=True)
class Arrival:
    """Say where the browser was sent: an address, and the form to post there, if there is one.

    `frames` are the addresses that the last page opened by itself.
    """

    url: str
    form: list[tuple[str, str]] | None = None
    frames: tuple[str, ...] = ()


@dataclass
class _Form:
    action: str
    id: str | None
    hidden: list[tuple[str, str]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str] | None] = field(default_factory=list)


class _Page(HTMLParser):
    """Collect a page's forms, and its links by their text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self.links: dict[str, str] = {}
        self.frames: list[str] = []
        self._form: _Form | None = None
        self._href: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Take note of forms, fields, buttons and links."""
        given = {name: value or "" for name, value in attributes}
        if tag == "a":
            self._href = given.get("href")
        elif tag == "form":
            self._form = _Form(given.get("action", ""), given.get("id"))
            self.forms.append(self._form)
        elif tag == "iframe":
            self.frames.append(given.get("src", ""))
        elif tag in {"input", "button"}:
            self._add_control(tag, given)

    def handle_endtag(self, tag: str) -> None:
        """Take note of where a form and a link end."""
        if tag == "form":
            self._form = None
        elif tag == "a":
            self._href = None

    def handle_data(self, data: str) -> None:
        """Remember a link by the letters of its text."""
        if self._href is not None:
            self.links["".join(filter(str.isalpha, data)).lower()] = self._href

    def _add_control(self, tag: str, given: dict[str, str]) -> None:
        form = self._form
        if "form" in given:
            form = next((one for one in self.forms if one.id == given["form"]), None)
        if form is None:
            return
        kind = given.get("type", "submit" if tag == "button" else "text").lower()
        if kind == "submit":
            name = given.get("name")
            form.buttons.append((name, given.get("value", "")) if name else None)
        elif kind == "password":
            form.passwords.append(given["name"])
        elif kind == "hidden":
            form.hidden.append((given["name"], given.get("value", "")))
        elif kind in {"text", "email"}:
            form.text.append(given["name"])


class _LoopbackCookies(RequestsCookieJar):
    """Send cookies that are for https alone to loopback too, as most browsers do."""

    def set_cookie(self, cookie: Cookie, *args: Any, **kwargs: Any) -> None:
        cookie.secure = False
        super().set_cookie(cookie, *args, **kwargs)


class Browser:
    """Hold one person's cookies, of the site and of the provider alike, inside a `with` block.

    No redirect of the site is followed: a test looks at each.
    """

    def __init__(self, site: str) -> None:
        self.site = site
        self.session = requests.Session()
        self.session.cookies = _LoopbackCookies()
        # A proxy of the environment does not reach loopback.
        self.session.trust_env = False

    def begin(self, next_url: str = "/") -> str:
        """Ask the site for the login, and return where at the provider it leads."""
        response = self.open(f"/genauth/login/?{urlencode({'next': next_url})}")
        if not response.is_redirect:
            raise RuntimeError(f"the login begins with status {response.status_code}")
        return response.headers["Location"]

    def open(self, url: str) -> requests.Response:
        """Open an address or a path of the site."""
        return self._send("GET", url)

    def follow(self, arrival: Arrival) -> requests.Response:
        """Go where the provider sent the browser, and post the form, if there is one.

        What stands behind a `#` is posted as the script of the site's page does it.
        """
        if arrival.form is not None:
            return self._send("POST", arrival.url, arrival.form)
        url, _, fragment = arrival.url.partition("#")
        response = self.open(url)
        if not fragment:
            return response
        (form,) = _Page(response.text).forms
        return self._send("POST", urljoin(url, form.action), parse_qsl(fragment))

    def press(self, path: str) -> requests.Response:
        """Open a page of the site that has one form, and press its button."""
        (form,) = _Page(self.open(path).text).forms
        return self._send("POST", urljoin(path, form.action), form.hidden)

    def _send(
        self, method: str, url: str, data: list[tuple[str, str]] | None = None
    ) -> requests.Response:
        # A connection for each request: on a kept one, the server that Django has for tests waits
        # with every further answer until its first half is acknowledged, 40 ms later.
        self.session.close()
        return self.session.request(
            method,
            urljoin(self.site, url),
            data=data,
            headers={"Connection": "close"},
            allow_redirects=False,
            timeout=_TIMEOUT,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.session.close()
        # Django's server for tests does not wait for its threads, and one that ends after the tests
        # finds their database gone.
        for thread in threading.enumerate():
            if "process_request_thread" in thread.name:
                thread.join(_TIMEOUT)


def walk(
    session: requests.Session,
    url: str,
    *,
    home: str,
    login: str | None = None,
    password: str = "",
    allow: bool = True,
) -> Arrival:
    """Open an address of the provider at `home`, and go on until it sends the browser elsewhere.

    A form with a password is the login form. On any other, the button with a name agrees, or the
    only one; the button without a name declines, or a link that says Cancel. A page without a form
    is where the walk ends. Raises RuntimeError for a login form where there is no `login`.
    """
    response = session.get(url, allow_redirects=False, timeout=_TIMEOUT)
    tried = False
    for _ in range(20):
        if response.is_redirect:
            target = urljoin(response.url, response.headers["Location"])
            if not target.startswith(f"{home}/"):
                return Arrival(target)
            response = session.get(target, allow_redirects=False, timeout=_TIMEOUT)
            continue
        page = _Page(response.text)
        action = urljoin(response.url, page.forms[0].action) if page.forms else response.url
        # Before the status: a form that posts an error to the site may come with 400.
        if not action.startswith(f"{home}/"):
            return Arrival(action, page.forms[0].hidden)
        if not response.ok:
            raise RuntimeError(f"the provider answered {response.status_code}: {response.text}")
        if not page.forms:
            return Arrival(response.url, frames=tuple(page.frames))
        form = page.forms[0]
        if form.passwords:
            if login is None:
                raise RuntimeError("the provider asks for the password")
            if tried:
                raise RuntimeError("the provider asks for the password again")
            tried = True
            filled = [(form.text[0], login), (form.passwords[0], password)]
        elif not allow and "cancel" in page.links:
            target = urljoin(response.url, page.links["cancel"])
            response = session.get(target, allow_redirects=False, timeout=_TIMEOUT)
            continue
        else:
            filled = _press(form, allow=allow)
        response = session.post(
            action, data=form.hidden + filled, allow_redirects=False, timeout=_TIMEOUT
        )
    raise RuntimeError("the provider leads nowhere")


def _press(form: _Form, *, allow: bool) -> list[tuple[str, str]]:
    named = [button for button in form.buttons if button is not None]
    if allow:
        return named[:1]
    if None not in form.buttons:
        raise RuntimeError("the page has no button to decline with")
    return []
