"""The answer to an API request whose token is not good: a challenge, a problem, one log line.

Which token is good is decided in `verification`.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import NoReverseMatch, reverse
from django.utils.cache import patch_vary_headers

from django_genauth.client.profile import proof_algorithms
from django_genauth.conf import App
from django_genauth.log_lines import log_line
from django_genauth.pages import mark_logged
from django_genauth.protocol.bearer import challenge, description
from django_genauth.protocol.errors import BearerError, GenAuthError
from django_genauth.protocol.protected_resource import metadata_url
from django_genauth.visitor_ip import visitor_ip

_RETRY_AFTER: Final = 30


def log_refusal(request: HttpRequest, error: GenAuthError, alias: str) -> None:
    """Write the one log line that names the reason."""
    log_line(
        logging.WARNING,
        "bearer_refused",
        "Bearer token refused",
        error,
        code=error.code,
        app=alias,
        ip=visitor_ip(request, alias),
    )


def status_of(error: GenAuthError) -> int:
    """Return the status of a refusal: 503 for what the client cannot mend."""
    return error.status if isinstance(error, BearerError) else 503


def headers_of(request: Any, error: GenAuthError, app: App | None) -> dict[str, str]:
    """Return the headers of a refusal (RFC 6750 3; RFC 9110 10.2.3 for 503).

    `request` is Django's, or that of a framework around it.
    """
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, BearerError):
        authorization = request.META.get("HTTP_AUTHORIZATION", "").lstrip()
        is_proven = authorization[:5].lower() == "dpop "
        wants_proof = error.code == "bearer.unproven" or (
            app is not None and app.client.registration.dpop
        )
        profile = None if app is None else app.client.registration.profile
        headers["WWW-Authenticate"] = challenge(
            error,
            resource_metadata=_metadata_address(app),
            scheme="DPoP" if is_proven else "Bearer",
            dpop_algorithms=proof_algorithms(profile) if is_proven or wants_proof else (),
        )
    else:
        headers["Retry-After"] = str(getattr(error, "retry_after", None) or _RETRY_AFTER)
    return headers


def problem_of(error: GenAuthError) -> dict[str, Any]:
    """Return the body of a refusal (RFC 9457), which says nothing of the reason."""
    status = status_of(error)
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": "The sign-in service cannot be asked right now. Try again later.",
    }
    if isinstance(error, BearerError):
        problem["detail"] = description(error)
        if error.error:
            problem["error"] = error.error
    return problem


def refusal(request: HttpRequest, error: GenAuthError, app: App | None, alias: str) -> HttpResponse:
    """Log the reason of a refusal, and return the answer."""
    log_refusal(request, error, alias)
    response = JsonResponse(
        problem_of(error),
        status=status_of(error),
        headers=headers_of(request, error, app),
        content_type="application/problem+json",
    )
    patch_vary_headers(response, ("Authorization",))
    mark_logged(response)
    return response


def _metadata_address(app: App | None) -> str | None:
    """Return where the metadata of the app's resource is, if the site serves it (RFC 9728 5.1)."""
    if app is None or app.api.resource is None:
        return None
    address = metadata_url(app.api.resource)
    try:
        served = reverse("genauth_api:protected-resource")
    except NoReverseMatch:
        return None
    return address if urlsplit(address).path.startswith(served) else None
