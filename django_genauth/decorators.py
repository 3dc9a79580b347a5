"""Decorators for a site's own views."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect

from django_genauth.api.gate import Gate
from django_genauth.conf import DEFAULT_ALIAS, get_client
from django_genauth.login.beginning import begin
from django_genauth.protocol.bearer import Requirements
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


def genauth_bearer(
    *scopes: str,
    alias: str = DEFAULT_ALIAS,
    session: bool = False,
    acr_values: str | Sequence[str] | None = None,
    max_age: int | None = None,
) -> Callable[[View], View]:
    """Let in requests whose access token is good for this site's API and has all the scopes.

    `request.bearer` says who came; `request.user` is their user, by API_USERS, or nobody. With
    `session` somebody who is signed in may come in too if no token was sent: `request.bearer` is
    None then, and CSRF is checked. `acr_values` and `max_age` (in seconds) ask for a sign-in of one
    of these kinds, or of late (RFC 9470). For functions, classes and `method_decorator`. Raises
    ConfigurationError for what can be no scope, as for the decorator without parentheses.
    """
    needed = Requirements.of(scopes, acr_values, max_age)
    gate = Gate(alias=alias, needed=needed, session=session)

    def decorate(view: View) -> View:
        if isinstance(view, type):
            decorated: View = method_decorator(decorate, name="dispatch")(view)
            return decorated

        async def alet_in(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            answer = view(request, *args, **kwargs)
            return await answer if inspect.isawaitable(answer) else answer

        @wraps(view)
        async def aguarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            # In a thread, as the database and the provider may be asked.
            refused = await sync_to_async(gate.check)(request)
            if refused is not None:
                return refused
            let_in = alet_in if _has_bearer(request) else csrf_protect(alet_in)
            return _varying(await let_in(request, *args, **kwargs))

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            refused = gate.check(request)
            if refused is not None:
                return refused
            let_in = view if _has_bearer(request) else csrf_protect(view)
            return _varying(let_in(request, *args, **kwargs))

        wrapped: Any = aguarded if _is_asynchronous(view) else guarded
        # Browsers add no token to another site's request; a session is checked above.
        wrapped.csrf_exempt = True
        # For the system check.
        wrapped.genauth_alias = alias
        # Nor is anybody led to a login page by LoginRequiredMiddleware.
        wrapped.login_required = False
        done: View = wrapped
        return done

    return decorate


def _has_bearer(request: HttpRequest) -> bool:
    return getattr(request, "bearer", None) is not None


def _varying(response: Any) -> Any:
    # A cache must not give one bearer's answer to another (RFC 9110 12.5.5).
    patch_vary_headers(response, ("Authorization",))
    return response


def _is_asynchronous(view: View) -> bool:
    # `dispatch` of a class is an ordinary function, whatever its handlers are; `method_decorator`
    # hands it over bound to the view.
    bound_to = getattr(getattr(view, "func", None), "__self__", None)
    return iscoroutinefunction(view) or getattr(bound_to, "view_is_async", False)
