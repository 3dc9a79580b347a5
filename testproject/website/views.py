"""The pages of the example site, for everybody and for people who are signed in, and its API."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from django_genauth.decorators import genauth_bearer
from django_genauth.models import Identity


def home(request: HttpRequest) -> HttpResponse:
    """Show the public page."""
    return render(request, "website/home.html")


@genauth_bearer("reports:read")
def api_me(request: HttpRequest) -> HttpResponse:
    """Tell a client whose access token it brought."""
    bearer: Any = request.bearer  # type: ignore[attr-defined] # set by the decorator
    return JsonResponse(
        {
            "subject": bearer.subject,
            "client": bearer.client_id,
            "machine": bearer.is_machine,
            "scopes": sorted(bearer.scopes),
            "user": request.user.get_username(),
        }
    )


@login_required
def members(request: HttpRequest) -> HttpResponse:
    """Show the members' page."""
    return render(request, "website/members.html")


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Show what this site knows of the person: identities and claims, never a token."""
    identities = [
        {
            "issuer": identity.issuer,
            "subject": identity.subject,
            "claims": [(name, _words(value)) for name, value in sorted(identity.claims.items())],
        }
        for identity in Identity.objects.filter(user=request.user.pk)
    ]
    return render(request, "website/profile.html", {"identities": identities})


def _words(value: Any) -> str:
    """Put a claim into words; empty text stands for null, and for an object of nulls."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return ", ".join(words for words in map(_words, value) if words)
    return str(value)
