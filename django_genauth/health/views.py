"""The health view: its addresses, its statuses, and who may see it.

What is examined stands in `examination`.
"""

from __future__ import annotations

from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View

from django_genauth.conf import DEFAULT_ALIAS, configured
from django_genauth.health.examination import PAUSE, Findings, examination_of
from django_genauth.pages import app_or_404, mark_logged
from django_genauth.protocol.errors import ConfigurationError

_UNKNOWN: Final[Findings] = {"status": "unknown"}


@method_decorator(never_cache, name="dispatch")
@method_decorator(login_not_required, name="dispatch")
# A database that is out of order is told, and so must not end the request before that.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class HealthView(View):
    """The health view: answers 200 where a login would work, and 503 with what is in its way."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponseBase:
        """Answer with what was found at most PAUSE seconds ago."""
        try:
            app = app_or_404(alias)
        except ConfigurationError as error:
            if not _is_switched_on(alias):
                raise Http404 from None
            return _answer({"status": "fail", "settings": {"status": "fail", "code": error.code}})
        if not app.health:
            raise Http404
        return _answer(examination_of(app).findings() or _UNKNOWN)


def _is_switched_on(alias: str) -> bool:
    """Return whether settings that cannot work have the page all the same."""
    return any(name == alias and values.get("HEALTH") is True for name, values in configured())


def _answer(findings: Findings) -> HttpResponseBase:
    is_good = findings["status"] == "pass"
    response = JsonResponse(findings, status=200 if is_good else 503)
    if not is_good:
        response["Retry-After"] = str(PAUSE)
    # What is wrong stands in the answer, and would fill the log with the same line.
    mark_logged(response)
    return response
