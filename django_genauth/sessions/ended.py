"""Marks of people who were signed out from afar, for what has no session that could be ended.

That is a login under way at that moment, and an access token that the person holds. Which sessions
there are stands in `registry`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from django_genauth.conf.shared_cache import ForgivingCache
from django_genauth.models import Identity

# Shared by all processes of the site. Where the cache is out of order no login comes to its end.
_MARKS: Final = ForgivingCache()
# In seconds: longer than a pending login or, as a rule, an access token lives.
_KEPT: Final = 86_400


def mark(issuer: str, *, subject: str | None, sid: str | None = None, until: float = 0) -> None:
    """Mark a person, or one of their sessions at the provider, as signed out.

    Logins that began before `until` (seconds since the epoch; else now) come to nothing, and access
    tokens issued before are refused. A session id is narrower than a subject, so the subject counts
    only without one; but for a token that names no session.
    """
    at = until or time.time()
    if sid is not None:
        _MARKS.set(_key(issuer, "sid", sid), at, timeout=_KEPT)
    if subject is not None:
        kinds = ("any",) if sid is not None else ("any", "sub")
        for kind in kinds:
            _MARKS.set(_key(issuer, kind, subject), at, timeout=_KEPT)


def mark_identities(identities: Iterable[Identity]) -> None:
    """Mark the people whose identities these are."""
    for identity in identities:
        mark(identity.issuer, subject=identity.subject)


def mark_answers(issuer: str, *, subject: str) -> None:
    """Have the provider asked anew about a person's access tokens, some of which were revoked."""
    _MARKS.set(_key(issuer, "answers", subject), time.time(), timeout=_KEPT)


def is_marked(issuer: str, *, subject: str, sid: str | None, since: float) -> bool:
    """Return whether a person, or their session at the provider, was marked since then."""
    marks = [_MARKS.get(_key(issuer, "sub", subject))]
    if sid is not None:
        marks.append(_MARKS.get(_key(issuer, "sid", sid)))
    return any(at is not None and at >= since for at in marks)


def is_token_marked(issuer: str, *, subject: str, sid: str | None, issued_at: float) -> bool:
    """Return whether the person of an access token was marked since it was issued.

    A token that names a session at the provider ends with that; another one with any of them.
    """
    if sid is not None:
        return is_marked(issuer, subject=subject, sid=sid, since=issued_at)
    at = _MARKS.get(_key(issuer, "any", subject))
    return at is not None and at >= issued_at


def are_answers_marked(issuer: str, *, subject: str, asked_at: float) -> bool:
    """Return whether the provider has to be asked anew about a person's access tokens."""
    at = _MARKS.get(_key(issuer, "answers", subject))
    return at is not None and at >= asked_at


def _key(issuer: str, kind: str, value: str | None) -> str:
    named = f"{kind}\n{issuer}\n{value}".encode("utf-8", "surrogatepass")
    return f"genauth:ended:{sha256(named).hexdigest()}"
