"""The brake for logins that do not hold: how often a browser has signed in for the same page.

A site may end the session again, or ask for more than the person may do, and lead back to the
login. The provider knows the person and sends them back at once: round and round, without a word.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from django.http import HttpRequest, HttpResponseBase

from django_genauth import cookies
from django_genauth.conf import App

COOKIE: Final = "genauth_turns"
_PURPOSE: Final = "turns"
_MOST: Final = 3
# In seconds.
_WITHIN: Final = 60
_LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """The latest logins of a browser for one page, sealed in a cookie.

    `page` is a digest of where they ended, `at` when they did (epoch seconds), `user` the key of
    the user as text, and `name` what people call them.
    """

    page: str
    user: str
    name: str
    at: list[float]

    @classmethod
    def read(cls, request: HttpRequest, app: App) -> Self | None:
        """Return the logins of the last minute, or None."""
        found = cookies.opened(request.COOKIES.get(COOKIE), cls, purpose=_PURPOSE, app=app)
        return found if found is not None and found.at[-1] > time.time() - _WITHIN else None

    def are_too_many(self, next_url: str) -> bool:
        """Return whether another login for a page would be one too many."""
        oldest = self.at[0]
        is_full = len(self.at) >= _MOST and oldest > time.time() - _WITHIN
        return is_full and self.page == _digest(next_url)


def count(response: HttpResponseBase, request: HttpRequest, app: App, next_url: str) -> None:
    """Count a login that has just ended well."""
    before, user, page = Turns.read(request, app), str(request.user.pk), _digest(next_url)
    is_same = before is not None and (before.page, before.user) == (page, user)
    at = [*(before.at if is_same and before else []), time.time()][-_MOST:]
    # Set on the user of this request; the name on the site may be made of a digest.
    name = request.user.genauth_identity.person[:_LONGEST_NAME]  # type: ignore[union-attr] # as said
    turns = Turns(page=page, user=user, name=name, at=at)
    response.set_cookie(
        COOKIE,
        cookies.sealed(turns, purpose=_PURPOSE, app=app),
        max_age=_WITHIN,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def is_any(request: HttpRequest) -> bool:
    """Return whether logins of this browser were counted, without opening what says which."""
    return bool(request.COOKIES.get(COOKIE))


def forget(response: HttpResponseBase, request: HttpRequest) -> bool:
    """Forget the logins of a browser whose person leaves; return whether there were any."""
    if not is_any(request):
        return False
    response.delete_cookie(COOKIE, samesite="Lax")
    return True


def _digest(next_url: str) -> str:
    return sha256(next_url.encode("utf-8", "surrogatepass")).hexdigest()[:16]
