"""The API of the tests' site: each kind of view that a site may have, and what it knows."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views import View

from django_genauth.decorators import genauth_bearer


def about(request: HttpRequest) -> JsonResponse:
    """Tell who called."""
    bearer: Any = request.bearer  # type: ignore[attr-defined] # set by the decorator
    return JsonResponse(
        {
            "user": str(request.user),
            "bearer": None
            if bearer is None
            else {
                "subject": bearer.subject,
                "client": bearer.client_id,
                "scopes": sorted(bearer.scopes),
                "machine": bearer.is_machine,
            },
        }
    )


@genauth_bearer("reports:read")
def reports(request: HttpRequest) -> JsonResponse:
    """Be a function."""
    return about(request)


@genauth_bearer()
def anything(request: HttpRequest) -> JsonResponse:
    """Want no scope."""
    return about(request)


@genauth_bearer("reports:read")
async def later(request: HttpRequest) -> JsonResponse:
    """Be an asynchronous function."""
    user = await request.auser()
    return JsonResponse({"user": str(user), "same": user == request.user})


@genauth_bearer("reports:read")
class Decorated(View):
    """Be a class that is decorated itself."""

    def get(self, request: HttpRequest) -> JsonResponse:
        """Tell who called."""
        return about(request)


@method_decorator(genauth_bearer("reports:read"), name="dispatch")
class OfMethods(View):
    """Be a class whose method is decorated."""

    def get(self, request: HttpRequest) -> JsonResponse:
        """Tell who called."""
        return about(request)


@method_decorator(genauth_bearer("reports:read", session=True), name="dispatch")
class Later(View):
    """Be a class with asynchronous handlers."""

    async def get(self, request: HttpRequest) -> JsonResponse:
        """Tell who called."""
        return about(request)

    async def post(self, request: HttpRequest) -> JsonResponse:
        """Tell who called."""
        return about(request)


@genauth_bearer("reports:read", session=True)
def both(request: HttpRequest) -> JsonResponse:
    """Let a session in, too."""
    return about(request)


@genauth_bearer(acr_values="gold", max_age=300)
def careful(request: HttpRequest) -> JsonResponse:
    """Want a sign-in of a kind, and of late."""
    return about(request)


@genauth_bearer(max_age=300, session=True)
def recent(request: HttpRequest) -> JsonResponse:
    """Want a sign-in of late."""
    return about(request)


@genauth_bearer(acr_values=["gold"], session=True)
def golden(request: HttpRequest) -> JsonResponse:
    """Want a sign-in of a kind."""
    return about(request)


@genauth_bearer(alias="partners")
def partners(request: HttpRequest) -> JsonResponse:
    """Be for another app."""
    return about(request)


@login_not_required
def public(request: HttpRequest) -> HttpResponse:
    """Be public."""
    return HttpResponse("public")


urlpatterns = [
    path("reports/", reports),
    path("anything/", anything),
    path("later/", later),
    path("decorated/", Decorated.as_view()),
    path("of-methods/", OfMethods.as_view()),
    path("as-view/", genauth_bearer("reports:read")(OfMethods.as_view())),
    path("class-later/", Later.as_view()),
    path("both/", both),
    path("careful/", careful),
    path("recent/", recent),
    path("golden/", golden),
    path("partners/", partners),
    path("", public, name="home"),
    path("genauth/", include("django_genauth.urls")),
    path("admin/", admin.site.urls),
]
