"""The addresses of a compared site: one ordinary page, and the package's."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def page(request: HttpRequest) -> HttpResponse:
    """Greet whoever is signed in, which takes the session and the user."""
    return HttpResponse(f"Hello {request.user.get_username()}.")


urlpatterns = [
    path("", page),
    *(
        path(prefix, include(module))
        for prefix, module in settings.PACKAGE_URLS  # type: ignore[misc] # set by `packages`
    ),
]
