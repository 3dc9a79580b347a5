"""The pages of this app: method, status, template and headers of each.

What has to happen in which order stands in `flow` and `signing_out`; what is shown to those whose
sign-in is refused, in `refusals`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from secrets import token_urlsafe
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import RedirectURLMixin
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    QueryDict,
)
from django.shortcuts import render, resolve_url
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.generic import View

from django_genauth import pages
from django_genauth.conf import DEFAULT_ALIAS
from django_genauth.login import flow, pending
from django_genauth.login.failures import refusal
from django_genauth.logout import flow as signing_out
from django_genauth.logout import pending as pending_logout
from django_genauth.protocol.errors import (
    AuthorizationResponseError,
    GenAuthError,
    LoginRequestError,
)

logger = logging.getLogger("django_genauth")

_LONGEST_NEXT: Final = 1_000
# In characters; servers take an address of about 8,000.
_LONGEST_INITIATION: Final = 4_000


def begin(
    request: HttpRequest,
    alias: str,
    *,
    next_url: str,
    link: bool = False,
    max_age: int | None = None,
    initiation: Iterable[tuple[str, str]] = (),
) -> HttpResponseBase:
    """Redirect to the provider and remember the login, or show why that cannot be."""
    try:
        url, login = flow.begin_login(
            request,
            alias=alias,
            next_url=next_url,
            link=link,
            max_age=max_age,
            initiation=initiation,
        )
    except GenAuthError as error:
        return refusal(request, error, alias, next_url, link=link)
    response = HttpResponseRedirect(url)
    pending.put(response, request, login)
    return response


@method_decorator(never_cache, name="dispatch")
class _Page(View):
    """Answer without leaving a copy anywhere, and without telling other sites the address."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = super().dispatch(request, *args, **kwargs)
        except Exception:
            pages.conceal(request)
            raise
        response["Referrer-Policy"] = "same-origin"
        return response


class _Beginning(RedirectURLMixin, _Page):
    """Send the browser to the provider."""

    def begin(
        self, alias: str, *, link: bool, initiation: Iterable[tuple[str, str]] = ()
    ) -> HttpResponseBase:
        """Send the browser off, to come back to the page asked for."""
        next_url = self.get_success_url()
        if len(next_url) > _LONGEST_NEXT:
            next_url = self.get_default_redirect_url()
        return begin(self.request, alias, next_url=next_url, link=link, initiation=initiation)

    def get_default_redirect_url(self) -> str:
        """Return where people land who did not ask for a page."""
        return resolve_url(settings.LOGIN_REDIRECT_URL)


@method_decorator(login_not_required, name="dispatch")
# Another site may begin a login, by a link or by a form (OIDC Core 4). It gains nothing: the state
# stays in this browser, and who the person is they tell the provider themselves.
@method_decorator(csrf_exempt, name="dispatch")
class LoginView(_Beginning):
    """Begin a login, which ends at `next`, or where another site asks for it, `target_link_uri`."""

    def get(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponseBase:
        """Redirect to the provider."""
        if "iss" in request.GET:
            # Checked as `next` is, or this were an open redirect.
            self.redirect_field_name = "target_link_uri"
        return self.begin(alias, link=False, initiation=_pairs(request.GET.lists()))

    def post(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponseBase:
        """Do the same by way of GET.

        With another site's POST the browser brings no cookie, so that the pending logins of many
        could not be counted, and would fill the header until the server refuses it.
        """
        query = request.POST.urlencode()
        if len(query) > _LONGEST_INITIATION:
            error = LoginRequestError("The request is too long.", reason="too_long")
            return refusal(request, error, alias, self.get_default_redirect_url(), link=False)
        return HttpResponseRedirect(f"{request.path}?{query}")


@method_decorator(csrf_protect, name="dispatch")
class LinkView(LoginRequiredMixin, _Beginning):
    """Add an identity to the user who is signed in.

    By POST alone: a link that another site makes the browser open must not tie an account to an
    identity that the person did not choose.
    """

    def get(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponse:
        """Show the button."""
        return render(request, "genauth/link.html", {"next": request.GET.get("next", "")})

    def post(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponseBase:
        """Redirect to the provider."""
        return self.begin(alias, link=True)


@method_decorator(login_not_required, name="dispatch")
# The state is what shows that the answer belongs to this browser, also where another site posts it.
@method_decorator(csrf_exempt, name="dispatch")
class CallbackView(_Page):
    """Take the provider's answer, which the browser brings back."""

    # Without HEAD, which would use the login up and show nothing.
    http_method_names = ["get", "post", "options"]

    def get(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponseBase:
        """Sign the person in and send them on; an answer behind the `#` is fetched first."""
        if not request.GET and pending.waits_for_fragment(request, alias):
            return _fragment_page(request)
        return self._complete(request, alias, request.GET)

    def post(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponseBase:
        """Do the same for an answer that is posted."""
        return self._complete(request, alias, request.POST)

    def _complete(self, request: HttpRequest, alias: str, answer: QueryDict) -> HttpResponseBase:
        pairs = _pairs(answer.lists())
        pages.hide_parameters(request)
        login = pending.peek(request, alias, dict(pairs).get("state", ""))
        next_url = login.next_url if login else resolve_url(settings.LOGIN_REDIRECT_URL)
        link = login is not None and login.link_user is not None
        response: HttpResponseBase
        try:
            login = flow.complete_login(request, alias=alias, pairs=pairs)
            response = HttpResponseRedirect(login.next_url)
        except AuthorizationResponseError as error:
            if _is_old_page(error) and request.user.is_authenticated:
                return HttpResponseRedirect(next_url)
            response = refusal(request, error, alias, next_url, link=link)
        except GenAuthError as error:
            response = refusal(request, error, alias, next_url, link=link)
        if login is not None:
            pending.forget(response, login)
        return response


@method_decorator(login_not_required, name="dispatch")
@method_decorator(csrf_protect, name="dispatch")
class LogoutView(RedirectURLMixin, _Page):
    """End the session here and at the provider, which sends the browser back to this page.

    By POST alone: a link that another site makes the browser open must sign nobody out.
    """

    def get(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponseBase:
        """Ask who is signed in, and send on, or tell, who is not and may have come back."""
        next_url, state = self._next_url(), request.GET.get("state")
        pages.hide_parameters(request)
        if request.user.is_authenticated:
            return render(request, "genauth/sign_out.html", {"next": next_url})
        logout = pending_logout.peek(request, alias, state)
        # Without the state of this browser's own logout, `next` was never asked for.
        landing = logout.next_url if logout else ""
        response = self._signed_out(landing, alias)
        if logout is not None:
            pending_logout.forget(response, logout)
        return response

    def post(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponseBase:
        """Sign out."""
        next_url = self._next_url()
        try:
            away = signing_out.begin_logout(request, next_url=next_url)
        except GenAuthError as error:
            logger.warning("Signed out here alone: code=%s app=%s: %s", error.code, alias, error)
            return self._page(next_url, alias, is_provider_unreachable=True)
        if away is None:
            return HttpResponseRedirect(next_url or flow.page_url("logout", alias))
        url, logout = away
        response = HttpResponseRedirect(url)
        pending_logout.put(response, request, logout)
        return response

    def _next_url(self) -> str:
        asked = self.get_redirect_url()
        return asked if len(asked) <= _LONGEST_NEXT else ""

    def _signed_out(self, next_url: str, alias: str) -> HttpResponseBase:
        if next_url:
            return HttpResponseRedirect(next_url)
        if settings.LOGOUT_REDIRECT_URL:
            return HttpResponseRedirect(resolve_url(settings.LOGOUT_REDIRECT_URL))
        return self._page("", alias, is_provider_unreachable=False)

    def _page(
        self, next_url: str, alias: str, *, is_provider_unreachable: bool
    ) -> HttpResponseBase:
        context = {
            "login_url": flow.page_url("login", alias),
            "next": next_url,
            "is_provider_unreachable": is_provider_unreachable,
        }
        return render(self.request, "genauth/signed_out.html", context)


def _fragment_page(request: HttpRequest) -> HttpResponse:
    """Show the page whose script posts what stands behind the `#`, and loads nothing else."""
    nonce = token_urlsafe(16)
    response = render(request, "genauth/fragment.html", {"script_nonce": nonce})
    response["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return response


def _pairs(lists: Iterable[tuple[str, list[str]]]) -> list[tuple[str, str]]:
    return [(name, value) for name, values in lists for value in values]


def _is_old_page(error: GenAuthError) -> bool:
    """Tell whether somebody came back to a callback that is over: by reload, or the back button."""
    return error.code.rpartition(".")[2] in ("state_unknown", "state_used", "state_expired")
