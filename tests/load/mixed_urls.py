"""Pages that tell, as JSON, who is signed in and by which token; one deletes an account."""

import os
from io import StringIO

from django.contrib.auth.decorators import login_required
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import include, path
from django.views.decorators.http import require_POST

from django_genauth.conf import get_app
from django_genauth.fields import opened
from django_genauth.grants import get_access_token
from django_genauth.models import Grant, Identity
from django_genauth.protocol.errors import GenAuthError
from django_genauth.sessions.entry import SessionEntry


@login_required
def page(request: HttpRequest) -> HttpResponse:
    """Tell whose page it is; with `?token` also their access token."""
    entry = SessionEntry.read(request.session)
    told = {
        # Both ways to the person: by the user, and by the sign-in.
        "of_user": get_object_or_404(Identity, user_id=request.user.pk).subject,
        "of_sign_in": entry and get_object_or_404(Identity, pk=entry.identity_id).subject,
        "worker": os.getpid(),
    }
    if "token" in request.GET:
        try:
            told["token"] = get_access_token(request)
        except GenAuthError as error:
            told["error"] = error.code
    return JsonResponse(told)


@login_required
@require_POST
def delete_account(request: HttpRequest) -> HttpResponse:
    """Delete whoever asks."""
    request.user.delete()
    return HttpResponse("deleted")


def grants(request: HttpRequest) -> HttpResponse:
    """Revoke what is pending, then tell the refresh tokens of the grants that are active."""
    call_command("genauth_revoke", all=True, pending=True, stdout=StringIO(), stderr=StringIO())
    app = get_app()
    active = Grant.objects.filter(state=Grant.State.ACTIVE)
    return JsonResponse(
        {"active": [opened(row, "token_set", app)["refresh_token"] for row in active]}
    )


urlpatterns = [
    path("me/", page),
    path("delete/", delete_account),
    path("grants/", grants),
    path("genauth/", include("django_genauth.urls")),
]
