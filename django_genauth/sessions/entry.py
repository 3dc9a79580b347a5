"""The entry of this app in the session, which a login writes.

No secret may stand in it: some sites keep their sessions in cookies that the browser can read.
"""

from __future__ import annotations

import time
from dataclasses import astuple, dataclass
from typing import Final, Self

from django.contrib.sessions.backends.base import SessionBase

_KEY: Final = "_genauth"


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
        """Return the entry, or None where the session did not begin with this app."""
        kept = session.get(_KEY)
        return None if kept is None else cls(*kept)

    def write(self, session: SessionBase) -> None:
        """Write the entry in place of the one that was there."""
        session[_KEY] = list(astuple(self))

    @property
    def has_run_out(self) -> bool:
        """Return whether `expires_at` has passed."""
        return self.expires_at is not None and self.expires_at <= time.time()
