"""What can be known of a site's set-up without asking anybody: `manage.py check`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.urls import NoReverseMatch, reverse

from django_genauth import conf, session_engine
from django_genauth.protocol.errors import ConfigurationError

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_BACKEND = "django_genauth.backends.GenAuthBackend"


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
    # A site may use a subclass under any name.
    from django.contrib.auth import get_backends  # models must be loaded first

    from django_genauth.backends import GenAuthBackend  # models must be loaded first

    if any(isinstance(backend, GenAuthBackend) for backend in get_backends()):
        return []
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
                hint='Add path("genauth/", include("django_genauth.urls")) to urlpatterns.',
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
    has_middleware = any(path.endswith("GenAuthSessionMiddleware") for path in settings.MIDDLEWARE)
    for alias, values in _apps():
        policy = values.get("SESSION_POLICY", "independent")
        if policy != "independent" and not has_middleware:
            found.append(
                Warning(
                    f"GENAUTH[{alias!r}] has a SESSION_POLICY, and nothing follows it.",
                    hint='Add "django_genauth.middleware.GenAuthSessionMiddleware" to MIDDLEWARE,'
                    " behind AuthenticationMiddleware.",
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
