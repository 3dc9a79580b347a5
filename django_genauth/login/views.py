"""The login, link and callback pages: method, status, template and headers of each.

What has to happen in which order stands in `flow`; how a login begins, in `beginning`; what is
shown to those whose sign-in is refused, in `failures`.
"""

from __future__ import annotations

from collections.abc import Iterable
from secrets import token_urlsafe
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import RedirectURLMixin
from django.db import Error, transaction
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    QueryDict,
)
from django.shortcuts import render, resolve_url
from django.urls import get_script_prefix, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from django_genauth.conf import DEFAULT_ALIAS, App
from django_genauth.login import flow, own_links, pending
from django_genauth.login.beginning import begin
from django_genauth.login.failures import refusal, sent_back
from django_genauth.login.pending import PendingLogin
from django_genauth.login.successes import note_success
from django_genauth.outages import is_outage, unavailable
from django_genauth.pages import (
    LONGEST_NEXT,
    Page,
    app_or_404,
    hide_parameters,
    own_page,
    pairs,
)
from django_genauth.protocol.errors import (
    GenAuthError,
    LoginRequestError,
)
from django_genauth.protocol.jarm import unverified_state
from django_genauth.scripts import is_script, unauthorized
from django_genauth.sessions import next_login, turns

# In characters; servers take an address of about 8,000.
_LONGEST_INITIATION: Final = 4_000


class _Beginning(RedirectURLMixin, Page):
    """A base of the login and link views: they send the browser to the provider."""

    def begin(
        self, alias: str, *, link: bool, initiation: Iterable[tuple[str, str]] = ()
    ) -> HttpResponseBase:
        """Redirect to the provider; the login ends at the page asked for."""
        next_url = self.get_success_url()
        if len(next_url) > LONGEST_NEXT or _is_over(next_url):
            next_url = self.get_default_redirect_url()
        asks = own_links.asks(self.request, initiation)
        is_answered = asks or is_script(self.request)
        if not is_answered and (refused := self._too_many_turns(alias, next_url)) is not None:
            return refused
        return begin(
            self.request, alias, next_url=next_url, link=link, initiation=initiation, asks=asks
        )

    def get_default_redirect_url(self) -> str:
        """Return where people land who asked for no page."""
        return default_landing()

    def _too_many_turns(self, alias: str, next_url: str) -> HttpResponse | None:
        """Return a page for somebody whom the site sends back after each login, else None."""
        if not turns.is_any(self.request):
            return None
        found = turns.Turns.read(self.request, app_or_404(alias))
        if found is None or not found.are_too_many(next_url):
            return None
        return sent_back(self.request, alias, next_url, user=found.user, name=found.name)


def default_landing() -> str:
    """Return where people land who asked for no page, or for one of this app that is over."""
    url = resolve_url(settings.LOGIN_REDIRECT_URL)
    return get_script_prefix() if _is_over(url) else url


def _is_over(url: str) -> bool:
    """Return whether a page has nothing to show to somebody who has just signed in."""
    return own_page(url) in ("login", "callback", "logout")


@method_decorator(login_not_required, name="dispatch")
# Another site may begin a login, by a link or by a form (OIDC Core 4). It gains nothing: the state
# stays in this browser, and who the person is they tell the provider themselves.
@method_decorator(csrf_exempt, name="dispatch")
class LoginView(_Beginning):
    """The login view: begins a login that ends at `next`, or at `target_link_uri`."""

    def get(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponseBase:
        """Redirect to the provider."""
        if "iss" in request.GET:
            # Checked as `next` is, or this were an open redirect.
            self.redirect_field_name = "target_link_uri"
        return self.begin(alias, link=False, initiation=pairs(request.GET.lists()))

    def post(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponseBase:
        """Redirect to the same page by GET.

        With another site's POST the browser brings no cookie, so that the pending logins of many
        could not be counted, and would fill the header until the server refuses it.
        """
        query = request.POST.urlencode()
        if len(query) > _LONGEST_INITIATION:
            error = LoginRequestError("The request is too long.", reason="too_long")
            return refusal(request, error, alias, default_landing(), link=False)
        return HttpResponseRedirect(f"{request.path}?{query}")


@method_decorator(login_not_required, name="dispatch")
@method_decorator(csrf_protect, name="dispatch")
class LinkView(_Beginning):
    """The link view: adds an identity to the user who is signed in, and to nobody else.

    By POST alone: a link that another site makes the browser open must not tie an account to an
    identity that the person did not choose.
    """

    def get(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponse:
        """Show the button; somebody who is not signed in is asked to sign in first."""
        if not request.user.is_authenticated:
            return self._sign_in_first()
        context = {"next": request.GET.get("next", ""), "name": app_or_404(alias).name}
        hide_parameters(request)
        return render(request, "genauth/link.html", context)

    def post(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponseBase:
        """Redirect to the provider, which asks who the person is, though it may know."""
        if not request.user.is_authenticated:
            return self._sign_in_first()
        return self.begin(alias, link=True)

    def get_default_redirect_url(self) -> str:
        """Return the page that shows what was linked."""
        return reverse("genauth:identities")

    def _sign_in_first(self) -> HttpResponse:
        """Return the page that asks for the account to connect; no account is made there."""
        # Its `next` alone: whatever else was in the address is none of this page's.
        asked = {name: text for name, text in self.request.GET.items() if name == "next"}
        query = urlencode(asked, safe="/")
        back = f"{self.request.path}?{query}" if query else self.request.path
        login = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({REDIRECT_FIELD_NAME: back})}"
        if is_script(self.request):
            return unauthorized(self.request, login, gettext("Please sign in."))
        hide_parameters(self.request)
        return render(self.request, "genauth/sign_in_first.html", {"login_url": login})


@method_decorator(login_not_required, name="dispatch")
# A transaction around the page would fail before it, where no error can be answered by a page.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
# The state is what shows that the answer belongs to this browser, also where another site posts it.
@method_decorator(csrf_exempt, name="dispatch")
class CallbackView(Page):
    """The callback view: takes the authorization response, which the browser brings back."""

    # Without HEAD, which would use the login up and show nothing.
    http_method_names = ["get", "post", "options"]

    def get(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponseBase:
        """Sign the person in and send them on; an answer behind the `#` is fetched first."""
        if not request.GET and self._waits_for_fragment(request, alias):
            return _fragment_page(request)
        return self._complete(request, alias, request.GET)

    def post(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponseBase:
        """Do the same for an answer that is posted."""
        return self._complete(request, alias, request.POST)

    def _complete(self, request: HttpRequest, alias: str, answer: QueryDict) -> HttpResponseBase:
        parameters = pairs(answer.lists())
        hide_parameters(request)
        login = failure = None
        try:
            app = app_or_404(alias)
            login = pending.find(request, app, unverified_state(dict(parameters)))
            done = flow.complete(request, app, login, parameters)
            note_success(request, app, link=done.link_user is not None)
            response: HttpResponseBase = HttpResponseRedirect(done.next_url)
            if done.link_user is None:
                turns.count(response, request, app, done.next_url)
            next_login.forget_if_asked(response, request, done.expires_at - app.login_ttl)
        except GenAuthError as error:
            failure = error
        except Error as error:
            failure = _outage(request, error)
        if failure is not None:
            is_bare = request.method == "GET" and not parameters
            try:
                response = self._refuse(request, alias, login, failure, is_bare=is_bare)
            except Error as error:
                failure = _outage(request, error)
                response = self._refuse(request, alias, login, failure)
        if login is not None:
            pending.forget(response, login)
        return response

    def _refuse(
        self,
        request: HttpRequest,
        alias: str,
        login: PendingLogin | None,
        error: GenAuthError,
        *,
        is_bare: bool = False,
    ) -> HttpResponseBase:
        next_url = login.next_url if login else default_landing()
        # The bare address is from the history, or a bookmark.
        if (is_bare or _is_old_page(error)) and request.user.is_authenticated:
            return HttpResponseRedirect(next_url)
        if login is not None and _has_login_page_expired(error):
            return _after_expired_page(request, app_or_404(alias), login, error)
        link = login is not None and login.link_user is not None
        return refusal(request, error, alias, next_url, link=link)

    def _waits_for_fragment(self, request: HttpRequest, alias: str) -> bool:
        try:
            return pending.waits_for_fragment(request, app_or_404(alias))
        except GenAuthError:
            # Nobody waits for anything where the settings are wrong; the answer says that they are.
            return False


def _outage(request: HttpRequest, error: Error) -> GenAuthError:
    """Return the refusal for a database that is out of order; raise its error for a mistake."""
    if not is_outage(error):
        raise error
    # The page, and a site's template around it, must not ask who is signed in.
    request.user = AnonymousUser()
    return unavailable(error)


def _fragment_page(request: HttpRequest) -> HttpResponse:
    """Return the page whose script posts what stands behind the `#`, and loads nothing else."""
    nonce = token_urlsafe(16)
    response = render(request, "genauth/fragment.html", {"script_nonce": nonce})
    response["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return response


def _has_login_page_expired(error: GenAuthError) -> bool:
    """Return whether the provider's own login page was left open too long, as Keycloak says it."""
    return (
        error.code == "authorization_response.error_temporarily_unavailable"
        and error.description == "authentication_expired"
    )


def _after_expired_page(
    request: HttpRequest, app: App, login: PendingLogin, error: GenAuthError
) -> HttpResponseBase:
    """Send on who signed in meanwhile; others begin the login once more, and see a page then."""
    link = login.link_user is not None
    # A page that asks for a fresh login would send them back at once, round and round.
    is_enough = login.max_age is None and app.session_policy != "reauthenticate"
    if request.user.is_authenticated and is_enough and not link:
        return HttpResponseRedirect(login.next_url)
    if login.is_second_try or (link and str(request.user.pk) != login.link_user):
        return refusal(request, error, app.alias, login.next_url, link=link)
    return begin(
        request,
        app.alias,
        next_url=login.next_url,
        link=link,
        max_age=login.max_age,
        parameters=login.parameters,
        is_second_try=True,
    )


def _is_old_page(error: GenAuthError) -> bool:
    """Return whether a callback is over: people come back to it by reload or the back button."""
    return error.code.rpartition(".")[2] in ("state_unknown", "state_used", "state_expired")
