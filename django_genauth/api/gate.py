"""The gate of an API view: the token of a request is taken and verified, and its bearer set on it.

Which token is good stands in `verification`, what a refusal looks like in `answers`. How a view of
Django, DRF or Ninja is wrapped stands with each of them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse

from django_genauth.api.answers import refusal
from django_genauth.api.bearer import Bearer
from django_genauth.api.possession import token_in
from django_genauth.api.verification import verify
from django_genauth.conf import App, get_app
from django_genauth.protocol.bearer import Requirements, without_token
from django_genauth.protocol.errors import BearerError, GenAuthError
from django_genauth.sessions.entry import SessionEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Let in who shows a token that is good for a view, and with `session` who is signed in."""

    alias: str
    needed: Requirements
    session: bool = False

    def check(self, request: HttpRequest) -> HttpResponse | None:
        """Set `request.bearer` and the request's user, or return the refusal.

        The bearer is None where the session let somebody in.
        """
        app = None
        try:
            app = get_app(self.alias)
            token = token_in(request)
            if token is not None:
                set_bearer(request, verify(token, app, self.needed))
            else:
                self._check_session(request, app)
        except GenAuthError as error:
            return refusal(request, error, app, self.alias)
        return None

    def _check_session(self, request: HttpRequest, app: App) -> None:
        # Only where no token was sent: a bad one never falls back to the session, which may be
        # somebody else's.
        user = getattr(request, "user", None) if self.session else None
        if user is None or not user.is_authenticated:
            raise without_token()
        if not self._is_recent(request, app):
            raise BearerError(
                "The session does not show how and when the person signed in, or it was too long"
                " ago.",
                reason="authentication",
                error="insufficient_user_authentication",
                acr_values=self.needed.acr_values,
                max_age=self.needed.max_age,
            )
        request.bearer = None  # type: ignore[attr-defined] # the name that sites know

    def _is_recent(self, request: HttpRequest, app: App) -> bool:
        if self.needed.acr_values:
            # No session keeps it.
            return False
        if self.needed.max_age is None:
            return True
        entry = SessionEntry.read(request.session)
        if entry is None or entry.auth_time is None:
            return False
        oldest = time.time() - self.needed.max_age - app.client.registration.leeway
        return entry.auth_time >= oldest


def set_bearer(request: HttpRequest, bearer: Bearer) -> None:
    """Make a bearer the request's, and its user the request's user, whoever has a session."""
    user: Any = bearer.user if bearer.user is not None else AnonymousUser()

    async def auser() -> Any:
        return user

    request.bearer = bearer  # type: ignore[attr-defined] # the name that sites know
    request.user = user
    request.auser = auser
