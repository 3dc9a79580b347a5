"""The webhook view: takes events of GenAuth's console and answers with a status.

What an event does here stands in `events`.
"""

from __future__ import annotations

import logging
from hmac import compare_digest
from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from django_genauth.conf import DEFAULT_ALIAS, App
from django_genauth.log_lines import log_line
from django_genauth.pages import app_or_404, mark_logged
from django_genauth.protocol.errors import GenAuthError, WebhookError
from django_genauth.protocol.webhook_event import ConsoleEvent, parse_console_event
from django_genauth.visitor_ip import visitor_ip
from django_genauth.webhook import events

_LONGEST_BODY: Final = 65_536


@method_decorator(never_cache, name="dispatch")
@method_decorator(login_not_required, name="dispatch")
# The static secret is what shows that the console sends it.
@method_decorator(csrf_exempt, name="dispatch")
# What is done has to count when the answer is sent, and not be undone after it.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class WebhookView(View):
    """Take an event of GenAuth's console, which shows the static secret.

    Nothing of a body is logged: some have live tokens in them.
    """

    http_method_names = ["post"]

    def post(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponseBase:
        """Answer 200 to an event that was handled or ignored."""
        try:
            app = app_or_404(alias)
            events.handle(_event(request, app), app)
        except WebhookError as error:
            self._log(logging.WARNING, "refused", error, code=error.code)
            return _answer(403 if error.code == "webhook.secret" else 400)
        except GenAuthError as error:
            self._log(logging.ERROR, "failed", error, code=error.code)
            return _answer(503)
        except Http404:
            raise
        except Exception as error:  # noqa: BLE001 # databases, engines and receivers have errors of their own
            self._log(logging.ERROR, "failed", type(error).__name__)
            return _answer(503)
        return HttpResponse()

    def _log(self, level: int, outcome: str, why: object, **fields: str) -> None:
        alias = self.kwargs.get("alias", DEFAULT_ALIAS)
        ip = visitor_ip(self.request, alias)
        log_line(level, f"webhook_{outcome}", f"Webhook {outcome}", why, **fields, app=alias, ip=ip)


def _event(request: HttpRequest, app: App) -> ConsoleEvent:
    """Return the event of a request; its secret is checked before anything else is read."""
    secret = app.webhook_token
    if secret is None:
        raise Http404
    shown = request.headers.get("X-GenAuth-Token", "").encode("utf-8", "surrogatepass")
    if not compare_digest(shown, secret.encode()):
        raise WebhookError("The static secret is another, or missing.", reason="secret")
    return parse_console_event(_body(request), content_type=str(request.content_type))


def _body(request: HttpRequest) -> bytes:
    try:
        if int(request.headers.get("Content-Length") or 0) <= _LONGEST_BODY:
            # A length that is not the body's, or none, bounds nothing.
            body: bytes = request.read(_LONGEST_BODY + 1)
            if len(body) <= _LONGEST_BODY:
                return body
    except (UnreadablePostError, ValueError):
        raise WebhookError("The body cannot be read.", reason="request") from None
    raise WebhookError(f"The body is longer than {_LONGEST_BODY} octets.", reason="request")


def _answer(status: int) -> HttpResponse:
    response = HttpResponse(status=status)
    mark_logged(response)
    return response
