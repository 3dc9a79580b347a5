"""Pending logins: what a login needs when the person comes back, in a cookie of its own each.

Not the session: a visitor who never comes back leaves no row, tabs keep apart, and an answer that
another site posts still finds its login. The cookie is sealed, so the browser can neither read nor
make one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase

from django_genauth import cookies
from django_genauth.conf import App
from django_genauth.protocol.errors import AuthorizationResponseError, ConfigurationError

_MOST: Final = 8
_DIGITS: Final = 16
_PURPOSE: Final = "pending login"
# Servers take a Cookie header of about 8,000 characters, the site's own cookies included.
_MOST_CHARACTERS: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingLogin:
    """A login between leaving and coming back; `expires_at` is in epoch seconds.

    `max_age` is in seconds. `path` is where the browser shows the cookie: no farther than where a
    login begins and ends, so that other pages need not carry it. `link_user` is the key, as text,
    of the signed-in user who adds an identity, and None for a login.
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

    @property
    def comes_by_post(self) -> bool:
        """Return whether the answer is posted: by the provider, or by our page for fragments."""
        return self.response_mode == "form_post" or self.comes_in_fragment

    @property
    def comes_in_fragment(self) -> bool:
        """Return whether the answer stands behind a `#`, where only a script can read it."""
        # Multiple Response Types 5: the default of every type that names a token.
        default = "query" if self.response_type == "code" else "fragment"
        return (self.response_mode or default) == "fragment"


def put(response: HttpResponseBase, request: HttpRequest, app: App, pending: PendingLogin) -> None:
    """Set the cookie of a pending login, and delete the oldest ones where there are too many."""
    now = time.time()
    posted_by_provider = pending.response_mode == "form_post"
    text = cookies.sealed(pending, purpose=_PURPOSE, app=app)
    room = _MOST_CHARACTERS - len(text)
    for number, (name, other) in enumerate(_all(request, app), start=2):
        room -= len(request.COOKIES[name])
        if other is None or other.expires_at <= now or number > _MOST or room < 0:
            response.delete_cookie(name, path=other.path if other else pending.path, samesite="Lax")
    response.set_cookie(
        _cookie_name(pending.alias, pending.state),
        text,
        max_age=int(pending.expires_at - now),
        path=pending.path,
        # Browsers take None over https alone.
        secure=request.is_secure() or posted_by_provider,
        httponly=True,
        # A redirect is a top-level navigation, with which Lax cookies travel; another site's POST
        # brings none but those that say so.
        samesite="None" if posted_by_provider else "Lax",
    )


def find(request: HttpRequest, app: App, state: str) -> PendingLogin | None:
    """Return this browser's pending login for a state, or None. It can still be taken."""
    pending = _opened(request.COOKIES.get(_cookie_name(app.alias, state)), app)
    if pending is None or not compare_digest(pending.state.encode(), _octets(state)):
        return None
    return pending


def take(pending: PendingLogin | None) -> PendingLogin:
    """Take a pending login that was found; it can be taken once.

    A cookie that the browser kept opens the door a second time, so the mark in the cache decides;
    it is atomic, and holds for two uses at the same instant too. Raises AuthorizationResponseError,
    and ConfigurationError where the cache is out of order.
    """
    if pending is None:
        raise AuthorizationResponseError(
            "No cookie of this browser has a pending login of that state. A login has to begin at"
            " the host that it comes back to (localhost and 127.0.0.1 are two), and SECRET_KEY has"
            " to stay the same meanwhile.",
            reason="state_unknown",
        )
    left = pending.expires_at - time.time()
    if left <= 0:
        raise AuthorizationResponseError(
            "The pending login has expired, as LOGIN_TTL has it.", reason="state_expired"
        )
    if not _mark(pending.state, timeout=left):
        raise AuthorizationResponseError("The state was used before.", reason="state_used")
    return pending


def waits_for_fragment(request: HttpRequest, app: App) -> bool:
    """Return whether this browser has a pending login whose answer comes behind a `#`."""
    return any(login is not None and login.comes_in_fragment for _, login in _all(request, app))


def forget(response: HttpResponseBase, pending: PendingLogin) -> None:
    """Delete the cookie of a login that is over."""
    name = _cookie_name(pending.alias, pending.state)
    response.delete_cookie(name, path=pending.path, samesite="Lax")


def _mark(state: str, *, timeout: float) -> bool:
    try:
        return bool(cache.add(f"genauth:taken:{_digest(state)}", 1, timeout=int(timeout) + 1))
    except Exception as error:  # noqa: BLE001 # each cache backend has errors of its own
        # Fail closed: without the mark a replay could not be told from the first use.
        raise ConfigurationError(
            f"Django's cache is out of order ({type(error).__name__}), and a login needs it."
            " Look at CACHES['default'].",
            reason="cache",
        ) from None


def _all(request: HttpRequest, app: App) -> list[tuple[str, PendingLogin | None]]:
    """Return the pending logins of this browser at an app, the newest first, by cookie."""
    prefix = f"genauth_{app.alias}_"
    found = [
        (name, _opened(text, app))
        for name, text in request.COOKIES.items()
        if name.startswith(prefix) and len(name) == len(prefix) + _DIGITS
    ]
    return sorted(found, key=lambda each: each[1].expires_at if each[1] else 0, reverse=True)


def _opened(text: str | None, app: App) -> PendingLogin | None:
    return cookies.opened(text, PendingLogin, purpose=_PURPOSE, app=app)


def _cookie_name(alias: str, state: str) -> str:
    return f"genauth_{alias}_{_digest(state)}"


def _digest(state: str) -> str:
    return sha256(_octets(state)).hexdigest()[:_DIGITS]


def _octets(state: str) -> bytes:
    # A browser may send halves of surrogate pairs, which no encoding carries.
    return state.encode("utf-8", "surrogatepass")
