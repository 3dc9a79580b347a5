"""The answer that begins a login: a redirect to the provider, or what stands in its place.

It serves the views of this app and the decorators of a site's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext

from django_genauth.another_account import way_to_another_account
from django_genauth.conf import App
from django_genauth.login import flow, pending
from django_genauth.login.failures import refusal
from django_genauth.pages import answer_in_advance, app_or_404, is_in_advance, page_url
from django_genauth.protocol.errors import GenAuthError
from django_genauth.scripts import asking_page, is_script, login_url, unauthorized
from django_genauth.sessions import next_login, turns
from django_genauth.tracebacks import without_variables


@without_variables
def begin(
    request: HttpRequest,
    alias: str,
    *,
    next_url: str,
    link: bool = False,
    max_age: int | None = None,
    initiation: Iterable[tuple[str, str]] = (),
    parameters: Mapping[str, str] | None = None,
    is_second_try: bool = False,
    asks: bool = False,
) -> HttpResponseBase:
    """Redirect to the provider and set the cookie of the pending login, or show a failure page.

    A script is told where the login is, as it could not follow to another origin.
    """
    try:
        app = app_or_404(alias)
        if is_script(request) and not link:
            return unauthorized(request, *_way_for_script(request, alias, max_age))
        unseen = _answer_unseen(request)
        if unseen is not None and app.client.delivery.pushes():
            return unseen
        asks = asks or (next_login.asks(request) and not link)
        if asks and not flow.can_ask(app.client):
            return _between(request, app, next_url)
        url, login = flow.begin(
            request,
            app,
            next_url=next_url,
            link=link,
            max_age=max_age,
            initiation=initiation,
            parameters=parameters,
            is_second_try=is_second_try,
            asks=asks,
        )
    except GenAuthError as error:
        return refusal(request, error, alias, next_url, link=link)
    response = HttpResponseRedirect(url)
    pending.put(response, request, app, login)
    if asks and not next_login.asks(request):
        # However often the person begins anew before they have answered.
        next_login.ask(response, request)
    return response


def _answer_unseen(request: HttpRequest) -> HttpResponse | None:
    """Return the answer to a request whose answer nobody reads, or None for any other.

    No authorization request is pushed for it: a provider keeps each, and counts them.
    """
    if is_in_advance(request):
        return answer_in_advance()
    return HttpResponse(status=204) if request.method == "HEAD" else None


def _between(request: HttpRequest, app: App, next_url: str) -> HttpResponse:
    """Return a page between a sign-out and a login, once: the provider cannot be told to ask."""
    again = f"{page_url('login', app.alias)}?{urlencode({'next': next_url})}"
    context = {"login_url": again, "name": app.name, **way_to_another_account(app.alias, next_url)}
    response = render(request, "genauth/still_signed_in.html", context)
    next_login.forget(response)
    turns.forget(response, request)
    return response


def _way_for_script(request: HttpRequest, alias: str, max_age: int | None) -> tuple[str, str]:
    """Return the login's address, which ends at the page of a script, and why it is needed."""
    page = asking_page(request)
    if max_age is None:
        return login_url(alias, page), gettext("Please sign in.")
    # Asked for as well as named: at a provider that counts no time, it is new all the same.
    again = login_url(alias, page, prompt="login", max_age=str(max_age))
    return again, gettext("Please sign in again.")
