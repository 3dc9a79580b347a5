"""The success handler of sign-ins: one log line, and a signal."""

from __future__ import annotations

import logging

from django.http import HttpRequest

from django_genauth.conf import App
from django_genauth.log_lines import log_line
from django_genauth.signals import login_succeeded
from django_genauth.visitor_ip import visitor_ip


def note_success(request: HttpRequest, app: App, *, link: bool) -> None:
    """Log that somebody has signed in, or has added an identity, and tell the receivers of it."""
    log_line(
        logging.INFO,
        "identity_added" if link else "login_succeeded",
        "An identity was added" if link else "Signed in",
        app=app.alias,
        user=str(request.user.pk),
        ip=visitor_ip(request, app),
    )
    if not link:
        login_succeeded.send_robust(
            sender=type(request.user), app=app.alias, user=request.user, request=request
        )
