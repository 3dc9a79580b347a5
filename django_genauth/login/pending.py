"""Pending logins: what has to be known when the person comes back, in a cookie of its own each.

Not the session: a visitor who never comes back leaves no row, tabs keep apart, and an answer that
another site posts still finds its login. The cookie is sealed, so the browser can neither read nor
make one.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase

from django_genauth.protocol.errors import (
    AuthorizationResponseError,
    ConfigurationError,
    GenAuthError,
)
from django_genauth.sealing import seal, unseal

_MOST: Final = 8
_DIGITS: Final = 16
# Servers take a Cookie header of about 8,000 characters, the site's own cookies included.
_MOST_CHARACTERS: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingLogin:
    """Hold one login between leaving and coming back; `expires_at` is in epoch seconds.

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
        """Tell whether the answer is posted: by the provider, or by our page for fragments."""
        return self.response_mode == "form_post" or self.comes_in_fragment

    @property
    def comes_in_fragment(self) -> bool:
        """Tell whether the answer stands behind a `#`, where only a script can read it."""
        # Multiple Response Types 5: the default of every type that names a token.
        default = "query" if self.response_type == "code" else "fragment"
        return (self.response_mode or default) == "fragment"


def put(response: HttpResponseBase, request: HttpRequest, pending: PendingLogin) -> None:
    """Set the cookie of a pending login, and clear away the ones too many."""
    now = time.time()
    posted_by_provider = pending.response_mode == "form_post"
    text = seal(asdict(pending), purpose=_purpose(pending.alias), alias=pending.alias)
    room = _MOST_CHARACTERS - len(text)
    for number, (name, other) in enumerate(_others(request, pending.alias), start=2):
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


def take(request: HttpRequest, alias: str, state: str) -> PendingLogin:
    """Return this browser's pending login for a state, once.

    A cookie that the browser kept opens the door a second time, so the mark in the cache decides;
    it is atomic, and holds for two uses at the same instant too. Raises AuthorizationResponseError,
    and ConfigurationError where the cache is out of order.
    """
    pending = _read(request.COOKIES.get(_cookie_name(alias, state)), alias)
    if pending is None or not compare_digest(pending.state.encode(), state.encode()):
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
    if not _mark(state, timeout=left):
        raise AuthorizationResponseError("The state was used before.", reason="state_used")
    return pending


def peek(request: HttpRequest, alias: str, state: str) -> PendingLogin | None:
    """Return a pending login without taking it, for the way back from a failure."""
    return _read(request.COOKIES.get(_cookie_name(alias, state)), alias)


def waits_for_fragment(request: HttpRequest, alias: str) -> bool:
    """Tell whether this browser has a login whose answer comes behind a `#`."""
    return any(
        login is not None and login.comes_in_fragment for _, login in _others(request, alias)
    )


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


def _others(request: HttpRequest, alias: str) -> list[tuple[str, PendingLogin | None]]:
    prefix = f"genauth_{alias}_"
    found = [
        (name, _read(text, alias))
        for name, text in request.COOKIES.items()
        if name.startswith(prefix) and len(name) == len(prefix) + _DIGITS
    ]
    return sorted(found, key=lambda each: each[1].expires_at if each[1] else 0, reverse=True)


def _read(text: str | None, alias: str) -> PendingLogin | None:
    if not text:
        return None
    try:
        return PendingLogin(**unseal(text, purpose=_purpose(alias), alias=alias))
    except (GenAuthError, TypeError):
        # TypeError: a cookie from before an update of this app, with other fields.
        return None


def _purpose(alias: str) -> str:
    return f"pending login {alias}"


def _cookie_name(alias: str, state: str) -> str:
    return f"genauth_{alias}_{_digest(state)}"


def _digest(state: str) -> str:
    return sha256(state.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
