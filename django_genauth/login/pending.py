"""Pending logins: what a login needs when the person comes back, in a cookie of its own each.

Not the session: a visitor who never comes back leaves no row, tabs keep apart, and an answer that
another site posts still finds its login. The cookie is sealed, so the browser can neither read nor
make one. Over https it is bound to a small cookie besides, with the prefix `__Host-`, which this
host alone can set: a sibling domain may plant the first, and cannot plant the second.
"""

from __future__ import annotations

import posixpath
import re
import time
from dataclasses import dataclass, field, replace
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Final
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponseBase

from django_genauth import cookies
from django_genauth.conf import DEFAULT_ALIAS, App, get_app
from django_genauth.login import used_states
from django_genauth.pages import page_url
from django_genauth.protocol.errors import (
    AuthorizationResponseError,
    GenAuthError,
)

_MOST: Final = 8
_DIGITS: Final = 16
_PURPOSE: Final = "pending login"
_NAME: Final = re.compile(r"genauth_(?P<alias>[-\w]+)_(?P<digest>[0-9a-f]{16})", re.ASCII)
# Servers take a Cookie header of about 8,000 characters. So many are for all of it, and of these so
# many for the pending logins of all apps, and for those that began at a page which is shown no
# others.
_HEADER: Final = 7_500
_ALL_LOGINS: Final = 5_000
_BEGUN_ELSEWHERE: Final = 1_800
# In a header, `=` stands behind a name, and `; ` behind a value.
_BETWEEN: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingLogin:
    """A login between leaving and coming back; `expires_at` is in epoch seconds.

    `max_age` is in seconds. `path` is where the browser shows the cookie, see `cookie_path`.
    `link_user` is the key, as text, of the signed-in user who adds an identity, and None for a
    login. `browser` is the digest of the cookie that the login is bound to; empty without https.
    `parameters` are those that the login asks for besides. `is_second_try` says that the provider's
    page expired at the first. `dpop_key` is the key that the tokens will be bound to, with DPOP.
    """

    alias: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    redirect_uri: str
    next_url: str
    path: str
    expires_at: float
    response_type: str = "code"
    response_mode: str | None = None
    max_age: int | None = None
    link_user: str | None = None
    browser: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    is_second_try: bool = False
    dpop_key: str | None = field(default=None, repr=False)

    @property
    def acr_values(self) -> tuple[str, ...]:
        """Return the kinds of sign-in of which the person has to show one; empty: the app's."""
        return tuple(self.parameters.get("acr_values", "").split())

    @property
    def is_posted_by_provider(self) -> bool:
        """Return whether the provider's page posts the answer, from another site."""
        return self.response_mode in ("form_post", "form_post.jwt")

    @property
    def comes_by_post(self) -> bool:
        """Return whether the answer is posted: by the provider, or by our page for fragments."""
        return self.is_posted_by_provider or self.comes_in_fragment

    @property
    def comes_in_fragment(self) -> bool:
        """Return whether the answer stands behind a `#`, where only a script can read it."""
        if self.response_mode not in (None, "jwt"):
            return self.response_mode == "fragment"
        # Multiple Response Types 5, JARM 2.3.4: the default of every type that names a token.
        return self.response_type != "code"


def cookie_path(request: HttpRequest, redirect_uri: str) -> str:
    """Return where the browser shows the cookie: where logins begin and end, and no farther.

    Other pages need not carry it. It is the same for all apps as a rule, whose logins share the
    room in the header, so that each has to see those of the others.
    """
    return posixpath.commonpath([_pages(), request.path, urlsplit(redirect_uri).path or "/"])


def put(response: HttpResponseBase, request: HttpRequest, app: App, pending: PendingLogin) -> None:
    """Set the cookies of a pending login, and delete the oldest ones where there are too many."""
    now = time.time()
    posted_by_provider = pending.is_posted_by_provider
    token = token_urlsafe(16) if request.is_secure() else ""
    if token:
        pending = replace(pending, browser=_digest(token))
    name = _cookie_name(pending.alias, pending.state)
    text = cookies.sealed(pending, purpose=_PURPOSE, app=app)
    logins = _all(request, app)
    # Most visitors have none, so that nothing has to be made out.
    room = (
        _room(request, [each for each, _ in logins]) - len(name + text) - _BETWEEN if logins else 0
    )
    for number, (other_name, other) in enumerate(logins, start=2):
        room -= _length(request, other_name)
        if other is None or other.expires_at <= now or number > _MOST or room < 0:
            is_bound = _bound_name(other_name) in request.COOKIES
            path = other.path if other else pending.path
            _delete(response, other_name, path=path, is_bound=is_bound)
    for each, value, where in ((name, text, pending.path), (_bound_name(name), token, "/")):
        if value:
            response.set_cookie(
                each,
                value,
                max_age=int(pending.expires_at - now),
                path=where,
                # Browsers take None over https alone.
                secure=request.is_secure() or posted_by_provider,
                httponly=True,
                # A redirect is a top-level navigation, with which Lax cookies travel; another
                # site's POST brings none but those that say so.
                samesite="None" if posted_by_provider else "Lax",
            )


def find(request: HttpRequest, app: App, state: str) -> PendingLogin | None:
    """Return this browser's pending login for a state, or None. It can still be taken."""
    name = _cookie_name(app.alias, state)
    pending = _opened(request.COOKIES.get(name), app)
    if pending is None or not compare_digest(pending.state.encode(), _octets(state)):
        return None
    token = request.COOKIES.get(_bound_name(name), "")
    # RFC 6265bis 4.1.3.2: no other host, and nobody on an unencrypted network, sets this one. A
    # login that is not bound may have begun in another browser.
    if request.is_secure() and not compare_digest(pending.browser, _digest(token)):
        return None
    return pending


def take(pending: PendingLogin | None) -> PendingLogin:
    """Take a pending login that was found; it can be taken once.

    A cookie that the browser kept opens the door a second time, so the mark of the state decides.
    Raises AuthorizationResponseError, and ConfigurationError where the cache is out of order.
    """
    if pending is None:
        raise AuthorizationResponseError(
            "No cookie of this browser has a pending login of that state. A login has to begin at"
            " the host that it comes back to (localhost and 127.0.0.1 are two), over https if it"
            " comes back so, and SECRET_KEY has to stay the same meanwhile.",
            reason="state_unknown",
        )
    if pending.expires_at <= time.time():
        raise AuthorizationResponseError(
            "The pending login has expired, as LOGIN_TTL has it.", reason="state_expired"
        )
    has_code = "code" in pending.response_type.split()
    if not used_states.mark(pending.state, expires_at=pending.expires_at, has_code=has_code):
        raise AuthorizationResponseError("The state was used before.", reason="state_used")
    return pending


def waits_for_fragment(request: HttpRequest, app: App) -> bool:
    """Return whether this browser has a pending login whose answer comes behind a `#`."""
    return any(
        login is not None and login.alias == app.alias and login.comes_in_fragment
        for _, login in _all(request, app)
    )


def forget(response: HttpResponseBase, pending: PendingLogin) -> None:
    """Delete the cookies of a login that is over."""
    name = _cookie_name(pending.alias, pending.state)
    _delete(response, name, path=pending.path, is_bound=bool(pending.browser))


def _pages() -> str:
    """Return the path under which the pages for signing in stand, whatever the app."""
    return posixpath.commonpath([page_url(name, DEFAULT_ALIAS) for name in ("login", "callback")])


def _room(request: HttpRequest, logins: list[str]) -> int:
    """Return how many characters all pending logins may have that a page is shown."""
    everything = sum(len(name + text) + _BETWEEN for name, text in request.COOKIES.items())
    room = _HEADER - everything + sum(_length(request, name) for name in logins)
    pages = _pages()
    if posixpath.commonpath([pages, request.path]) == pages:
        return min(_ALL_LOGINS, room)
    return min(_BEGUN_ELSEWHERE, room - _ALL_LOGINS)


def _length(request: HttpRequest, name: str) -> int:
    """Return how many characters of the header the cookies of a pending login have."""
    names = [each for each in (name, _bound_name(name)) if each in request.COOKIES]
    return sum(len(each + request.COOKIES[each]) + _BETWEEN for each in names)


def _delete(response: HttpResponseBase, name: str, *, path: str, is_bound: bool) -> None:
    response.delete_cookie(name, path=path, samesite="Lax")
    if is_bound:
        response.delete_cookie(_bound_name(name), samesite="Lax")


def _all(request: HttpRequest, app: App) -> list[tuple[str, PendingLogin | None]]:
    """Return the pending logins of this browser that a page is shown, the newest first, by cookie.

    Those of other apps too, whose settings are loaded for it. None for what nothing opens.
    """
    apps: dict[str, App | None] = {app.alias: app}
    found = []
    for name, text in request.COOKIES.items():
        match = _NAME.fullmatch(name)
        if match is not None:
            alias = match["alias"]
            if alias not in apps:
                apps[alias] = _app_or_none(alias)
            its_app = apps[alias]
            found.append((name, None if its_app is None else _opened(text, its_app)))
    return sorted(found, key=lambda each: each[1].expires_at if each[1] else 0, reverse=True)


def _app_or_none(alias: str) -> App | None:
    try:
        return get_app(alias)
    except GenAuthError:
        return None


def _opened(text: str | None, app: App) -> PendingLogin | None:
    return cookies.opened(text, PendingLogin, purpose=_PURPOSE, app=app)


def _cookie_name(alias: str, state: str) -> str:
    return f"genauth_{alias}_{_digest(state)}"


def _bound_name(name: str) -> str:
    """Return the name of the cookie that a pending login is bound to."""
    return f"__Host-genauth_{name[-_DIGITS:]}"


def _digest(state: str) -> str:
    return sha256(_octets(state)).hexdigest()[:_DIGITS]


def _octets(state: str) -> bytes:
    # A browser may send halves of surrogate pairs, which no encoding carries.
    return state.encode("utf-8", "surrogatepass")
