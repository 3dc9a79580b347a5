"""The middleware: follows SESSION_POLICY once a session's access token has run out.

Until then nothing is done but to read the session, where that moment stands. How a session is
renewed stands in `renewal`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.contrib import auth
from django.contrib.auth.models import AnonymousUser
from django.db import Error
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.shortcuts import render
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_protect

from django_genauth.conf import App, get_app, name_of
from django_genauth.logout import by_site
from django_genauth.outages import is_outage
from django_genauth.pages import language_of
from django_genauth.protocol.errors import GenAuthError
from django_genauth.renewal import log_end, renew
from django_genauth.scripts import SAFE_METHODS, asking_page, is_script, login_url, unauthorized
from django_genauth.sessions import registry
from django_genauth.sessions.entry import SessionEntry
from django_genauth.tracebacks import without_variables

logger = logging.getLogger("django_genauth")


class GenAuthSessionMiddleware:
    """Renew or end sessions whose access token has run out, as their app's SESSION_POLICY says.

    A session that is given another key, as by a change of the password, can still be ended from
    afar: its row is told. So is when the session was last seen, every five minutes. After a
    sign-out by a view of the site it does what SITE_LOGOUT says.

    It stands behind AuthenticationMiddleware, and before whatever asks who is signed in.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    @without_variables
    def __call__(self, request: HttpRequest) -> Any:
        """Answer in place of the site where the session is dead; else let the site answer."""
        if iscoroutinefunction(self):
            return self._answer_later(request)
        refusal, before = _look_after(request)
        if refusal is not None:
            return refusal
        response = self.get_response(request)
        if before is not None and _is_moved(request, response, before):
            registry.sync(request.session, before)
        if _is_callback_in_vain(request, response):
            _end_if_due(request)
        if by_site.is_noted(request):
            response = by_site.answer(request, response, is_script=is_script(request))
        return response

    @without_variables
    async def _answer_later(self, request: HttpRequest) -> HttpResponseBase:
        refusal: HttpResponseBase | None = None
        before: registry.Place | None = None, None
        # Nothing is read for a visitor without a session.
        if request.session.session_key is not None:
            # In a thread, as the session is read there and the provider may be asked.
            refusal, before = await sync_to_async(_look_after)(request)
        if refusal is not None:
            return refusal
        response: HttpResponseBase = await self.get_response(request)
        if before is not None and _is_moved(request, response, before):
            await sync_to_async(registry.sync)(request.session, before)
        if _is_callback_in_vain(request, response):
            await sync_to_async(_end_if_due)(request)
        if by_site.is_noted(request):
            lead_away = sync_to_async(by_site.answer)
            response = await lead_away(request, response, is_script=is_script(request))
        return response


def _look_after(request: HttpRequest) -> tuple[HttpResponseBase | None, registry.Place | None]:
    """Return what to answer in place of the site, and where the session stands.

    Nothing of both where the database is out of order: no session ends for that, and a page that
    needs the database fails by itself.
    """
    try:
        refusal = _refusal(request)
        if refusal is not None:
            return refusal, None
        before = registry.place_of(request.session)
        if not registry.touch(before[1]):
            _log_out(request)
        return None, before
    except Error as error:
        if not is_outage(error):
            raise
        logger.warning("A session was not looked after: %s", type(error).__name__)
        return None, None


def _is_moved(request: HttpRequest, response: HttpResponseBase, before: registry.Place) -> bool:
    """Return whether the session is elsewhere than before; Django saves none behind a failure."""
    return response.status_code < 500 and request.session.session_key != before[0]


def _log_out(request: HttpRequest) -> None:
    """End the session; where the database takes no writes, only this page knows nobody."""
    try:
        auth.logout(request)
    except Error as error:
        if not is_outage(error):
            raise
        request.user = AnonymousUser()
        # Else Django would try to save it, and the page would fail.
        request.session.modified = False


def _refusal(request: HttpRequest) -> HttpResponseBase | None:
    """Return what to answer in place of the site, or None where the site may answer."""
    entry = _due_entry(request)
    if entry is None:
        return None
    with language_of(request):
        return _refusal_of(request, entry)


def _refusal_of(request: HttpRequest, entry: SessionEntry) -> HttpResponseBase | None:
    app = _app(entry)
    # Where nobody can tell what the site wants, the session ends.
    policy = "unknown" if app is None else app.session_policy
    if policy == "independent":
        return None
    match = _match(request)
    if _leads_in_or_out(match):
        return None
    if app is not None and policy == "refresh" and renew(request.session, entry, app):
        return None
    response: HttpResponseBase
    if is_script(request):
        url = login_url(entry.alias, asking_page(request))
        response = unauthorized(request, url, gettext("Your sign-in has run out."))
    elif request.method not in SAFE_METHODS:
        response = _send_again(request, match, entry)
    elif policy == "reauthenticate":
        response = HttpResponseRedirect(login_url(entry.alias, request.get_full_path()))
    else:
        _log_out(request)
        return None
    add_never_cache_headers(response)
    return response


def _due_entry(request: HttpRequest) -> SessionEntry | None:
    # A visitor without a session stays one whose pages a cache may share: to look into the session
    # would make every answer vary by cookie.
    if request.session.session_key is None:
        return None
    entry = SessionEntry.read(request.session)
    return entry if entry is not None and entry.has_run_out else None


def _match(request: HttpRequest) -> ResolverMatch | None:
    try:
        return resolve(request.path_info, getattr(request, "urlconf", None))
    except Resolver404:
        return None


def _leads_in_or_out(match: ResolverMatch | None) -> bool:
    """Return whether a page of this app leads in or out, so that people can sign in again.

    Not the one that adds an identity: at a machine that somebody has left, it would give the
    account to the next person for good. Nor those that show who is signed in, where and by what.
    """
    if match is None or "genauth" not in match.app_names:
        return False
    return match.url_name not in ("link", "sessions", "session", "identities")


def _app(entry: SessionEntry) -> App | None:
    try:
        return get_app(entry.alias)
    except GenAuthError as error:
        log_end(entry, error)
        return None


def _send_again(
    request: HttpRequest, match: ResolverMatch | None, entry: SessionEntry
) -> HttpResponseBase:
    """Return a page that sends the same form again, unless another site had the browser post it.

    The site's own check of that comes later than this, or by a decorator of the view.
    """
    if match is not None and getattr(match.func, "csrf_exempt", False):
        return _session_ended(request, entry)
    return csrf_protect(_session_ended)(request, entry)


def _session_ended(request: HttpRequest, entry: SessionEntry) -> HttpResponse:
    context = {
        "login_url": login_url(entry.alias, asking_page(request)),
        "name": name_of(entry.alias),
        "enctype": request.content_type,
        "fields": [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name != "csrfmiddlewaretoken"
        ],
        "has_files": bool(request.FILES),
    }
    return render(request, "genauth/session_ended.html", context, status=403)


def _is_callback_in_vain(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Return whether somebody came back from the provider and was refused.

    Not where the provider is out of order, which passes, and what was typed can still be sent.
    """
    match = request.resolver_match
    return (
        400 <= response.status_code < 500
        and match is not None
        and match.view_name == "genauth:callback"
    )


def _end_if_due(request: HttpRequest) -> None:
    """End a session that is over, as every page would send the person to the provider again."""
    entry = _due_entry(request)
    app = None if entry is None else _app(entry)
    if app is not None and app.session_policy == "reauthenticate":
        auth.logout(request)
