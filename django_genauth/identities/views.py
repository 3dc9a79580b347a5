"""The page on which people see how they can sign in, connect an identity, and remove one.

How an identity is connected stands in `login`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import auth, messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import transaction
from django.db.models import Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect

from django_genauth.conf import DEFAULT_ALIAS, App, aliases, get_app, is_alias, name_of_issuer
from django_genauth.models import Grant, Identity, LoginSession, rows_on_primary
from django_genauth.pages import Page, page_url, way_back
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.sessions.entry import SessionEntry


@method_decorator(csrf_protect, name="dispatch")
class IdentitiesView(LoginRequiredMixin, Page):
    """Show people their own identities, and remove one."""

    http_method_names = ["get", "head", "post", "options"]

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Show the identities, the oldest first."""
        identities = list(_mine(request).order_by("pk"))
        last_used = _last_used(identities)
        entry = SessionEntry.read(request.session)
        shown = [
            {
                "number": each.pk,
                "name": name_of_issuer(each.issuer),
                "person": each.person,
                "since": each.created_at,
                "last_used": last_used.get(each.pk),
                "is_current": entry is not None and entry.identity_id == each.pk,
            }
            for each in identities
        ]
        context = {
            "identities": shown,
            "may_remove": _may_remove(request, len(shown)),
            "connectable": [_way_to_connect(app, request) for app in _connectable()],
            "back_url": way_back(request),
        }
        return render(request, "genauth/identities.html", context)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Remove one, by the number of its row; a session that began with it ends."""
        entry, number = SessionEntry.read(request.session), request.POST.get("identity", "")
        mine = _mine(request)
        # In turn, lest two requests at once remove one each, and leave none.
        with transaction.atomic(using=mine.db):
            identities = {str(each.pk): each for each in mine.select_for_update()}
            identity = identities.get(number)
            if identity is None:
                raise Http404
            is_removed = _may_remove(request, len(identities))
            if is_removed:
                identity.delete()
        if not is_removed:
            text = _("This is the only way to sign in to your account, so it stays.")
            messages.error(request, text, fail_silently=True)
            return HttpResponseRedirect(request.get_full_path())
        is_current = entry is not None and str(entry.identity_id) == number
        if is_current:
            # Its row went with the identity, so that nobody could end it from afar any more.
            auth.logout(request)
        named = {"name": name_of_issuer(identity.issuer), "person": identity.person}
        text = _("You cannot sign in with %(name)s as %(person)s any more.") % named
        # A site may do without messages.
        messages.success(request, text, fail_silently=True)
        away = page_url("logout", DEFAULT_ALIAS) if is_current else request.get_full_path()
        return HttpResponseRedirect(away)


def _mine(request: HttpRequest) -> QuerySet[Identity]:
    return rows_on_primary(Identity).filter(user=request.user.pk)


def _may_remove(request: HttpRequest, count: int) -> bool:
    """Return whether a person who has so many identities could sign in with one less."""
    user: Any = request.user
    return count > 1 or bool(user.has_usable_password())


def _last_used(identities: list[Identity]) -> dict[int, datetime]:
    """Return when each identity was last used, as far as sessions and grants still tell."""
    used: dict[int, datetime] = {}
    for model, column in ((LoginSession, "seen_at"), (Grant, "created_at")):
        rows = rows_on_primary(model).filter(identity__in=[each.pk for each in identities])
        for number, moment in rows.values_list("identity").annotate(Max(column)):
            used[number] = max(moment, used.get(number, moment))
    return used


def _connectable() -> list[App]:
    """Return an app of each issuer, without those whose settings cannot work."""
    found: dict[str, App] = {}
    for alias in filter(is_alias, aliases()):
        try:
            app = get_app(alias)
        except ConfigurationError:
            continue
        found.setdefault(app.client.registration.issuer, app)
    return list(found.values())


def _way_to_connect(app: App, request: HttpRequest) -> dict[str, str]:
    query = urlencode({"next": request.get_full_path()})
    return {"name": app.name, "url": f"{page_url('link', app.alias)}?{query}"}
