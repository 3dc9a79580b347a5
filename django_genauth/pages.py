"""What reports and logs may show of a request to this app's pages: neither a code nor a cookie.

An error that this package foresees is a GenAuthError and makes no report. One that it does not, in
a site's own receiver or database, makes a page (DEBUG) or a mail to ADMINS, with the address, the
cookies and every frame's variables: with them, somebody else's code, tokens and session.
"""

from __future__ import annotations

from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.http import HttpRequest, QueryDict
from django.views.debug import SafeExceptionReporterFilter


def hide_parameters(request: HttpRequest) -> None:
    """Take out of a request what the browser said in it, once that has been read.

    Django logs a request with its address, at DEBUG even for a variable that a template lacks.
    """
    query = f"?{request.META.get('QUERY_STRING', '')}"
    for name, value in list(request.META.items()):
        # Servers and proxies write the whole address into variables of their own.
        if isinstance(value, str):
            request.META[name] = value.replace(query, "?")
    request.META["QUERY_STRING"] = ""
    request.GET = request.POST = QueryDict()


def conceal(request: HttpRequest) -> None:
    """Take out of a request that has failed what must stand in no report of the failure."""
    hide_parameters(request)
    # Also where DEBUG is on, for which sensitive_variables() does nothing.
    request.exception_reporter_filter = _NamesAlone()
    # Django puts stars for the cookies themselves, and takes this one out of its cookie first.
    for name in ("CSRF_COOKIE", "CSRF_COOKIE_NEEDS_UPDATE"):
        request.META.pop(name, None)


class _NamesAlone(SafeExceptionReporterFilter):
    """Show of a variable that it is there."""

    def get_traceback_frame_variables(
        self, request: HttpRequest, tb_frame: FrameType
    ) -> ItemsView[str, Any]:
        """Return the frame's variables, with stars for their values."""
        return dict.fromkeys(tb_frame.f_locals, self.cleansed_substitute).items()
