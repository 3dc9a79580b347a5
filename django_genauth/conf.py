"""The GENAUTH setting: read when it is needed, checked, and made into a client.

Every key and its default are declared here, or in AuthenticationClient where the client has them.
Nothing is read at import and nothing is ever written.
"""

from __future__ import annotations

import difflib
import logging
import threading
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any, Final

from django.conf import settings
from django.core.cache import cache

from django_genauth.client import AuthenticationClient
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.protocol.messages import is_token_text

logger = logging.getLogger("django_genauth")

DEFAULT_ALIAS: Final = "default"
_KEY_OCTETS: Final = 32
_SHORTEST_SECRET: Final = 16
# Enough for every size and time that makes sense, and too little to overflow anything.
_LONGEST_DURATION: Final = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Hold what one app of GENAUTH decides about this site; the client holds the rest."""

    alias: str
    create_users: bool = True
    """Whether a person who was never here before gets an account."""
    link_verified_email: bool = False
    """Whether such a person takes over the account with the same, verified e-mail address."""
    user_fields: Mapping[str, str] = field(
        default_factory=lambda: {
            "email": "email",
            "first_name": "given_name",
            "last_name": "family_name",
        }
    )
    """From user field to claim, or to the dotted path of a callable that takes the claims."""
    groups_claim: str | None = None
    """The claim that names the person's groups."""
    groups_managed: tuple[str, ...] = ()
    """The groups that a person who is no longer named for them leaves."""
    staff_groups: tuple[str, ...] = ()
    """Groups of the claim that make `is_staff`; none: the field is left alone."""
    superuser_groups: tuple[str, ...] = ()
    """Groups of the claim that make `is_superuser`; none: the field is left alone."""
    token_keys: tuple[bytes, ...] = field(default=(), repr=False)
    """Keys of 32 octets that seal what is kept, newest first; set as base64url."""
    login_ttl: int = 600
    """How many seconds a person may take between leaving for the provider and coming back."""
    session_policy: str = "independent"
    """What becomes of a session whose access token has run out: `independent`, `refresh` or
    `reauthenticate`."""
    logout: str = "standard"
    """Where signing out leads: `standard` (OpenID Connect), `genauth` or `local`."""
    revoke_on_logout: bool = False
    """Whether signing out revokes what was granted to the person, at the provider."""
    revoke_on_delete: bool = True
    """Whether grants are revoked at the provider before their user or identity is deleted."""
    webhook_token: str | None = field(default=None, repr=False)
    """The console's static secret, which its webhook shows; None: there is no webhook."""
    webhook_password_change_ends_sessions: bool = True
    """Whether a person whose password was changed at the provider is signed out."""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_number(value: object) -> bool:
    return _is_duration(value) and value != 0


def _is_duration(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and 0 <= value <= _LONGEST_DURATION
    )


def _is_size(value: object) -> bool:
    return isinstance(value, int) and _is_number(value)


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and isinstance(each, str) for name, each in value.items()
    )


def _is_parameters(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str)
        and (isinstance(each, str | int) or (isinstance(each, list) and _is_list(each)))
        for name, each in value.items()
    )


def _is_keys(value: object) -> bool:
    return isinstance(value, list | tuple) and all(
        isinstance(each, str) and len(_octets(each)) == _KEY_OCTETS for each in value
    )


def _is_static_secret(value: object) -> bool:
    # A header carries it; and a shorter one could be guessed over the network.
    return is_token_text(value) and len(str(value)) >= _SHORTEST_SECRET


def _octets(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def _optional(rule: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or rule(value)


_TEXT = (_is_text, "a text that is not empty")
_OPTIONAL_TEXT = (_optional(_is_text), "a text that is not empty, or None")
_FLAG = (_is_flag, "True or False")
_NUMBER = (_is_number, "a number above 0")
_LIST = (_is_list, "a list of texts")
_MAPPING = (_is_mapping, "a dictionary of texts")

# The keys of one app, and what a value has to be; a callable stands for what it returns.
_CLIENT_KEYS: Final[Mapping[str, tuple[Callable[[object], bool], str]]] = {
    "APP_ID": _TEXT,
    "APP_SECRET": _OPTIONAL_TEXT,
    "APP_HOST": _TEXT,
    "PROTOCOL": _TEXT,
    "SCOPE": (lambda value: _is_text(value) or _is_list(value), "a text or a list of texts"),
    "ISSUER": _TEXT,
    "DISCOVERY": _FLAG,
    "ENDPOINTS": _MAPPING,
    "REDIRECT_URI": _OPTIONAL_TEXT,
    "POST_LOGOUT_REDIRECT_URI": _OPTIONAL_TEXT,
    "ID_TOKEN_SIGNED_RESPONSE_ALG": _TEXT,
    "TOKEN_ENDPOINT_AUTH_METHOD": _TEXT,
    "INTROSPECTION_ENDPOINT_AUTH_METHOD": _TEXT,
    "REVOCATION_ENDPOINT_AUTH_METHOD": _TEXT,
    "RESPONSE_TYPE": _TEXT,
    "RESPONSE_MODE": _OPTIONAL_TEXT,
    "ALLOW_ACCESS_TOKEN_IN_FRONT_CHANNEL_INSECURE": _FLAG,
    "USERINFO": _FLAG,
    "AUTHORIZE_PARAMS": (_is_parameters, "a dictionary of texts, numbers and lists of texts"),
    "TIMEOUT": _NUMBER,
    "MAX_RESPONSE_BYTES": (_is_size, "a whole number above 0"),
    "LEEWAY": (_is_duration, "a number, 0 or above"),
    "CA_BUNDLE": _OPTIONAL_TEXT,
    "PROXIES": _MAPPING,
    "ALLOW_INSECURE_HTTP": _FLAG,
}
_SITE_KEYS: Final[Mapping[str, tuple[Callable[[object], bool], str]]] = {
    "CREATE_USERS": _FLAG,
    "LINK_VERIFIED_EMAIL": _FLAG,
    "USER_FIELDS": _MAPPING,
    "GROUPS_CLAIM": _OPTIONAL_TEXT,
    "GROUPS_MANAGED": (_optional(_is_list), "a list of texts or None"),
    "STAFF_GROUPS": _LIST,
    "SUPERUSER_GROUPS": _LIST,
    "TOKEN_KEYS": (_is_keys, "a list of base64url keys of 256 bits, 43 characters each"),
    "LOGIN_TTL": _NUMBER,
    "SESSION_POLICY": (
        lambda value: value in ("independent", "refresh", "reauthenticate"),
        "independent, refresh or reauthenticate",
    ),
    "LOGOUT": (
        lambda value: value in ("standard", "genauth", "local"),
        "standard, genauth or local",
    ),
    "REVOKE_ON_LOGOUT": _FLAG,
    "REVOKE_ON_DELETE": _FLAG,
    "WEBHOOK_TOKEN": (
        _optional(_is_static_secret),
        "16 or more ASCII characters without spaces, or None",
    ),
    "WEBHOOK_PASSWORD_CHANGE_ENDS_SESSIONS": _FLAG,
}
_KEYS: Final = {**_CLIENT_KEYS, **_SITE_KEYS}
_REQUIRED: Final = ("APP_ID", "APP_HOST")


@dataclass(frozen=True, slots=True)
class _Loaded:
    values: Mapping[str, Any]
    app: App
    client: AuthenticationClient


_loaded: dict[str, _Loaded] = {}
_loading = threading.Lock()


def _of_production(alias: str) -> Mapping[str, Any]:
    return {"shared_cache": ForgivingCache()}


# What clients are made with beside their settings, by alias. No setting and no data leads here.
_surroundings: Callable[[str], Mapping[str, Any]] = _of_production


def aliases() -> list[str]:
    """Return the aliases of GENAUTH. Raises ConfigurationError where there are none."""
    configured = getattr(settings, "GENAUTH", None)
    if not isinstance(configured, Mapping) or not configured:
        raise ConfigurationError(
            'Set GENAUTH = {"default": {"APP_ID": "...", "APP_SECRET": "...", "APP_HOST": "..."}}.',
            reason="genauth",
        )
    return list(configured)


def get_app(alias: str = DEFAULT_ALIAS) -> App:
    """Return what an app decides about this site. Raises ConfigurationError."""
    return _load(alias).app


def get_client(alias: str = DEFAULT_ALIAS) -> AuthenticationClient:
    """Return the client of an app, one as long as its settings stay. Raises ConfigurationError."""
    return _load(alias).client


@contextmanager
def surrounded(surroundings: Callable[[str], Mapping[str, Any]]) -> Iterator[None]:
    """Make clients with other surroundings inside the block; for `django_genauth.testing` alone.

    Clients of before come back after it, so that neither side ever sees one of the other.
    """
    global _surroundings, _loaded
    with _loading:
        before = _surroundings, _loaded
        _surroundings, _loaded = surroundings, {}
    try:
        yield
    finally:
        with _loading:
            _surroundings, _loaded = before


def problems(alias: str) -> list[str]:
    """Return what is wrong with an app's settings, a sentence a key; callables are not called."""
    try:
        values = _configured(alias)
    except ConfigurationError as error:
        return [str(error)]
    found = [f"{key} is missing." for key in _REQUIRED if key not in values]
    for key, value in values.items():
        if key not in _KEYS:
            near = difflib.get_close_matches(str(key), _KEYS, n=1)
            found.append(f"{key} is unknown." + (f" Did you mean {near[0]}?" if near else ""))
        elif not callable(value) and not _KEYS[key][0](value):
            found.append(f"{key} has to be {_KEYS[key][1]}.")
    if "GROUPS_CLAIM" not in values:
        found += [
            f"{key} needs GROUPS_CLAIM, without which nobody is in any group."
            for key in ("GROUPS_MANAGED", "STAFF_GROUPS", "SUPERUSER_GROUPS")
            if values.get(key)
        ]
    if not found and not any(callable(value) for value in values.values()):
        try:
            _build(alias, values)
        except ConfigurationError as error:
            found.append(str(error))
    return found


def _load(alias: str) -> _Loaded:
    values = {
        key: value() if callable(value) else value for key, value in _configured(alias).items()
    }
    loaded = _loaded.get(alias)
    if loaded is not None and loaded.values == values:
        return loaded
    with _loading:
        loaded = _loaded.get(alias)
        if loaded is None or loaded.values != values:
            loaded = _loaded[alias] = _build(alias, values)
        return loaded


def _configured(alias: str) -> Mapping[str, Any]:
    if alias not in aliases():
        raise ConfigurationError(f"GENAUTH has no app {alias!r}.", reason="alias")
    values = settings.GENAUTH[alias]
    if not isinstance(values, Mapping):
        raise ConfigurationError(f"GENAUTH[{alias!r}] has to be a dictionary.", reason="value")
    return values


def _build(alias: str, values: Mapping[str, Any]) -> _Loaded:
    for key in _REQUIRED:
        if key not in values:
            raise ConfigurationError(f"GENAUTH[{alias!r}] has no {key}.", reason=key.lower())
    for key, value in values.items():
        rule, what = _KEYS.get(key, (None, ""))
        if rule is None or not rule(value):
            raise ConfigurationError(
                f"GENAUTH[{alias!r}][{key!r}] has to be {what}."
                if what
                else f"GENAUTH[{alias!r}] has an unknown key {key!r}.",
                reason="value" if what else "unknown_key",
            )
    client = {key.lower(): values[key] for key in values if key in _CLIENT_KEYS}
    client["secret"] = client.pop("app_secret", None)
    names = {each.name for each in fields(App)}
    site: dict[str, Any] = {
        key.lower(): tuple(value) if isinstance(value, list) else value
        for key, value in values.items()
        if key.lower() in names and value is not None
    }
    site["token_keys"] = tuple(_octets(key) for key in values.get("TOKEN_KEYS", ()))
    made = AuthenticationClient(**client, **_surroundings(alias))
    made.require_login()
    return _Loaded(values, App(alias=alias, **site), made)


class ForgivingCache:
    """Lend Django's cache, and do without it while it is out of order.

    The provider's documents can be fetched again, so a cache that fails must not fail a login.
    """

    def get(self, key: str) -> Any:
        return self._try(lambda: cache.get(key), None)

    def set(self, key: str, value: Any, timeout: float) -> None:
        self._try(lambda: cache.set(key, value, timeout), None)

    def add(self, key: str, value: Any, timeout: float) -> bool:
        return bool(self._try(lambda: cache.add(key, value, timeout), True))

    def delete(self, key: str) -> None:
        self._try(lambda: cache.delete(key), None)

    @staticmethod
    def _try(call: Callable[[], Any], otherwise: object) -> Any:
        try:
            return call()
        except Exception as error:  # noqa: BLE001 # each cache backend has errors of its own
            logger.warning("Django's cache is out of order: %s", type(error).__name__)
            return otherwise
