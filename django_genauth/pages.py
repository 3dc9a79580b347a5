"""Shared code of all pages: their addresses, their base class, and what reports may show.

An error that this package foresees is a GenAuthError and makes no report. One that it does not, in
a site's own receiver or database, makes a page (DEBUG) or a mail to ADMINS, with the address, the
cookies and every frame's variables: with them, somebody else's code, tokens and session.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from types import FrameType
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import resolve_url
from django.urls import Resolver404, ResolverMatch, get_script_prefix, resolve, reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import (
    get_language,
    get_language_from_path,
    get_language_from_request,
    override,
)
from django.views.debug import SafeExceptionReporterFilter
from django.views.decorators.cache import never_cache
from django.views.generic import View

from django_genauth.conf import DEFAULT_ALIAS, App, get_app
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.tracebacks import clear_variables

_PURPOSES: Final = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")
# In characters; a longer `next` is left out.
LONGEST_NEXT: Final = 1_000


def page_url(name: str, alias: str) -> str:
    """Return the path of a page of this package for an app of GENAUTH."""
    return reverse(f"genauth:{name}", kwargs=None if alias == DEFAULT_ALIAS else {"alias": alias})


def page_at(url: str) -> ResolverMatch | None:
    """Return what a path of this site leads to, in whichever language it is written, or None."""
    # As a server reads it: an address that is not ASCII alone comes with per cents.
    path = f"/{unquote(urlsplit(url).path).removeprefix(get_script_prefix())}"
    for language in (get_language(), get_language_from_path(path)):
        with suppress(Resolver404), override(language):
            return resolve(path)
    return None


def own_page(url: str) -> str | None:
    """Return the name of the page of this package that a path leads to; None for the site's own."""
    match = page_at(url)
    return match.url_name if match is not None and "genauth" in match.app_names else None


def way_back(request: HttpRequest) -> str:
    """Return where a page leads back to: `next` if it is a page of this site, else the landing."""
    asked = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        asked, request.get_host(), require_https=request.is_secure()
    )
    return asked if is_ours else resolve_url(settings.LOGIN_REDIRECT_URL)


def language_of(request: HttpRequest) -> AbstractContextManager[Any]:
    """Return a block in which texts are in the language of a request.

    For an answer in place of the site's, before its LocaleMiddleware has seen the request.
    """
    if hasattr(request, "LANGUAGE_CODE") or not any(
        path.rpartition(".")[2] == "LocaleMiddleware" for path in settings.MIDDLEWARE
    ):
        return nullcontext()
    return override(get_language_from_request(request, check_path=True))


def app_or_404(alias: str) -> App:
    """Return the app that an address names; raise Http404 where there is none.

    Raises ConfigurationError for an app whose settings cannot work.
    """
    try:
        return get_app(alias)
    except ConfigurationError as error:
        if error.code != "configuration.alias":
            raise
        # Shown while DEBUG is on, or by a site's own 404.html that asks for it.
        raise Http404(str(error)) from None


def mark_logged(response: HttpResponseBase) -> None:
    """Keep Django from logging an answer whose reason stands in the log already.

    Its own line would mail the address, with the code in it, to the site's administrators.
    """
    response._has_been_logged = True  # type: ignore[attr-defined] # what Django looks at


def pairs(lists: Iterable[tuple[str, list[str]]]) -> list[tuple[str, str]]:
    """Return the parameters of a request one by one, each as often as it was sent."""
    return [(name, value) for name, values in lists for value in values]


@method_decorator(never_cache, name="dispatch")
class Page(View):
    """The base of all pages: no cache keeps a copy, no other site learns the address."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_in_advance(request):
            return answer_in_advance()
        try:
            response = super().dispatch(request, *args, **kwargs)
        except Exception as error:
            conceal(request)
            clear_variables(error)
            raise
        response["Referrer-Policy"] = "same-origin"
        return response


def answer_in_advance() -> HttpResponse:
    """Return what browsers throw away; they ask again when somebody comes."""
    early = HttpResponse(status=503)
    mark_logged(early)
    return early


def is_in_advance(request: HttpRequest) -> bool:
    """Return whether a browser asks before anybody wants the page, which uses a login up.

    Sec-Purpose is Fetch's; the others are what browsers sent before.
    """
    told = " ".join([request.META[name] for name in _PURPOSES if name in request.META])
    return bool(told) and any(word in told for word in ("prefetch", "preview", "prerender"))


def hide_parameters(request: HttpRequest) -> None:
    """Remove the parameters from a request, once they have been read.

    Django logs a request with its address, at DEBUG even for a variable that a template lacks.
    """
    query = f"?{request.META.get('QUERY_STRING', '')}"
    for name, value in list(request.META.items()):
        # Servers and proxies write the whole address into variables of their own.
        if isinstance(value, str):
            request.META[name] = value.replace(query, "?")
    request.META["QUERY_STRING"] = ""
    request.GET = request.POST = QueryDict()


def conceal(request: HttpRequest) -> None:
    """Remove from a request that failed whatever must stand in no report of the failure."""
    hide_parameters(request)
    # Also where DEBUG is on: Django's own filter stars no variable then.
    request.exception_reporter_filter = _NamesAlone()
    # Django puts stars for the cookies themselves, and takes this one out of its cookie first.
    for name in ("CSRF_COOKIE", "CSRF_COOKIE_NEEDS_UPDATE"):
        request.META.pop(name, None)


class _NamesAlone(SafeExceptionReporterFilter):
    """Report the names of variables, and no values."""

    def get_traceback_frame_variables(
        self, request: HttpRequest, tb_frame: FrameType
    ) -> ItemsView[str, Any]:
        """Return the frame's variables, with stars for their values."""
        return dict.fromkeys(tb_frame.f_locals, self.cleansed_substitute).items()
