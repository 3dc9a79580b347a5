"""What a browser does between a site and its provider, by Django's test client.

What the provider answers stands in `fake`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from asgiref.sync import async_to_sync
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client
from django.urls import reverse

from django_genauth.conf import DEFAULT_ALIAS
from django_genauth.testing.provider.authorization import FrontChannelResponse


def page_url(name: str, alias: str, **query: str) -> str:
    """Return where one of the app's pages is."""
    path = reverse(f"genauth:{name}", kwargs=None if alias == DEFAULT_ALIAS else {"alias": alias})
    return f"{path}?{urlencode(query)}" if query else path


def get(client: Client | AsyncClient, url: str) -> HttpResponse:
    """Open a page of the site, however its host is called in the address."""
    return _send(client, "get", url)


def post(client: Client | AsyncClient, url: str, form: dict[str, str]) -> HttpResponse:
    """Send a form to the site."""
    return _send(client, "post", url, form)


def deliver(client: Client | AsyncClient, response: FrontChannelResponse) -> HttpResponse:
    """Bring the site what its provider answers, in the way that it asked for."""
    if response.mode == "query":
        return get(client, response.url)
    # An answer behind the `#` is posted too: by the script of the page that the site shows.
    return post(client, response.redirect_uri, dict(response.pairs))


def request_of(response: HttpResponse) -> HttpRequest:
    """Return the request that the site answered."""
    request: HttpRequest = getattr(response, "wsgi_request", None) or response.asgi_request  # type: ignore[attr-defined] # set by the two clients
    return request


def _send(
    client: Client | AsyncClient, method: str, url: str, form: dict[str, str] | None = None
) -> HttpResponse:
    parts = urlsplit(url)
    # The path alone, as the client is always at the site; https where the site insists on it.
    secure = parts.scheme == "https" or bool(settings.SECURE_SSL_REDIRECT)
    send: Any = getattr(client, method)
    if isinstance(client, AsyncClient):
        send = async_to_sync(send)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    response: HttpResponse = send(path, form, secure=secure)
    return response
