"""The failure handler of sign-ins: one log line, a signal, and a page."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from secrets import token_hex
from typing import Final
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from django_genauth import DOCUMENTATION
from django_genauth.another_account import way_to_another_account
from django_genauth.log_lines import log_line
from django_genauth.pages import mark_logged, own_page, page_url
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
from django_genauth.visitor_ip import visitor_ip

_DENIED: Final = (403, "genauth/access_denied.html")
_FAILED: Final = (400, "genauth/sign_in_failed.html")
_UNAVAILABLE: Final = (503, "genauth/provider_unavailable.html")
# The first class that fits decides: the status, and the page.
_ANSWERS: Final[tuple[tuple[type[GenAuthError], tuple[int, str]], ...]] = (
    (AccessDenied, _DENIED),
    (AuthorizationResponseError, _FAILED),
    (LoginRequestError, _FAILED),
    (AccountRefused, (403, "genauth/account_refused.html")),
    (ProviderUnavailable, _UNAVAILABLE),
    (ProviderError, (502, "genauth/sign_in_failed.html")),
    # ConfigurationError, and whatever a site's own backend raises.
    (GenAuthError, _UNAVAILABLE),
)
# Before the class, the code decides.
_ANSWERS_BY_CODE: Final[Mapping[str, tuple[int, str]]] = {
    "account.sent_back": (403, "genauth/sent_back.html"),
    "account.email_taken": (403, "genauth/email_taken.html"),
    # RFC 6749 4.1.2.1: what a redirect says in place of a status of 503 and 500.
    "authorization_response.error_temporarily_unavailable": _UNAVAILABLE,
    "authorization_response.error_server_error": _UNAVAILABLE,
    # LemonLDAP::NG's word for a person who gave no consent.
    "authorization_response.error_consent_required": _DENIED,
    # The provider is right: the code that the browser brought is used, old or somebody else's.
    "oauth.invalid_grant": _FAILED,
}
_RETRY_AFTER: Final = 30


def refusal(
    request: HttpRequest,
    error: GenAuthError,
    alias: str,
    next_url: str,
    *,
    link: bool,
    **more: str,
) -> HttpResponse:
    """Log the reason once, send the signal, and return a page that shows a reference alone.

    While DEBUG is on, the developer reads the reason there too; no error's text holds a secret. Who
    wanted to add an identity is led back to that, and not into another account. `more` is what one
    page shows besides.
    """
    reference = token_hex(4)
    log_line(
        logging.WARNING,
        "login_refused",
        "Sign-in refused",
        error,
        code=error.code,
        reference=reference,
        app=alias,
        ip=visitor_ip(request, alias),
    )
    login_failed.send_robust(
        sender=type(error), app=alias, error=error, reference=reference, request=request
    )
    by_class = next(answer for kind, answer in _ANSWERS if isinstance(error, kind))
    status, template = _ANSWERS_BY_CODE.get(error.code, by_class)
    page = page_url("link" if link else "login", alias)
    again = f"{page}?{urlencode({'next': next_url})}"
    context = {
        "reference": reference,
        "try_again_url": again,
        "reason": error if settings.DEBUG else None,
        "documentation": DOCUMENTATION,
        "is_unknown_link": error.code == "account.unknown" and own_page(next_url) == "link",
        **(way_to_another_account(alias, next_url) if isinstance(error, AccountRefused) else {}),
        **more,
    }
    response = render(request, template, context, status=status)
    mark_logged(response)
    if status == 503:
        response["Retry-After"] = str(getattr(error, "retry_after", None) or _RETRY_AFTER)
    return response


def sent_back(
    request: HttpRequest, alias: str, next_url: str, *, user: str, name: str
) -> HttpResponse:
    """Refuse one login more for a page that sends people back to the login each time."""
    error = AccountRefused(
        f"User {user!r} signed in three times within a minute, and {urlsplit(next_url).path!r} led"
        " back to the login each time. Look for what ends the session there or wants more rights:"
        " a middleware, permission_required, a user whom get_user() does not find, a cookie that"
        " does not come back.",
        reason="sent_back",
    )
    again = f"{page_url('login', alias)}?{urlencode({'next': next_url, 'prompt': 'login'})}"
    return refusal(
        request,
        error,
        alias,
        next_url,
        link=False,
        name=name,
        another_url=again,
        logout_url=page_url("logout", alias),
    )
