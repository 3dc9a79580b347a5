"""The failure handler of sign-ins: one log line, a signal, and a page."""

from __future__ import annotations

import logging
from secrets import token_hex
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from django_genauth.pages import mark_logged, page_url
from django_genauth.protocol.errors import (
    AccessDenied,
    AccountRefused,
    AuthorizationResponseError,
    GenAuthError,
    LoginRequestError,
    ProviderError,
    ProviderUnavailable,
)
from django_genauth.signals import login_failed

logger = logging.getLogger("django_genauth")

# The first class that fits decides: the status, and the page.
_ANSWERS: Final[tuple[tuple[type[GenAuthError], int, str], ...]] = (
    (AccessDenied, 403, "genauth/access_denied.html"),
    (AuthorizationResponseError, 400, "genauth/sign_in_failed.html"),
    (LoginRequestError, 400, "genauth/sign_in_failed.html"),
    (AccountRefused, 403, "genauth/account_refused.html"),
    (ProviderUnavailable, 503, "genauth/provider_unavailable.html"),
    (ProviderError, 502, "genauth/sign_in_failed.html"),
    # ConfigurationError, and whatever a site's own backend raises.
    (GenAuthError, 503, "genauth/provider_unavailable.html"),
)
_RETRY_AFTER: Final = 30


def refusal(
    request: HttpRequest, error: GenAuthError, alias: str, next_url: str, *, link: bool
) -> HttpResponse:
    """Log the reason once, send the signal, and return a page that shows a reference alone.

    While DEBUG is on, the developer reads the reason there too; no error's text holds a secret. Who
    wanted to add an identity is led back to that, and not into another account.
    """
    reference = token_hex(4)
    logger.warning(
        "Sign-in refused: code=%s reference=%s app=%s: %s", error.code, reference, alias, error
    )
    login_failed.send_robust(
        sender=type(error), app=alias, error=error, reference=reference, request=request
    )
    status, template = next(
        (status, template) for kind, status, template in _ANSWERS if isinstance(error, kind)
    )
    if error.code == "oauth.invalid_grant":
        # The provider is right: the code that the browser brought is used, old or somebody else's.
        status = 400
    page = page_url("link" if link else "login", alias)
    again = f"{page}?{urlencode({'next': next_url})}"
    context = {
        "reference": reference,
        "try_again_url": again,
        "reason": error if settings.DEBUG else None,
    }
    response = render(request, template, context, status=status)
    mark_logged(response)
    if status == 503:
        response["Retry-After"] = str(getattr(error, "retry_after", None) or _RETRY_AFTER)
    return response
