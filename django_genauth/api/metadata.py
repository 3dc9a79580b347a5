"""The metadata of the site's APIs, by which clients find the provider (RFC 9728).

Which resources there are stands in GENAUTH. What the metadata says stands in
`protocol.protected_resource`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View

from django_genauth.client.profile import proof_algorithms
from django_genauth.conf import App, aliases, get_app
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.protocol.protected_resource import metadata, metadata_url

# Browsers of other sites may read it; some of them ask first, for headers of their own.
_CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "*",
}


@method_decorator(login_not_required, name="dispatch")
class ProtectedResourceView(View):
    """The metadata of the resource whose well-known address is asked for."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, path: str = "") -> HttpResponse:
        """Answer with the metadata of one resource; 404 where no app has it."""
        apps = _apps_at(request)
        if not apps:
            raise Http404
        scopes = [scope for app in apps for scope in app.api.scopes]
        bound = [app for app in apps if app.client.registration.dpop]
        issuers = [app.client.registration.issuer for app in apps]
        document = metadata(
            # To the letter as it is set (RFC 9728 3.3), and never of the Host header.
            str(apps[0].api.resource),
            issuers=list(dict.fromkeys(issuers)),
            scopes=list(dict.fromkeys(scopes)),
            # As the challenges say it, where an app has such tokens.
            dpop_algorithms=proof_algorithms(bound[0].client.registration.profile) if bound else (),
        )
        return JsonResponse(document, headers=_CORS)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer a browser that asks first."""
        return HttpResponse(headers=_CORS)


def _apps_at(request: HttpRequest) -> list[App]:
    """Return the apps of the resource whose metadata has the address of the request.

    Resources of several hosts may have one path. The host chooses among those that are set.
    """
    at_path = _apps(lambda url: urlsplit(url).path == request.path)
    at_host = [
        app
        for app in at_path
        if urlsplit(str(app.api.resource)).netloc.lower() == request.get_host().lower()
    ]
    chosen = at_host or at_path
    return [app for app in chosen if app.api.resource == chosen[0].api.resource]


def _apps(is_at: Callable[[str], bool]) -> list[App]:
    found = []
    for alias in aliases():
        # What is wrong with another app is no reason to fail here.
        with suppress(ConfigurationError):
            app = get_app(alias)
            if app.api.resource is not None and is_at(metadata_url(app.api.resource)):
                found.append(app)
    return found
