"""The entry of this app in the session, which a login writes.

No secret may stand in it: some sites keep their sessions in cookies that the browser can read.
"""

from __future__ import annotations

import time
from dataclasses import astuple, dataclass, fields
from typing import Final, Self

from django.contrib.sessions.backends.base import SessionBase

_KEY: Final = "_genauth"
# What the first version wrote.
_FEWEST: Final = 3


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """How the session began, and when SESSION_POLICY looks after it.

    Both times are seconds since the epoch. `auth_time` is when the person showed who they are, None
    where nobody told. `expires_at` is when the access token runs out, or when a provider that could
    not renew it is to be asked again; None where nobody knows. `login_session` and `grant` are the
    numbers of the session's row and of its grant's, None where there is none.
    """

    alias: str
    identity_id: int
    auth_time: float | None
    # Sessions that began with an earlier version do not have these.
    expires_at: float | None = None
    login_session: int | None = None
    grant: int | None = None

    @classmethod
    def read(cls, session: SessionBase) -> Self | None:
        """Return the entry, or None where the session did not begin with this app.

        A later version may have written more members, which are left out: a site that goes back to
        this one lets people go on. What no version wrote is no entry.
        """
        kept = session.get(_KEY)
        known = kept[: len(fields(cls))] if isinstance(kept, list | tuple) else ()
        if len(known) < _FEWEST:
            return None
        alias, identity_id, *others = known
        if not isinstance(alias, str) or not isinstance(identity_id, int):
            return None
        if not all(each is None or isinstance(each, int | float) for each in others):
            return None
        return cls(*known)

    def write(self, session: SessionBase) -> None:
        """Write the entry in place of the one that was there."""
        session[_KEY] = list(astuple(self))

    @property
    def has_run_out(self) -> bool:
        """Return whether `expires_at` has passed."""
        return self.expires_at is not None and self.expires_at <= time.time()
