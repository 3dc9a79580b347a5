"""The session as scripts of the site read it: who is signed in, until when, the ways in and out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.middleware.csrf import get_token
from django.utils.decorators import method_decorator

from django_genauth.conf import DEFAULT_ALIAS, get_app
from django_genauth.pages import Page, app_or_404, page_url
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.scripts import asking_page, login_url
from django_genauth.sessions import engine
from django_genauth.sessions.entry import SessionEntry


@method_decorator(login_not_required, name="dispatch")
class SessionView(Page):
    """The session view: tells a script of the same origin, as JSON, whoever asks.

    Another origin cannot read the answer unless the site lets it, by CORS.
    """

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponseBase:
        """Return the session; the login ends at the page of the script."""
        _require_known(alias)
        entry = SessionEntry.read(request.session)
        alias = alias if entry is None else entry.alias
        return JsonResponse(
            {
                "user": _user(request),
                "expires_at": _expires_at(request, entry),
                "csrf_token": get_token(request),
                "login_url": login_url(alias, asking_page(request)),
                "logout_url": page_url("logout", alias),
            }
        )


def _require_known(alias: str) -> None:
    """Raise Http404 for an alias that is not in GENAUTH; other mistakes are the login's to tell."""
    try:
        app_or_404(alias)
    except ConfigurationError:
        return


def _user(request: HttpRequest) -> dict[str, str] | None:
    user: Any = request.user
    if not user.is_authenticated:
        return None
    username = user.get_username()
    # Not every user model has it.
    full_name = user.get_full_name() if hasattr(user, "get_full_name") else ""
    return {"id": str(user.pk), "username": str(username), "name": full_name or str(user)}


def _expires_at(request: HttpRequest, entry: SessionEntry | None) -> str | None:
    """Return when the person has to sign in again, as ISO 8601 has it; None for nobody."""
    key = request.session.session_key
    if key is None or not request.user.is_authenticated:
        return None
    # What the session itself says is counted from now on, however old it is.
    ends = engine.living([key]).get(key) or request.session.get_expiry_date()
    moments = [ends.timestamp()]
    if entry is not None and entry.expires_at is not None and _is_asked_again(entry):
        moments.append(entry.expires_at)
    return datetime.fromtimestamp(min(moments), tz=UTC).isoformat(timespec="seconds")


def _is_asked_again(entry: SessionEntry) -> bool:
    try:
        return get_app(entry.alias).session_policy == "reauthenticate"
    except ConfigurationError:
        return False
