"""The GENAUTH setting: read when it is needed, checked, and made into an App with its client.

The defaults are declared in `app`, or in AuthenticationClient where the client has them; what a
value has to be stands in `rules`. Nothing is read at import and nothing is ever written.

An App is loaded where an alias comes in (a view, a command, a row) and handed on from there: a
value of GENAUTH may be a callable, which may ask a vault each time.
"""

from __future__ import annotations

import difflib
import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from typing import Any, Final

from django.conf import settings

from django_genauth.client import AuthenticationClient
from django_genauth.conf.api import ApiSettings
from django_genauth.conf.app import App
from django_genauth.conf.callables import call_setting, has_blanks
from django_genauth.conf.names import default_name
from django_genauth.conf.observing import observer
from django_genauth.conf.rules import CALLED_AT_USE, KEYS, REGISTRATION_KEYS, octets
from django_genauth.conf.shared_cache import ForgivingCache
from django_genauth.protocol import genauth
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.tracebacks import without_variables

__all__ = [
    "DEFAULT_ALIAS",
    "App",
    "aliases",
    "apps_of",
    "configured",
    "get_app",
    "get_client",
    "is_alias",
    "name_of",
    "name_of_issuer",
    "override_client_extras",
    "problems",
]

logger = logging.getLogger("django_genauth")

DEFAULT_ALIAS: Final = "default"

_REQUIRED: Final = ("APP_ID", "APP_HOST")


@dataclass(frozen=True, slots=True)
class _Loaded:
    values: Mapping[str, Any]
    app: App


_loaded: dict[str, _Loaded] = {}
_loading = threading.Lock()


def _production_extras(alias: str) -> Mapping[str, Any]:
    return {"shared_cache": ForgivingCache()}


# Extra arguments of every client, by alias. Only `testing` replaces them.
_client_extras: Callable[[str], Mapping[str, Any]] = _production_extras


def aliases() -> list[str]:
    """Return the aliases of GENAUTH. Raises ConfigurationError where there are none."""
    configured = getattr(settings, "GENAUTH", None)
    if not isinstance(configured, Mapping) or not configured:
        raise ConfigurationError(
            'Set GENAUTH = {"default": {"APP_ID": "...", "APP_SECRET": "...", "APP_HOST": "..."}}.',
            reason="genauth",
        )
    return list(configured)


def configured() -> list[tuple[object, Mapping[str, Any]]]:
    """Return the aliases and values of GENAUTH unchecked, without those that are no dictionary."""
    apps = getattr(settings, "GENAUTH", None)
    if not isinstance(apps, Mapping):
        return []
    return [(alias, values) for alias, values in apps.items() if isinstance(values, Mapping)]


def is_alias(name: object) -> bool:
    """Return whether a name can be an alias, which stands in addresses."""
    return isinstance(name, str) and re.fullmatch(r"[-a-zA-Z0-9_]+", name) is not None


@without_variables
def get_app(alias: str = DEFAULT_ALIAS) -> App:
    """Return an app of GENAUTH, the same one as long as its settings stay.

    Callables of the settings are called each time. Raises ConfigurationError.
    """
    values = {
        key: call_setting(alias, key, value) if _is_called_now(key, value) else value
        for key, value in _configured(alias).items()
    }
    loaded = _loaded.get(alias)
    if loaded is not None and loaded.values == values:
        return loaded.app
    with _loading:
        loaded = _loaded.get(alias)
        if loaded is None or loaded.values != values:
            loaded = _loaded[alias] = _Loaded(values, _build(alias, values))
        return loaded.app


def get_client(alias: str = DEFAULT_ALIAS) -> AuthenticationClient:
    """Return the client of an app, one as long as its settings stay. Raises ConfigurationError."""
    return get_app(alias).client


def apps_of(issuer: str) -> list[App]:
    """Return the apps whose provider is the issuer, without those whose settings cannot work."""
    found = []
    for alias in aliases():
        # What is wrong with another app is no reason to fail here.
        with suppress(ConfigurationError):
            found.append(get_app(alias))
    return [app for app in found if app.client.registration.issuer == issuer]


def name_of(alias: str) -> str:
    """Return what people call an app's provider; GenAuth where the settings are out of order."""
    try:
        return get_app(alias).name
    except ConfigurationError:
        # Nobody shall be locked out by a button.
        return "GenAuth"


def name_of_issuer(issuer: str) -> str:
    """Return what people call an issuer: the name of its app, or its host where there is none."""
    return next((app.name for app in apps_of(issuer)), default_name(issuer, ""))


@contextmanager
def override_client_extras(extras: Callable[[str], Mapping[str, Any]]) -> Iterator[None]:
    """Make clients with other extra arguments inside the block; for `django_genauth.testing` alone.

    Clients of before come back after it, so that neither side ever sees one of the other.
    """
    global _client_extras, _loaded
    with _loading:
        before = _client_extras, _loaded
        _client_extras, _loaded = extras, {}
    try:
        yield
    finally:
        with _loading:
            _client_extras, _loaded = before


@without_variables
def problems(alias: str) -> list[str]:
    """Return what is wrong with an app's settings, one sentence for each key.

    Callables are not called."""
    try:
        values = _configured(alias)
    except ConfigurationError as error:
        return [str(error).replace(f"GENAUTH[{alias!r}]", "It", 1)]
    found = [text for _, text in _faults(values)]
    found += [
        f"{key} begins or ends with a blank or a line break."
        for key, value in values.items()
        if has_blanks(key, value)
    ]
    if "GROUPS_CLAIM" not in values:
        found += [
            f"{key} needs GROUPS_CLAIM, without which nobody is in any group."
            for key in ("GROUP_NAMES", "GROUPS_MANAGED", "STAFF_GROUPS", "SUPERUSER_GROUPS")
            if values.get(key)
        ]
    if not found and not any(callable(value) for value in values.values()):
        try:
            _build(alias, values)
        except ConfigurationError as error:
            # What falls short of a profile has checks of its own, which name it all.
            if error.code != "configuration.profile":
                found.append(str(error))
    return found


def _faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with each key, as the reason of an error and a sentence.

    A callable stands for what it returns, which is not known here.
    """
    console = genauth.console_name(str(values.get("ISSUER", "")), str(values.get("APP_HOST", "")))
    for key in _REQUIRED:
        if key not in values:
            yield (
                key.lower(),
                f"{key} is missing. Copy it from the app's page in {console}.",
            )
    for key, value in values.items():
        if key not in KEYS:
            near = difflib.get_close_matches(str(key).upper(), KEYS, n=1)
            yield (
                "unknown_key",
                f"{key} is unknown." + (f" Did you mean {near[0]}?" if near else ""),
            )
        elif not callable(value) and not KEYS[key][0](value):
            yield "value", f"{key} has to be {KEYS[key][1]}."


def _is_called_now(key: str, value: object) -> bool:
    return callable(value) and key not in CALLED_AT_USE


def _configured(alias: str) -> Mapping[str, Any]:
    if alias not in aliases():
        raise ConfigurationError(f"GENAUTH has no app {alias!r}.", reason="alias")
    values = settings.GENAUTH[alias]
    if not isinstance(values, Mapping):
        raise ConfigurationError(
            f"GENAUTH[{alias!r}] has to be a dictionary. The keys of an app stand inside it:"
            ' GENAUTH = {"default": {"APP_ID": "..."}}.',
            reason="value",
        )
    return values


def _build(alias: str, values: Mapping[str, Any]) -> App:
    for reason, text in _faults(values):
        raise ConfigurationError(f"GENAUTH[{alias!r}]: {text}", reason=reason)
    client = {key.lower(): values[key] for key in values if key in REGISTRATION_KEYS}
    client["secret"] = client.pop("app_secret", None)
    if "token_endpoint_auth_method" in client:
        # The client by itself has the defaults of the vendor's library for the other two.
        for name in ("introspection", "revocation"):
            method = client["token_endpoint_auth_method"]
            client.setdefault(f"{name}_endpoint_auth_method", method)
    names = {each.name for each in fields(App)}
    site: dict[str, Any] = {
        key.lower(): tuple(value) if isinstance(value, list) else value
        for key, value in values.items()
        if key.lower() in names and value is not None
    }
    site["token_keys"] = tuple(octets(key) for key in values.get("TOKEN_KEYS", ()))
    made = AuthenticationClient(**client, **_client_extras(alias), observe=observer(alias))
    made.registration.require_login()
    site.setdefault("name", default_name(made.registration.issuer, made.registration.app_host))
    return App(alias=alias, client=made, api=ApiSettings.read(values), **site)
