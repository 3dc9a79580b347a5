"""Sign-outs by another view of the site: what SITE_LOGOUT does after them.

Django's admin and most products have a "Log out" of their own, of which the provider learns
nothing. What ends a session besides, a middleware say, is no sign-out: nobody asked for it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from urllib.parse import parse_qsl, urljoin, urlsplit

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect

from django_genauth.conf import DEFAULT_ALIAS, App, get_app
from django_genauth.log_lines import log_line
from django_genauth.logout import flow, pending
from django_genauth.logout.flow import Departure
from django_genauth.logout.unrecorded import is_unrecorded
from django_genauth.pages import LONGEST_NEXT
from django_genauth.protocol.errors import GenAuthError
from django_genauth.sessions import next_login, turns
from django_genauth.sessions.entry import SessionEntry


@dataclass(frozen=True, slots=True)
class _SiteLogout:
    app: App
    departure: Departure | None


def note(*, request: HttpRequest | None, **_: object) -> None:
    """Note that a view of the site signs somebody out (`user_logged_out`)."""
    match = getattr(request, "resolver_match", None)
    session = getattr(request, "session", None)
    if match is None or session is None or "genauth" in match.app_names:
        return
    entry = SessionEntry.read(session)
    if entry is None and not is_unrecorded(session):
        return
    try:
        app = get_app(DEFAULT_ALIAS if entry is None else entry.alias)
        if app.site_logout != "local":
            # Now, as nothing of the sign-in is left afterwards.
            leads_away = app.site_logout == "provider"
            departure = flow.depart(entry, app) if entry is not None and leads_away else None
            request.genauth_site_logout = _SiteLogout(app, departure)  # type: ignore[union-attr] # read below
    except GenAuthError as error:
        # Whoever wants to leave has to get out.
        log_line(
            logging.WARNING,
            "logout_local",
            "The provider is not told of a sign-out",
            code=error.code,
        )


def is_noted(request: HttpRequest) -> bool:
    """Return whether a view of the site has signed somebody out in this request."""
    return hasattr(request, "genauth_site_logout")


def answer(
    request: HttpRequest, response: HttpResponseBase, *, is_script: bool
) -> HttpResponseBase:
    """Return the site's answer with a mark for the next login, or the way to the provider's end."""
    noted: _SiteLogout = request.genauth_site_logout  # type: ignore[attr-defined] # set by `note`
    if request.user.is_authenticated or _asks_for_login(request, response):
        return response
    away = None
    if noted.departure is not None and not is_script:
        away = _lead_away(request, response, noted.departure)
    if away is None:
        next_login.ask(response, request)
    away = away or response
    turns.forget(away, request)
    return away


def _asks_for_login(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Return whether the page that was asked for wants another login: that is no sign-out."""
    query = urlsplit(response.get("Location", "")).query
    return request.get_full_path() in dict(parse_qsl(query)).values()


def _lead_away(
    request: HttpRequest, response: HttpResponseBase, departure: Departure
) -> HttpResponseBase | None:
    """Return a redirect to the provider's sign-out, and then to where the site's view leads."""
    location = response.get("Location", "")
    next_url = urljoin(request.path, location) if location else ""
    try:
        found = flow.lead_away(
            request, departure, next_url=next_url if len(next_url) <= LONGEST_NEXT else ""
        )
    except GenAuthError as error:
        log_line(
            logging.WARNING,
            "logout_local",
            "Signed out here alone",
            code=error.code,
            app=departure.app.alias,
        )
        return None
    if found is None:
        return None
    url, app, logout = found
    away = HttpResponseRedirect(url)
    # What the site's view sets or deletes counts all the same.
    away.cookies = response.cookies
    pending.put(away, request, app, logout)
    return away
