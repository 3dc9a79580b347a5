"""What can be known of a site's set-up without asking anybody: `manage.py check`.

Each check has a page of its own in the documentation, `docs/reference/checks/`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model, load_backend
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import FieldDoesNotExist
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from django_genauth import conf, session_engine
from django_genauth.protocol.errors import ConfigurationError

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_BACKEND = "django_genauth.backends.GenAuthBackend"
_MIDDLEWARE = "django_genauth.middleware.GenAuthSessionMiddleware"
# What a login writes its result into.
_NEEDED_MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
)


@register("genauth")
def check_settings(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Name every key of GENAUTH that cannot work (E001, E002, E003)."""
    try:
        aliases = conf.aliases()
    except ConfigurationError as error:
        return [Error("GENAUTH is missing or empty.", hint=str(error), id="genauth.E001")]
    found: list[CheckMessage] = []
    for alias in aliases:
        if not isinstance(alias, str) or not re.fullmatch(r"[-a-zA-Z0-9_]+", alias):
            found.append(
                Error(
                    f"The alias {alias!r} cannot stand in an address.",
                    hint="Use letters, digits, hyphens and underscores.",
                    id="genauth.E002",
                )
            )
            continue
        found += [
            Error(
                f"GENAUTH[{alias!r}]: {problem}",
                hint="The documentation's page on settings lists every key.",
                id="genauth.E003",
            )
            for problem in conf.problems(alias)
        ]
    return found


@register("genauth")
def check_backend(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Look for a backend that takes an ID token (E004)."""
    # Imported here, as models must be loaded first. A site may use a subclass under any name.
    base = import_string(_BACKEND)
    found: list[CheckMessage] = []
    is_there = False
    for path in settings.AUTHENTICATION_BACKENDS:
        try:
            is_there = isinstance(load_backend(path), base) or is_there
        except ImportError as error:
            found.append(
                Error(
                    f"AUTHENTICATION_BACKENDS names {path}, which cannot be imported: {error}",
                    hint=f'Compare its spelling. The path of this app is "{_BACKEND}".',
                    id="genauth.E004",
                )
            )
    if is_there or found:
        return found
    return [
        Error(
            "No backend in AUTHENTICATION_BACKENDS signs in with GenAuth.",
            hint=f'Add "{_BACKEND}" to AUTHENTICATION_BACKENDS.',
            id="genauth.E004",
        )
    ]


@register("genauth")
def check_urls(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Look for the addresses of this app (E005)."""
    try:
        reverse("genauth:callback")
    except NoReverseMatch:
        return [
            Error(
                "The addresses of django_genauth are not in the URLconf.",
                hint='Add path("genauth/", include("django_genauth.urls")) to urlpatterns of the'
                " ROOT_URLCONF, and not to addresses that have a namespace of their own.",
                id="genauth.E005",
            )
        ]
    return []


@register("genauth")
def check_encryption(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Look for apps whose secrets travel in the clear beyond this machine (W007)."""
    return [
        Warning(
            f"GENAUTH[{alias!r}] sends its secret and its tokens over the network unencrypted.",
            hint="Use an https APP_HOST and remove ALLOW_INSECURE_HTTP.",
            id="genauth.W007",
        )
        for alias, values in _apps()
        if values.get("ALLOW_INSECURE_HTTP") is True
        and any(_is_remote_http(values.get(key)) for key in ("APP_HOST", "ISSUER"))
    ]


def _is_remote_http(url: object) -> bool:
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
    except ValueError:
        return False
    return parts.scheme == "http" and parts.hostname not in _LOOPBACK


@register("genauth")
def check_response_mode(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Look for apps whose answer is posted to an address without https (W008).

    Where REDIRECT_URI is left out, the request decides, and nothing can be known beforehand.
    """
    return [
        Warning(
            f"GENAUTH[{alias!r}]: RESPONSE_MODE form_post needs https, and REDIRECT_URI has none.",
            hint="Use an https REDIRECT_URI: browsers send the cookie of a login along with the"
            " provider's POST only if it is SameSite=None, which they take over https alone.",
            id="genauth.W008",
        )
        for alias, values in _apps()
        if values.get("RESPONSE_MODE") == "form_post"
        and str(values.get("REDIRECT_URI")).lower().startswith("http:")
    ]


def _apps() -> Iterable[tuple[object, Mapping[str, Any]]]:
    apps = getattr(settings, "GENAUTH", None)
    if not isinstance(apps, Mapping):
        return []
    return [(alias, values) for alias, values in apps.items() if isinstance(values, Mapping)]


@register("genauth")
def check_cache(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Look for a cache that keeps nothing, so that a second use of a login goes unseen (W006)."""
    backend = settings.CACHES.get("default", {}).get("BACKEND", "")
    if not backend.endswith("DummyCache"):
        return []
    return [
        Warning(
            "Django's default cache keeps nothing, so a login could be completed twice.",
            hint="Use another backend for CACHES['default'].",
            id="genauth.W006",
        )
    ]


@register("genauth")
def check_session_engine(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Look for sessions that nobody but the browser can end (W009)."""
    if session_engine.can_end():
        return []
    return [
        Warning(
            "Sessions are kept in signed cookies, so none can be ended but in its own browser.",
            hint="Back-channel and front-channel logout need SESSION_ENGINE to keep sessions on"
            " the server: Django's db, cached_db, cache or file.",
            id="genauth.W009",
        )
    ]


@register("genauth")
def check_session_policy(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Look for a SESSION_POLICY that nobody follows (W010), or that cannot renew (W011)."""
    found: list[CheckMessage] = []
    has_middleware = _has_middleware(_MIDDLEWARE)
    for alias, values in _apps():
        policy = values.get("SESSION_POLICY", "independent")
        if policy != "independent" and not has_middleware:
            found.append(
                Warning(
                    f"GENAUTH[{alias!r}] has a SESSION_POLICY, and nothing follows it.",
                    hint=f'Add "{_MIDDLEWARE}" to MIDDLEWARE, behind AuthenticationMiddleware.',
                    id="genauth.W010",
                )
            )
        if policy == "refresh" and "offline_access" not in _scopes(values):
            found.append(
                Warning(
                    f"GENAUTH[{alias!r}] is to renew sessions, and asks for no refresh token.",
                    hint="Name offline_access in SCOPE, for which GenAuth gives one.",
                    id="genauth.W011",
                )
            )
    return found


def _scopes(values: Mapping[str, Any]) -> Sequence[str]:
    scope = values.get("SCOPE", "")
    if isinstance(scope, str):
        return scope.split()
    return scope if isinstance(scope, list | tuple) else ()


@register("genauth")
def check_user_fields(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Look for fields to fill that users do not have (W012)."""
    model = get_user_model()
    return [
        Warning(
            f"GENAUTH[{alias!r}]: USER_FIELDS names {name}, no field of {model.__name__}.",
            hint=_nearest(name, [field.name for field in model._meta.get_fields()])
            + "Name a field of the user model on the left, and the claim on the right.",
            id="genauth.W012",
        )
        for alias, values in _apps()
        for name in _keys(values.get("USER_FIELDS"))
        if not _has_field(model, name)
    ]


def _keys(value: object) -> Iterable[str]:
    return map(str, value) if isinstance(value, Mapping) else ()


def _has_field(model: Any, name: str) -> bool:
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]}? " if near else ""


@register("genauth")
def check_middleware(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Look for the middleware that keeps people signed in (W013)."""
    return [
        Warning(
            f"MIDDLEWARE has no {path.rpartition('.')[2]}, so nobody can be signed in.",
            hint=f'Add "{path}" to MIDDLEWARE; sessions come before authentication.',
            id="genauth.W013",
        )
        for path in _NEEDED_MIDDLEWARE
        if not _has_middleware(path)
    ]


def _has_middleware(path: str) -> bool:
    """Tell whether a middleware is there: itself, one made of it, or another of the same name."""
    base = import_string(path)
    return any(
        each.rpartition(".")[2] == base.__name__ or _is_made_of(each, base)
        for each in settings.MIDDLEWARE
    )


def _is_made_of(path: str, base: type) -> bool:
    # One that cannot be imported Django names by itself, as soon as it starts.
    with suppress(ImportError):
        found = import_string(path)
        return isinstance(found, type) and issubclass(found, base)
    return False
