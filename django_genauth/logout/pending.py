"""The pending logout: what is needed when people come back from the provider's sign-out.

In a cookie of its own, as a pending login is: the session is over by then.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final

from django.http import HttpRequest, HttpResponseBase

from django_genauth import cookies
from django_genauth.conf import App

# In seconds: time to answer whether one wants to sign out there too.
_TTL: Final = 600
_PURPOSE: Final = "pending logout"


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingLogout:
    """A logout between leaving and coming back.

    `state` is what the provider hands back, None where its page knows of none. `next_url` is where
    the person lands, empty where they asked for no page. `path` is where the browser shows the
    cookie. `expires_at` is in epoch seconds.
    """

    alias: str
    state: str | None = field(repr=False)
    next_url: str
    path: str
    expires_at: float = field(default_factory=lambda: time.time() + _TTL)


def put(response: HttpResponseBase, request: HttpRequest, app: App, pending: PendingLogout) -> None:
    """Set the cookie; one for each app, as a browser signs out once."""
    response.set_cookie(
        _cookie_name(pending.alias),
        cookies.sealed(pending, purpose=_PURPOSE, app=app),
        max_age=_TTL,
        path=pending.path,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def find(request: HttpRequest, app: App, state: str | None) -> PendingLogout | None:
    """Return the logout that a state belongs to, or None (RP-Initiated Logout 1.0, section 3)."""
    text = request.COOKIES.get(_cookie_name(app.alias))
    pending = cookies.opened(text, PendingLogout, purpose=_PURPOSE, app=app)
    if pending is None or pending.expires_at <= time.time():
        return None
    if pending.state is None:
        return pending
    given = (state or "").encode("utf-8", "surrogatepass")
    return pending if compare_digest(pending.state.encode(), given) else None


def forget(response: HttpResponseBase, pending: PendingLogout) -> None:
    """Delete the cookie of a logout that is over."""
    response.delete_cookie(_cookie_name(pending.alias), path=pending.path, samesite="Lax")


def _cookie_name(alias: str) -> str:
    # Not as long as that of a pending login, whose name begins likewise.
    return f"genauth_{alias}_logout"
