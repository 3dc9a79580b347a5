"""A public page, one for signed-in people, the admin, and the addresses of the app under test."""

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def home(request: HttpRequest) -> HttpResponse:
    """Tell who is signed in."""
    return HttpResponse(f"user: {request.user}")


urlpatterns = [
    path("", home, name="home"),
    path("members/", login_required(home), name="members"),
    path("genauth/", include("django_genauth.urls")),
    path("admin/", admin.site.urls),
]
