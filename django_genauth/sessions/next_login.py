"""A mark in the browser: its next login asks the person who they are.

Set after a sign-out that the provider knows nothing of. Without it, the next page that asks for a
login would sign the same person in again, and nobody could leave.
"""

from __future__ import annotations

import time
from typing import Final

from django.http import HttpRequest, HttpResponseBase

# Nothing in it is secret: whoever sets it has a person asked once more.
_NAME: Final = "genauth_ask"
# In seconds, for a provider that knows a person for long. A login takes it away.
_LONGEST: Final = 30 * 24 * 3600
_DIGITS: Final = 12
# In seconds, as one request may both begin a login and set the mark.
_SLACK: Final = 2


def ask(response: HttpResponseBase, request: HttpRequest) -> None:
    """Set the mark."""
    response.set_cookie(
        _NAME,
        str(int(time.time())),
        max_age=_LONGEST,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def asks(request: HttpRequest) -> bool:
    """Return whether the mark is set in this browser."""
    return bool(request.COOKIES.get(_NAME))


def forget_if_asked(response: HttpResponseBase, request: HttpRequest, began: float) -> None:
    """Delete the mark after a login that began with it; `began` is in epoch seconds.

    With an answer that is posted the browser shows no mark, and one that is there is deleted.
    """
    mark = request.COOKIES.get(_NAME) or ("" if request.method == "GET" else "0")
    if mark.isascii() and mark.isdigit() and len(mark) < _DIGITS and int(mark) <= began + _SLACK:
        forget(response)


def forget(response: HttpResponseBase) -> None:
    """Delete the mark."""
    response.delete_cookie(_NAME, samesite="Lax")
