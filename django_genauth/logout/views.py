"""The logout page: asks, signs out, and takes people back from the provider.

What has to happen in which order stands in `flow`.
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import RedirectURLMixin
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect

from django_genauth.another_account import way_to_another_account
from django_genauth.conf import DEFAULT_ALIAS, name_of
from django_genauth.log_lines import log_line
from django_genauth.logout import flow, pending
from django_genauth.logout.unrecorded import is_unrecorded
from django_genauth.pages import (
    LONGEST_NEXT,
    Page,
    app_or_404,
    hide_parameters,
    own_page,
    page_url,
)
from django_genauth.protocol.errors import GenAuthError
from django_genauth.sessions import next_login, turns


@method_decorator(login_not_required, name="dispatch")
@method_decorator(csrf_protect, name="dispatch")
class LogoutView(RedirectURLMixin, Page):
    """The logout view: ends the session here and at the provider, which sends people back to it.

    By POST alone: a link that another site makes the browser open must sign nobody out.
    """

    def get(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponseBase:
        """Ask people who are signed in; send others on, or show that they are signed out."""
        next_url, state = self._next_url(), request.GET.get("state")
        hide_parameters(request)
        if request.user.is_authenticated:
            return render(request, "genauth/sign_out.html", {"next": next_url})
        logout = self._pending(request, alias, state)
        # Without the state of this browser's own logout, `next` was never asked for.
        landing = logout.next_url if logout else ""
        response = self._signed_out(landing, alias)
        if logout is not None:
            pending.forget(response, logout)
        return response

    def post(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponseBase:
        """Sign out."""
        next_url, is_known = self._next_url(), request.user.is_authenticated
        is_left_there = is_unrecorded(request.session)
        try:
            known_there = app_or_404(alias) if "at_provider" in request.POST else None
            away = flow.begin(request, next_url=next_url, known_there=known_there)
        except GenAuthError as error:
            log_line(
                logging.WARNING,
                "logout_local",
                "Signed out here alone",
                error,
                code=error.code,
                app=alias,
            )
            return self._page(next_url, alias, is_provider_unreachable=True)
        if away is None:
            response = HttpResponseRedirect(next_url or page_url("logout", alias))
        else:
            url, app, logout = away
            response = HttpResponseRedirect(url)
            pending.put(response, request, app, logout)
        # The site may also have ended a login at once, and the provider knows the person still.
        is_left_there |= turns.forget(response, request) and not is_known
        if is_left_there:
            next_login.ask(response, request)
        return response

    def _pending(
        self, request: HttpRequest, alias: str, state: str | None
    ) -> pending.PendingLogout | None:
        try:
            return pending.find(request, app_or_404(alias), state)
        except GenAuthError:
            # Whatever the settings are, whoever is signed out is told so.
            return None

    def _next_url(self) -> str:
        asked = self.get_redirect_url()
        # Those are over for whoever has signed out.
        is_over = own_page(asked) in ("callback", "logout")
        return asked if len(asked) <= LONGEST_NEXT and not is_over else ""

    def _signed_out(self, next_url: str, alias: str) -> HttpResponseBase:
        if next_url:
            return HttpResponseRedirect(next_url)
        if settings.LOGOUT_REDIRECT_URL:
            url = resolve_url(settings.LOGOUT_REDIRECT_URL)
            if own_page(url) not in ("callback", "logout"):
                return HttpResponseRedirect(url)
        return self._page("", alias, is_provider_unreachable=False)

    def _page(
        self, next_url: str, alias: str, *, is_provider_unreachable: bool
    ) -> HttpResponseBase:
        context = {
            "login_url": page_url("login", alias),
            "name": name_of(alias),
            "next": next_url,
            "is_provider_unreachable": is_provider_unreachable,
            **way_to_another_account(alias, next_url),
        }
        return render(self.request, "genauth/signed_out.html", context)
