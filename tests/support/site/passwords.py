"""A site where people change their password, by which Django gives their session another key."""

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import path

from tests.support.site.urls import urlpatterns as site


@login_required
def password(request: HttpRequest) -> HttpResponse:
    """Take a new password."""
    request.user.set_password(request.POST["new"])
    request.user.save()
    update_session_auth_hash(request, request.user)
    return HttpResponse("changed")


def cycle(request: HttpRequest) -> HttpResponse:
    """Give the session another key."""
    request.session.cycle_key()
    return HttpResponse("changed")


urlpatterns = [path("password/", password), path("cycle/", cycle), *site]
