"""Who can sign in at the stand-in, and what GenAuth would say of them.

Passwords are made at each start, in `seed`.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

# Every standard claim, as GenAuth states it of a person who filled nothing in.
_NULL_CLAIMS: Final[Mapping[str, Any]] = {
    "name": None,
    "family_name": None,
    "given_name": None,
    "middle_name": None,
    "nickname": None,
    "preferred_username": None,
    "profile": None,
    "picture": None,
    "website": None,
    "gender": None,
    "birthdate": None,
    "zoneinfo": None,
    "locale": None,
    "updated_at": None,
    "email": None,
    "email_verified": None,
    "phone_number": None,
    "phone_number_verified": None,
    "address": {
        "formatted": None,
        "street_address": None,
        "locality": None,
        "region": None,
        "postal_code": None,
        "country": None,
    },
}

# By user name. Two people without a single claim are still two people.
_CLAIMS: Final[dict[str, Mapping[str, Any]]] = {
    "ada": {
        "sub": "5ff701d846b9203e2f6ac6a1",
        "name": "Ada Lovelace",
        "family_name": "Lovelace",
        "given_name": "Ada",
        "nickname": "Ada",
        "preferred_username": "ada",
        "gender": "F",
        "birthdate": "1815-12-10",
        "zoneinfo": "Europe/London",
        "locale": "en-GB",
        "updated_at": "2026-03-15T05:54:54.685Z",
        "email": "ada@example.org",
        "email_verified": True,
        "phone_number_verified": False,
    },
    "grace": {
        "sub": "5ff701d846b9203e2f6ac6a2",
        "name": "Grace Hopper",
        "family_name": "Hopper",
        "given_name": "Grace",
        "gender": "U",
        "updated_at": "2026-03-03T06:17:14.485Z",
        "email": "grace@example.org",
        "email_verified": False,
        "phone_number": "+1 202 555 0123",
        "phone_number_verified": True,
    },
    "blank": {"sub": "5ff701d846b9203e2f6ac6a3"},
    "void": {"sub": "5ff701d846b9203e2f6ac6a4"},
}


def add(username: str, claims: Mapping[str, Any]) -> None:
    """Add claims to a person, who is a new one where nobody has the user name."""
    # A subject that is the same at each start.
    new = {"sub": hashlib.sha256(username.encode()).hexdigest()[:24]}
    _CLAIMS[username] = {**_CLAIMS.get(username, new), **claims}


def usernames() -> list[str]:
    """Return everybody's user name."""
    return list(_CLAIMS)


def claim_names() -> Iterable[str]:
    """Return the name of each claim that somebody may have."""
    names = ("sub", *_NULL_CLAIMS, *(name for claims in _CLAIMS.values() for name in claims))
    return dict.fromkeys(names)


def claims_of(username: str) -> dict[str, Any]:
    """Return all claims about a person, `sub` among them, whatever the scope."""
    return {**_NULL_CLAIMS, **_CLAIMS[username]}
