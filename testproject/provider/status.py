"""The switch that keeps the stand-in from answering sites, as if it were down.

People still see its pages: with them they come to the site whose requests find nobody.
"""

from collections.abc import Callable
from threading import Event
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

# One process serves everything, in threads.
_is_down: Final = Event()
_PAGES: Final = ("/oidc/auth", "/oidc/session/end", "/oauth/auth")


class StatusMiddleware:
    """Refuse all that sites ask, while the switch is off."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with status 503, or hand the request on."""
        is_of_a_site = request.path.startswith(("/oidc/", "/oauth/", "/api/"))
        if _is_down.is_set() and is_of_a_site and request.path not in _PAGES:
            return HttpResponse("Switched off at /status.\n", status=503, content_type="text/plain")
        return self._get_response(request)


@require_http_methods(["GET", "POST"])
def status(request: HttpRequest) -> HttpResponse:
    """Show whether sites are answered; POST turns the switch."""
    if request.method == "GET":
        return render(request, "provider/status.html", {"is_down": _is_down.is_set()})
    if request.POST.get("down"):
        _is_down.set()
    else:
        _is_down.clear()
    return redirect("status")
