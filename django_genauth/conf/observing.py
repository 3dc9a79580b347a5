"""The observer of an app's client: sends the signal `provider_asked` after each request."""

from __future__ import annotations

from collections.abc import Callable

from django_genauth.client.sending import RequestSender, SentRequest
from django_genauth.signals import provider_asked


def observer(alias: str) -> Callable[[SentRequest], None]:
    """Return what a client calls after each request. What receivers raise is logged."""

    def observe(request: SentRequest) -> None:
        provider_asked.send_robust(
            sender=RequestSender,
            app=alias,
            endpoint=request.endpoint,
            status=request.status,
            seconds=request.seconds,
            waited=request.waited,
            error=request.error,
        )

    return observe
