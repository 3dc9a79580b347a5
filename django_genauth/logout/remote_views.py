"""The back- and front-channel logout views, by which a provider signs people out.

What has to happen in which order stands in `remote`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import transaction
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    QueryDict,
    UnreadablePostError,
)
from django.http.multipartparser import MultiPartParserError
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from django_genauth.client import AuthenticationClient
from django_genauth.conf import DEFAULT_ALIAS, App
from django_genauth.log_lines import log_line
from django_genauth.logout import remote
from django_genauth.pages import app_or_404, mark_logged
from django_genauth.protocol.errors import GenAuthError, LogoutTokenError, ProviderError
from django_genauth.sessions import engine
from django_genauth.visitor_ip import visitor_ip

# The first is the specification's (2.5). The second is what libraries send who are given a form.
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
# A logout token has a few hundred characters.
_LONGEST_BODY: Final = 131_072
_FAILED: Final = "The logout failed."


@method_decorator(never_cache, name="dispatch")
@method_decorator(login_not_required, name="dispatch")
# What is done has to count when the answer is sent, and not be undone after it.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class _RemoteLogout(View):
    """A base of both views: they answer 200 only where the sessions have ended."""

    def answer(self, alias: str, end: Callable[[App], None]) -> HttpResponseBase:
        """Return 200, or a refusal whose reason is logged once."""
        if not engine.can_end():
            # W009 says so beforehand. A provider that is told 200 takes the person for signed out.
            why = "SESSION_ENGINE keeps sessions where only the browser can end them."
            self._log(alias, logging.WARNING, "refused", why)
            return self.refusal("Sessions cannot be ended from here.", status=501)
        try:
            end(app_or_404(alias))
        except GenAuthError as error:
            self._log(alias, logging.WARNING, "refused", error, code=error.code)
            # What is wrong with the site is none of the provider's business.
            told = str(error) if isinstance(error, ProviderError) else _FAILED
            return self.refusal(told)
        except Http404:
            raise
        except Exception as error:  # noqa: BLE001 # databases and session engines have errors of their own
            self._log(alias, logging.ERROR, "failed", type(error).__name__)
            return self.refusal(_FAILED)
        return HttpResponse()

    def _log(self, alias: str, level: int, outcome: str, why: object, **fields: str) -> None:
        ip = visitor_ip(self.request, alias)
        log_line(level, f"logout_{outcome}", f"Logout {outcome}", why, **fields, app=alias, ip=ip)

    def refusal(self, description: str, *, status: int = 400) -> HttpResponseBase:
        """Return the answer to a logout that failed (Back-Channel Logout 2.8)."""
        body = {"error": "invalid_request", "error_description": description}
        response = JsonResponse(body, status=status)
        mark_logged(response)
        return response


# The signature is what shows that the provider sends it.
@method_decorator(csrf_exempt, name="dispatch")
class BackChannelLogoutView(_RemoteLogout):
    """The back-channel logout view: takes a logout token (Back-Channel Logout 1.0, 2.5)."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponseBase:
        """End the sessions that the token names."""
        return self.answer(
            alias, lambda app: remote.by_token(app, _once(_form(request), "logout_token"))
        )


@method_decorator(xframe_options_exempt, name="dispatch")
class FrontChannelLogoutView(_RemoteLogout):
    """The front-channel logout view: a frame of the provider's page (Front-Channel Logout 2)."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponseBase:
        """End the session that the parameters name."""

        origins = "'none'"

        def end(app: App) -> None:
            nonlocal origins
            origins = _origins(app.client)
            issuer, sid = (_once(request.GET, name) for name in ("iss", "sid"))
            remote.by_frame(app, issuer, sid)

        response = self.answer(alias, end)
        response["Content-Security-Policy"] = f"default-src 'none'; frame-ancestors {origins}"
        return response


def _form(request: HttpRequest) -> QueryDict:
    if request.content_type not in _FORMS:
        raise LogoutTokenError(f"The content type is not {_FORMS[0]}.", reason="request")
    try:
        if len(request.body) > _LONGEST_BODY:
            raise LogoutTokenError("The body is too long.", reason="request")
        return request.POST
    except (BadRequest, MultiPartParserError, SuspiciousOperation, UnreadablePostError):
        raise LogoutTokenError("The form cannot be read.", reason="request") from None


def _once(parameters: QueryDict, name: str) -> str:
    values = parameters.getlist(name)
    if len(values) != 1:
        raise LogoutTokenError(f"{name} has to be there, once.", reason="request")
    return values[0]


def _origins(client: AuthenticationClient) -> str:
    """Return the origins of the provider's pages: issuer and host may differ."""
    parts = [urlsplit(url) for url in (client.registration.issuer, client.registration.app_host)]
    return " ".join(dict.fromkeys(f"{each.scheme}://{each.netloc}" for each in parts))
