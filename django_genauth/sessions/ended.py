"""Marks of people whom the provider signed out, for logins that are under way at that moment.

Such a login has no session yet that could be ended. Which sessions there are stands in `registry`.
"""

from __future__ import annotations

import time
from hashlib import sha256
from typing import Final

from django_genauth.conf import App
from django_genauth.conf.shared_cache import ForgivingCache

# Shared by all processes of the site. Where the cache is out of order no login comes to its end.
_MARKS: Final = ForgivingCache()


def mark(app: App, issuer: str, *, subject: str | None, sid: str | None, until: float = 0) -> None:
    """Mark a person, or one of their sessions at the provider, as signed out.

    Logins that began before `until` (seconds since the epoch; else now) come to nothing. A session
    id is narrower than a subject, so the subject counts only without one.
    """
    named = ("sid", sid) if sid is not None else ("sub", subject)
    # A pending login lives so long.
    _MARKS.set(_key(issuer, *named), until or time.time(), timeout=app.login_ttl + 60)


def is_marked(issuer: str, *, subject: str, sid: str | None, since: float) -> bool:
    """Return whether a person, or their session at the provider, was marked since then."""
    marks = [_MARKS.get(_key(issuer, "sub", subject))]
    if sid is not None:
        marks.append(_MARKS.get(_key(issuer, "sid", sid)))
    return any(at is not None and at >= since for at in marks)


def _key(issuer: str, kind: str, value: str | None) -> str:
    named = f"{kind}\n{issuer}\n{value}".encode("utf-8", "surrogatepass")
    return f"genauth:ended:{sha256(named).hexdigest()}"
