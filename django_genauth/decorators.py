"""Decorators for a site's own views."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponseBase

from django_genauth.conf import DEFAULT_ALIAS, get_client
from django_genauth.login.views import begin
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.sessions.entry import SessionEntry

View = Callable[..., Any]


def genauth_reauthenticate(max_age: int = 300) -> Callable[[View], View]:
    """Let in people who showed the provider who they are at most `max_age` seconds ago.

    Anybody else is sent to the provider to do so again, and comes back to the same address by GET
    (OIDC Core 3.1.2.1, max_age). Not for PROTOCOL `oauth`, whose answers do not say when. Raises
    ConfigurationError for less than a second, in which nobody comes back.
    """
    if max_age < 1:
        raise ConfigurationError("max_age is a second at least.", reason="max_age")

    def decorate(view: View) -> View:
        if iscoroutinefunction(view):

            @wraps(view)
            async def aguarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                refused = await sync_to_async(_sent_away)(request, max_age)
                return refused or await view(request, *args, **kwargs)

            return aguarded

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            return _sent_away(request, max_age) or view(request, *args, **kwargs)

        return guarded

    return decorate


def _sent_away(request: HttpRequest, max_age: int) -> HttpResponseBase | None:
    entry = SessionEntry.read(request.session)
    alias, auth_time = (DEFAULT_ALIAS, None) if entry is None else (entry.alias, entry.auth_time)
    oldest = time.time() - max_age - get_client(alias).registration.leeway
    if request.user.is_authenticated and auth_time is not None and auth_time >= oldest:
        return None
    return begin(request, alias, next_url=request.get_full_path(), max_age=max_age)
