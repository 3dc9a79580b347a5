"""Requests of scripts: how they are known, and the answer where somebody has to sign in first.

A script could not follow a redirect to the provider, which is another origin. What a page is
answered stands with the view or the middleware that answers it.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import resolve_url
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme

from django_genauth.pages import page_url

SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS", "TRACE")
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")


def is_script(request: HttpRequest) -> bool:
    """Return whether a script or an element of a page asks, so that nobody would see a page.

    Browsers say so by Sec-Fetch-Mode (Fetch Metadata), over https; the rest is for the others.
    """
    headers = request.headers
    accepted = headers.get("Accept", "")
    return (
        headers.get("Sec-Fetch-Mode", "navigate") != "navigate"
        or headers.get("X-Requested-With") == "XMLHttpRequest"
        or headers.get("HX-Request") == "true"
        or ("application/json" in accepted and "text/html" not in accepted)
        or _is_fetched_by_browser(headers.get("User-Agent", ""), accepted)
        # No form can send these, or none that a page could repeat.
        or request.method not in (*SAFE_METHODS, "POST")
        or (request.method == "POST" and request.content_type not in _FORMS)
    )


def login_url(alias: str, next_url: str, **parameters: str) -> str:
    """Return the address of the login that ends at a page of this site."""
    return f"{page_url('login', alias)}?{urlencode({'next': next_url, **parameters})}"


def asking_page(request: HttpRequest) -> str:
    """Return the path of the page of this site that a request comes from."""
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer")
    if not url_has_allowed_host_and_scheme(page, request.get_host()):
        return resolve_url(settings.LOGIN_REDIRECT_URL)
    return urlsplit(page or "")._replace(scheme="", netloc="", fragment="").geturl()


def unauthorized(request: HttpRequest, url: str, detail: str) -> HttpResponse:
    """Return 401 for a script (RFC 9457), with the address of the login.

    htmx opens what HX-Redirect names, whatever the status is.
    """
    body = {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": detail,
        "login_url": url,
    }
    response = JsonResponse(body, status=401, content_type="application/problem+json")
    # RFC 9110 11.6.1 demands a challenge. No browser asks for a password by this one.
    response["WWW-Authenticate"] = 'Cookie realm="site"'
    add_never_cache_headers(response)
    if request.headers.get("HX-Request") == "true":
        response["HX-Redirect"] = url
    return response


def _is_fetched_by_browser(user_agent: str, accepted: str) -> bool:
    """Return whether a browser asks for something else than a page, over http too.

    Whatever they open as a page, browsers accept HTML by its name. Programs that are no browsers
    often accept anything, and are to be redirected as ever.
    """
    return user_agent.startswith("Mozilla/") and bool(accepted) and "text/html" not in accepted
