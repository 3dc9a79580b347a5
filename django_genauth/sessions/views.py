"""The page on which people see where they are signed in, and end other sessions.

Sessions that began otherwise than with this app, with a password say, are not known here.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.generic import View

from django_genauth.models import LoginSession
from django_genauth.pages import way_back
from django_genauth.protocol.errors import SealError
from django_genauth.sessions import registry
from django_genauth.user_agent import browser_in_words

logger = logging.getLogger("django_genauth")

_MOST_SHOWN: Final = 100


@method_decorator(never_cache, name="dispatch")
@method_decorator(csrf_protect, name="dispatch")
class OwnSessionsView(LoginRequiredMixin, View):
    """Show people their own sessions, and end the others."""

    http_method_names = ["get", "head", "post", "options"]

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Show the sessions, this one first."""
        return self._page(request)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """End one of the others, by the number of its row, or all of them."""
        chosen = _others(request)
        if "others" not in request.POST:
            chosen = chosen.filter(pk=_number(request.POST.get("session", "")))
            if not chosen:
                raise Http404
        ending = list(chosen)
        try:
            registry.end(ending)
        except SealError as error:
            logger.error("A person's session was not ended: code=%s", error.code)
            return self._page(request, is_any_left=True)
        # A site may do without messages.
        messages.success(request, _told(request, ending), fail_silently=True)
        return HttpResponseRedirect(request.get_full_path())

    def _page(self, request: HttpRequest, *, is_any_left: bool = False) -> HttpResponse:
        all_others = _others(request)
        others = list(all_others.order_by("-seen_at", "-pk")[:_MOST_SHOWN])
        # Most people have few, who need not be counted.
        not_shown = all_others.count() - _MOST_SHOWN if len(others) == _MOST_SHOWN else 0
        this = _mine(request).filter(pk=_this(request)).first()
        for session in filter(None, (this, *others)):
            session.browser = browser_in_words(session.user_agent)  # type: ignore[attr-defined] # for the template
        context = {
            "this": this,
            "others": others,
            "not_shown": not_shown,
            "is_any_left": is_any_left,
            "person": _person(request),
            "back_url": way_back(request),
        }
        response = render(request, "genauth/sessions.html", context)
        response["Referrer-Policy"] = "same-origin"
        return response


def _person(request: HttpRequest) -> str:
    """Return what people call the account: its full name, or else its user name."""
    user: Any = request.user
    full_name = user.get_full_name() if hasattr(user, "get_full_name") else ""
    return full_name or str(user)


def _told(request: HttpRequest, ending: list[LoginSession]) -> str:
    """Return what was done, for the person who asked for it."""
    if "others" in request.POST:
        return ngettext(
            "Signed out in %(count)d other browser.",
            "Signed out in %(count)d other browsers.",
            len(ending),
        ) % {"count": len(ending)}
    return _("Signed out: %(browser)s") % {"browser": browser_in_words(ending[0].user_agent)}


def _mine(request: HttpRequest) -> QuerySet[LoginSession]:
    return registry.rows().filter(identity__user=request.user.pk)


def _others(request: HttpRequest) -> QuerySet[LoginSession]:
    return _mine(request).exclude(pk=_this(request))


def _this(request: HttpRequest) -> int:
    """Return the number of the row of the session that asks, or one that no row has."""
    return registry.place_of(request.session)[1] or 0


def _number(text: str) -> int:
    """Return a number that a row may have, or one that no row has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
