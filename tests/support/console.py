"""GenAuth's console, as far as it calls a site's webhook."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.test import Client

SECRET = "the-static-secret-of-the-console"
WEBHOOK = "/genauth/webhook/"


def tell(
    event: str, person: dict[str, Any] | None = None, *, path: str = WEBHOOK, **members: Any
) -> HttpResponse:
    """Tell the site of an event, as JSON."""
    body = {"eventName": event, "data": person or {"id": "user-1"}, **members}
    return post(body, path=path)


def post(body: Any, *, path: str = WEBHOOK, secret: str = SECRET, **options: Any) -> Any:
    """Send a body, JSON unless the options name another content type."""
    options = {"content_type": "application/json", **options}
    return Client().post(
        path, body, headers={"X-GenAuth-Token": secret, **options.pop("headers", {})}, **options
    )
