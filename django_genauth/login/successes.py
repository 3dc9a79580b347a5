"""The success handler of sign-ins: one log line, a signal, and a word to the person."""

from __future__ import annotations

import logging

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from django_genauth.conf import App, name_of_issuer
from django_genauth.log_lines import log_line
from django_genauth.models import Identity
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


def tell_linked(request: HttpRequest, identity: Identity) -> None:
    """Tell the person which identity their account has now, by Django's messages."""
    named = {"name": name_of_issuer(identity.issuer), "person": identity.person}
    text = _("You can sign in with %(name)s as %(person)s from now on.") % named
    # A site may do without messages.
    messages.success(request, text, fail_silently=True)
