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
from urllib.parse import urljoin, urlsplit

import requests

from provider.people import claims_of

_TIMEOUT = 30


@dataclass(frozen=True)
class Machine:
    """Hold the keys of a program, with which it gets an access token for the site's API."""

    token_endpoint: str
    access_key: str
    secret_key: str

    @property
    def form(self) -> dict[str, str]:
        """Return what it posts to the token endpoint (RFC 6749 4.4.2, RFC 8707 2.2)."""
        return {
            "grant_type": "client_credentials",
            "client_id": self.access_key,
            "client_secret": self.secret_key,
            "scope": "reports:read",
            "resource": "https://reading-room.example/api",
        }


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

    def submit(self, *, action: str = "", **values: str) -> None:
        """Fill in and send the page's form whose action ends so."""
        forms = [form for form in _Forms(self.page.text).forms if form.action.endswith(action)]
        if len(forms) != 1:
            raise StepFailed(f"{self.where} has {len(forms)} such forms, where one was looked for")
        form = forms[0]
        url = urljoin(self.page.url, form.action)
        self._send(form.method.upper(), url, {**form.fields, **values})

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

    def _send(self, method: str, url: str, fields: Mapping[str, str]) -> None:
        # A browser names the page that a form stands on, and Django checks it on https sites.
        headers = {"Referer": self.page.url} if method == "POST" else {}
        self.page = self._session.request(
            method, url, data=fields, headers=headers, timeout=_TIMEOUT
        )
        if self.page.status_code != 200:
            raise StepFailed(f"{self.where} answered with status {self.page.status_code}")


def walk_through(site: str, username: str, password: str, machine: Machine) -> bool:
    """Sign in, look around and sign out; print each step, and return whether all went well."""
    visitor = Visitor()
    claims = claims_of(username)
    try:
        with _step("open the public page"):
            visitor.open(f"{site}/")
            visitor.expect(path="/", words="Sign in to read")
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
        with _step("sign out, at the provider as well"):
            visitor.submit(action="/logout/")
            if not any("/session/end" in step.url for step in visitor.page.history):
                raise StepFailed("the way out did not lead through the provider")
            visitor.expect(path="/genauth/logout/", words="You are signed out")
        with _step("ask for the members' page again, and have to give the password"):
            visitor.open(f"{site}/members/")
            visitor.expect(path="/login", words="Password")
        with _step("call the site's API with a program's access token, and not without one"):
            _call_api(f"{site}/api/me/", machine)
    except StepFailed:
        return False
    return True


def _call_api(url: str, machine: Machine) -> None:
    with requests.Session() as session:
        session.trust_env = False
        refused = session.get(url, timeout=_TIMEOUT)
        answer = session.post(machine.token_endpoint, data=machine.form, timeout=_TIMEOUT)
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
