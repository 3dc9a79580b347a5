"""The pages of the example site, for everybody and for people who are signed in, and its API."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from django_genauth.decorators import genauth_bearer
from django_genauth.grants import get_access_token
from django_genauth.models import Grant, Identity
from django_genauth.protocol.errors import GenAuthError


def home(request: HttpRequest) -> HttpResponse:
    """Show the public page."""
    # What the demo shows; a site of your own has none of it.
    return render(request, "website/home.html", {"demo": getattr(settings, "DEMO", None)})


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
            "told": _told(identity.claims),
            "number_of_claims": len(identity.claims),
            "verified_email": identity.claims.get("email_verified") is True,
        }
        for identity in Identity.objects.filter(user=request.user.pk)
    ]
    return render(request, "website/profile.html", {"identities": identities})


@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    """Show how long the access token is good, never the token; POST lets it run out."""
    theirs = Grant.objects.filter(identity__user=request.user.pk, app="default")
    grant = theirs.filter(state=Grant.State.ACTIVE).order_by("pk").last()
    if request.method == "POST":
        if grant is not None:
            Grant.objects.filter(pk=grant.pk).update(expires_at=timezone.now())
        return redirect("tokens")
    before, problem = grant.expires_at if grant else None, ""
    try:
        get_access_token(request.user)
    except GenAuthError as error:
        problem = error.code
    if grant is not None:
        grant.refresh_from_db()
    is_renewed = grant is not None and not problem and grant.expires_at != before
    context = {"grant": grant, "is_renewed": is_renewed, "problem": problem}
    return render(request, "website/tokens.html", context)


def _told(claims: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the claims that say something, in words and with a readable name."""
    words = [(name.replace("_", " ").capitalize(), _words(claims[name])) for name in sorted(claims)]
    return [(name, value) for name, value in words if value]


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
