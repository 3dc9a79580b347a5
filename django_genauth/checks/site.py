"""System checks of the site around GENAUTH, for `manage.py check`.

The checks of GENAUTH itself stand in `settings`, those of the addresses in `addresses`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.filebased import FileBasedCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.db import router
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.template.utils import InvalidTemplateEngineError
from django.utils.module_loading import import_string

from django_genauth import conf
from django_genauth.backends import GenAuthBackend
from django_genauth.checks.registration import registered
from django_genauth.models import Identity
from django_genauth.sessions import engine

_BACKEND = "django_genauth.backends.GenAuthBackend"
_FOLLOWER = "django_genauth.middleware.GenAuthSessionMiddleware"
_A_PAGE = "genauth/signed_out.html"
# They drop entries, whichever they are, as soon as there are MAX_ENTRIES.
_CULLING = (DatabaseCache, FileBasedCache, LocMemCache)
_ENOUGH_ENTRIES = 100_000
# What a login writes its result into.
_NEEDED = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
)


@registered
def check_backend(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find a site without a backend that takes an ID token (E004)."""
    found: list[CheckMessage] = []
    is_there = False
    if isinstance(settings.AUTHENTICATION_BACKENDS, str):
        return [
            Error(
                "AUTHENTICATION_BACKENDS is a text, and has to be a list of texts.",
                hint=f'Write AUTHENTICATION_BACKENDS = ["{_BACKEND}"].',
                id="genauth.E004",
            )
        ]
    for path in settings.AUTHENTICATION_BACKENDS:
        try:
            backend = import_string(path)
        except ImportError as error:
            found.append(
                Error(
                    f"AUTHENTICATION_BACKENDS names {path}, which cannot be imported: {error}",
                    hint=f'Compare its spelling. The path of this app is "{_BACKEND}".',
                    id="genauth.E004",
                )
            )
            continue
        # A site may use a subclass under any name, or a function, which may make one. None is made
        # here: that is not for a check.
        is_there = is_there or not isinstance(backend, type) or issubclass(backend, GenAuthBackend)
    if is_there or found:
        return found
    return [
        Error(
            "No backend in AUTHENTICATION_BACKENDS signs in with GenAuth.",
            hint=f'Add "{_BACKEND}" to AUTHENTICATION_BACKENDS.',
            id="genauth.E004",
        )
    ]


@registered
def check_cache(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find a cache that keeps nothing, so that a second use of a login goes unseen (W006)."""
    if not issubclass(_cache_class(), DummyCache):
        return []
    return [
        Warning(
            "Django's default cache keeps nothing, so a login could be completed twice.",
            hint="Use another backend for CACHES['default'].",
            id="genauth.W006",
        )
    ]


@registered
def check_culling(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find a cache that drops marks while they are needed, as soon as it is full (W015).

    Not while DEBUG is on: Django's own default is such a cache, and will do for development.
    """
    if settings.DEBUG or not issubclass(_cache_class(), _CULLING):
        return []
    cache: dict[str, Any] = settings.CACHES["default"]
    most = cache.get("OPTIONS", {}).get("MAX_ENTRIES", 300)
    if isinstance(most, int) and most >= _ENOUGH_ENTRIES:
        return []
    return [
        Warning(
            f"Django's default cache keeps {most} entries and drops others as it likes, so that a"
            " login could be completed twice.",
            hint="Use Redis or Memcached for CACHES['default'], or set its OPTIONS to"
            f' {{"MAX_ENTRIES": {_ENOUGH_ENTRIES}}}.',
            id="genauth.W015",
        )
    ]


def _cache_class() -> type:
    try:
        found = import_string(settings.CACHES["default"]["BACKEND"])
    except (ImportError, KeyError):
        # Django names it by itself.
        return object
    return found if isinstance(found, type) else object


@registered
def check_session_engine(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find a session engine whose sessions only the browser can end (W009)."""
    try:
        can_end = engine.can_end()
    except ImportError:
        # Django names it by itself, at the first request.
        return []
    if can_end:
        return []
    return [
        Warning(
            "Sessions are kept in signed cookies, so none can be ended but in its own browser.",
            hint="Back-channel and front-channel logout need SESSION_ENGINE to keep sessions on"
            " the server: Django's db, cached_db, cache or file.",
            id="genauth.W009",
        )
    ]


@registered
def check_session_policy(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find a SESSION_POLICY without the middleware that follows it (W010)."""
    if _has_middleware(_FOLLOWER):
        return []
    return [
        Warning(
            f"GENAUTH[{alias!r}] has a SESSION_POLICY, and nothing follows it.",
            hint=f'Add "{_FOLLOWER}" to MIDDLEWARE, behind AuthenticationMiddleware.',
            id="genauth.W010",
        )
        for alias, values in conf.configured()
        # What a callable returns is known at use alone.
        if values.get("SESSION_POLICY") in ("refresh", "reauthenticate")
    ]


@registered
def check_databases(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find users in another database than the identities, which point to them (E033)."""
    users, ours = (router.db_for_write(model) for model in (get_user_model(), Identity))
    if users == ours:
        return []
    return [
        Error(
            f"A router sends users to the database {users!r}, and the rows of django_genauth to"
            f" {ours!r}.",
            hint="Send both to the same database: an identity points to its user, and no database"
            " joins rows of two.",
            id="genauth.E033",
        )
    ]


@registered
def check_templates(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find template engines none of which finds the pages of this app (E041)."""
    with suppress(ImportError, ImproperlyConfigured, InvalidTemplateEngineError):
        try:
            get_template(_A_PAGE)
        except TemplateDoesNotExist:
            return [
                Error(
                    "No engine of TEMPLATES finds the pages of this app, so that whoever signs out"
                    " or is refused sees an error.",
                    hint="Add an engine of Django's, with APP_DIRS.",
                    id="genauth.E041",
                )
            ]
    # An engine that is set up wrongly Django names by itself.
    return []


@registered
def check_middleware(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find a middleware that is missing or in the wrong place (W013)."""
    found: list[CheckMessage] = [
        Warning(
            f"MIDDLEWARE has no {path.rpartition('.')[2]}, so nobody can be signed in.",
            hint=f'Add "{path}" to MIDDLEWARE; sessions come before authentication.',
            id="genauth.W013",
        )
        for path in _NEEDED
        if not _has_middleware(path)
    ]
    middleware, sessions = list(settings.MIDDLEWARE), _NEEDED[0]
    if sessions in middleware and any(
        path in middleware and middleware.index(path) < middleware.index(sessions)
        for path in (*_NEEDED, _FOLLOWER)
    ):
        found.append(
            Warning(
                "MIDDLEWARE is out of order, so each page fails.",
                hint=f'Put "{sessions}" before those that need the session.',
                id="genauth.W013",
            )
        )
    return found


def _has_middleware(path: str) -> bool:
    """Return whether a middleware is there: itself, a subclass, or one of the same name."""
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
