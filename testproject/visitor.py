"""A visitor without a browser: follows redirects, fills in forms, and looks at what comes back.

`walk_through` is the tour of `demo.py --check`. Nothing of the site or the provider is imported
but the list of people.
"""

import html
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from provider.people import claims_of

_TIMEOUT = 30


class StepFailed(Exception):
    """Say what a step found instead of what it looked for."""


@dataclass
class _Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    """Read the forms of a page, without their buttons: a visitor presses one of them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form, or a field of the last one."""
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            action, method = attributes.get("action", ""), attributes.get("method", "get")
            self.forms.append(_Form(action, method.lower()))
        elif tag == "input" and self.forms and "name" in attributes:
            self.forms[-1].fields[attributes["name"]] = attributes.get("value", "")


class Visitor:
    """Visit pages with one set of cookies. `page` is the last answer."""

    def __init__(self) -> None:
        self._session = requests.Session()
        # A proxy of the environment does not reach loopback.
        self._session.trust_env = False
        self.page = requests.Response()

    @property
    def text(self) -> str:
        """Return the text of the page, with entities resolved."""
        return html.unescape(self.page.text)

    def open(self, url: str) -> None:
        """Open an address and follow its redirects."""
        self._send("GET", url, {})

    def submit(self, *, action: str | None = None, status: int = 200, **values: str) -> None:
        """Fill in and send the page's form: its only one, or that whose action ends so."""
        forms = [
            form
            for form in _Forms(self.page.text).forms
            # The page's own form has no action.
            if action is None or (form.action.endswith(action) if action else not form.action)
        ]
        if len(forms) != 1:
            raise StepFailed(f"{self.where} has {len(forms)} such forms, where one was looked for")
        form = forms[0]
        url = urljoin(self.page.url, form.action)
        self._send(form.method.upper(), url, {**form.fields, **values}, status=status)

    def expect(self, *, path: str, words: str) -> None:
        """Fail the step unless this is the page with these words."""
        if urlsplit(self.page.url).path != path:
            raise StepFailed(f"came to {self.where} and not to {path}")
        if words not in self.text:
            raise StepFailed(f"{self.where} does not say {words!r}")

    @property
    def where(self) -> str:
        """Return the page's address without its query, which may hold a code or a token."""
        return self.page.url.partition("?")[0]

    def _send(self, method: str, url: str, fields: Mapping[str, str], *, status: int = 200) -> None:
        # A browser names the page that a form stands on, and Django checks it on https sites.
        headers = {"Referer": self.page.url} if method == "POST" else {}
        self.page = self._session.request(
            method, url, data=fields, headers=headers, timeout=_TIMEOUT
        )
        if self.page.status_code != status:
            raise StepFailed(f"{self.where} answered with status {self.page.status_code}")


def walk_through(site: str, shown: Mapping[str, Any], passwords: Mapping[str, str]) -> bool:
    """Try what the home page says, as ada; print each step, and return whether all went well."""
    visitor = Visitor()
    username = "ada"
    password = passwords[username]
    claims = claims_of(username)
    try:
        with _step("open the public page, which says what to try"):
            visitor.open(f"{site}/")
            visitor.expect(path="/", words="Sign in to read")
            visitor.expect(path="/", words=password)
        with _step("ask for the members' page, and be sent to the provider"):
            visitor.open(f"{site}/members/")
            visitor.expect(path="/login", words="Password")
        with _step(f"give {username}'s password"):
            visitor.submit(username=username, password=password)
            visitor.expect(path="/oidc/auth", words="Allow")
        with _step("allow the site to know who it is, and come back to the members' page"):
            visitor.submit(allow="yes")
            visitor.expect(path="/members/", words=claims["given_name"])
        with _step(f"see the profile of {claims['name']}, {claims['email']}"):
            visitor.open(f"{site}/profile/")
            _expect_profile(visitor, claims)
        with _step("refresh the page, without a way back to the provider"):
            visitor.open(f"{site}/profile/")
            _expect_profile(visitor, claims)
        _look_at_the_account(visitor, site)
        _switch_the_provider_off(visitor, site, shown["status_url"])
        with _step("sign out, at the provider as well"):
            visitor.open(f"{site}/profile/")
            visitor.submit(action="/logout/")
            if not any("/session/end" in step.url for step in visitor.page.history):
                raise StepFailed("the way out did not lead through the provider")
            visitor.expect(path="/genauth/logout/", words="You are signed out")
        with _step("ask for the members' page again, and have to give the password"):
            visitor.open(f"{site}/members/")
            visitor.expect(path="/login", words="Password")
        with _step("be turned away by the second app, as somebody who was never here"):
            visitor.open(f"{site}/genauth/club/login/")
            visitor.submit(username="void", password=passwords["void"])
            visitor.submit(allow="yes", status=403)
            visitor.expect(path="/genauth/club/callback/", words="cannot be used here")
        with _step("call the site's API with a program's access token, and not without one"):
            _call_api(f"{site}/api/me/", shown["token_endpoint"], shown["token_form"])
    except StepFailed:
        return False
    return True


def _look_at_the_account(visitor: Visitor, site: str) -> None:
    with _step("see where one is signed in"):
        visitor.open(f"{site}/genauth/sessions/")
        visitor.expect(path="/genauth/sessions/", words="This browser")
    with _step("see how one signs in"):
        visitor.open(f"{site}/genauth/identities/")
        visitor.expect(path="/genauth/identities/", words="You are signed in with this one")
    with _step("open the admin, as a member of the staff"):
        visitor.open(f"{site}/admin/")
        visitor.expect(path="/admin/", words="Site administration")
    with _step("let the access token run out, and see a new one come"):
        visitor.open(f"{site}/tokens/")
        visitor.expect(path="/tokens/", words="It is good")
        visitor.submit(action="")
        visitor.expect(path="/tokens/", words="It was just refreshed")


def _switch_the_provider_off(visitor: Visitor, site: str, status_url: str) -> None:
    with _step("switch the provider off, and be told so by the site"):
        visitor.open(status_url)
        visitor.submit(down="yes")
        visitor.expect(path="/status", words="Sites get no answer")
        visitor.open(f"{site}/genauth/login/")
        visitor.submit(allow="yes", status=503)
        visitor.expect(path="/genauth/callback/", words="not available right now")
    with _step("switch it on again"):
        visitor.open(status_url)
        visitor.submit()
        visitor.expect(path="/status", words="Everything works")


def _call_api(url: str, token_endpoint: str, form: Mapping[str, str]) -> None:
    with requests.Session() as session:
        session.trust_env = False
        refused = session.get(url, timeout=_TIMEOUT)
        answer = session.post(token_endpoint, data=form, timeout=_TIMEOUT)
        answer.raise_for_status()
        token = answer.json()["access_token"]
        called = session.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=_TIMEOUT)
    if (refused.status_code, called.status_code) != (401, 200):
        raise StepFailed(
            f"the API answered with status {refused.status_code} without a token, and"
            f" {called.status_code} with one"
        )


def _expect_profile(visitor: Visitor, claims: Mapping[str, str]) -> None:
    if visitor.page.history:
        raise StepFailed("the page was not there at once")
    for name in ("sub", "name", "email"):
        visitor.expect(path="/profile/", words=claims[name])
    if "eyJ" in visitor.text:
        raise StepFailed("the page shows what looks like a token")


@contextmanager
def _step(what: str) -> Iterator[None]:
    started = time.perf_counter()
    try:
        yield
    except (StepFailed, requests.RequestException) as error:
        sys.stdout.write(f"   FAILED  {what}: {error}\n")
        raise StepFailed(what) from error
    sys.stdout.write(f"{(time.perf_counter() - started) * 1000:6.0f} ms  {what}\n")
