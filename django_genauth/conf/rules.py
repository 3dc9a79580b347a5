"""The keys of one app in GENAUTH, and what the value of each has to be.

What follows from values together is checked where they are used (`registration`, `conf`).
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from typing import Final

from django_genauth.client.profile import PROFILES
from django_genauth.conf import api
from django_genauth.protocol.authorization import OWN_PARAMETERS
from django_genauth.protocol.messages import is_token_text

_KEY_OCTETS: Final = 32
# What the login view reads itself, or each login makes anew.
_MADE_ANEW: Final = {"next", "iss", "target_link_uri", *OWN_PARAMETERS}
_SHORTEST_SECRET: Final = 16
_FILES: Final = 2
# WSGI cannot tell an underscore from a hyphen, so that a client could set the one for the other.
_HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
# Enough for every size and time that makes sense, and too little to overflow anything.
_LONGEST_DURATION: Final = 10**9


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


def _is_audiences(value: object) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(map(_is_text, value))


def _is_pair_of_paths(value: object) -> bool:
    return isinstance(value, list | tuple) and _is_audiences(value) and len(value) == _FILES


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and isinstance(each, str) for name, each in value.items()
    )


def _is_source(value: object) -> bool:
    # The name of a claim, or the names of a path to it.
    names = value if isinstance(value, list | tuple) else [value]
    return bool(names) and all(_is_text(each) for each in names)


def _is_sources(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and _is_source(each) for name, each in value.items()
    )


def _is_renaming(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and (each is None or _is_text(each)) for name, each in value.items()
    )


def _is_parameters(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str)
        and (isinstance(each, str | int) or (isinstance(each, list) and _is_list(each)))
        for name, each in value.items()
    )


def _is_login_params(value: object) -> bool:
    return isinstance(value, list | tuple) and _is_list(value) and not _MADE_ANEW & set(value)


def _is_keys(value: object) -> bool:
    return isinstance(value, list | tuple) and all(
        isinstance(each, str) and len(octets(each)) == _KEY_OCTETS for each in value
    )


def _are_private_keys(value: object) -> bool:
    return isinstance(value, list | tuple) and all(
        _is_text(each) or isinstance(each, Mapping) for each in value
    )


def _is_static_secret(value: object) -> bool:
    # A header carries it; and a shorter one could be guessed over the network.
    return is_token_text(value) and len(str(value)) >= _SHORTEST_SECRET


def octets(text: str) -> bytes:
    """Decode base64url, with padding or without; return nothing for other text."""
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
REGISTRATION_KEYS: Final[Mapping[str, tuple[Callable[[object], bool], str]]] = {
    "APP_ID": _TEXT,
    "APP_SECRET": _OPTIONAL_TEXT,
    "APP_HOST": _TEXT,
    "PROTOCOL": _TEXT,
    "SCOPE": (lambda value: _is_text(value) or _is_list(value), "a text or a list of texts"),
    "ISSUER": _TEXT,
    "DISCOVERY": (lambda value: _is_flag(value) or _is_text(value), "True, False or an address"),
    "ENDPOINTS": _MAPPING,
    "REDIRECT_URI": _OPTIONAL_TEXT,
    "POST_LOGOUT_REDIRECT_URI": _OPTIONAL_TEXT,
    "ID_TOKEN_SIGNED_RESPONSE_ALG": _TEXT,
    "USERINFO_SIGNED_RESPONSE_ALG": _OPTIONAL_TEXT,
    "INTROSPECTION_SIGNED_RESPONSE_ALG": _OPTIONAL_TEXT,
    "ID_TOKEN_ENCRYPTED_RESPONSE_ALG": _OPTIONAL_TEXT,
    "ID_TOKEN_ENCRYPTED_RESPONSE_ENC": _OPTIONAL_TEXT,
    "USERINFO_ENCRYPTED_RESPONSE_ALG": _OPTIONAL_TEXT,
    "USERINFO_ENCRYPTED_RESPONSE_ENC": _OPTIONAL_TEXT,
    "INTROSPECTION_ENCRYPTED_RESPONSE_ALG": _OPTIONAL_TEXT,
    "INTROSPECTION_ENCRYPTED_RESPONSE_ENC": _OPTIONAL_TEXT,
    "TRUSTED_AUDIENCES": _LIST,
    "TOKEN_ENDPOINT_AUTH_METHOD": _TEXT,
    "INTROSPECTION_ENDPOINT_AUTH_METHOD": _TEXT,
    "REVOCATION_ENDPOINT_AUTH_METHOD": _TEXT,
    "CLIENT_KEYS": (_are_private_keys, "a list of private keys, PEM or JWK"),
    "CLIENT_CERTIFICATE": (
        _optional(_is_pair_of_paths),
        "a pair of paths, of the certificate and of its key, or None",
    ),
    "CLIENT_ASSERTION_ALG": _OPTIONAL_TEXT,
    "CLIENT_ASSERTION_AUDIENCE": _TEXT,
    "CLIENT_ASSERTION": (lambda value: value is None, "a callable that returns an assertion"),
    "DPOP": _FLAG,
    "PROFILE": (lambda value: value in (None, *PROFILES), "fapi2 or None"),
    "RESPONSE_TYPE": _TEXT,
    "RESPONSE_MODE": _OPTIONAL_TEXT,
    "REQUEST_OBJECT_SIGNING_ALG": _OPTIONAL_TEXT,
    "PUSHED_AUTHORIZATION": (_optional(_is_flag), "True, False or None"),
    "ALLOW_ACCESS_TOKEN_IN_FRONT_CHANNEL_INSECURE": _FLAG,
    "USERINFO": _FLAG,
    "AUTHORIZE_PARAMS": (_is_parameters, "a dictionary of texts, numbers and lists of texts"),
    "TIMEOUT": _NUMBER,
    "MAX_PARALLEL_REQUESTS": (_optional(_is_size), "a whole number above 0, or None"),
    "MAX_RESPONSE_BYTES": (_is_size, "a whole number above 0"),
    "LEEWAY": (_is_duration, "a number, 0 or above"),
    "CA_BUNDLE": _OPTIONAL_TEXT,
    "PROXIES": _MAPPING,
    "ALLOW_INSECURE_HTTP": _FLAG,
}
SITE_KEYS: Final[Mapping[str, tuple[Callable[[object], bool], str]]] = {
    "CREATE_USERS": _FLAG,
    "LINK_VERIFIED_EMAIL": _FLAG,
    "EMAIL_VERIFIED_AS_TEXT": _FLAG,
    "UNIQUE_EMAIL": _FLAG,
    "USER_FIELDS": (_is_sources, "a dictionary of texts, or of lists of texts (a path)"),
    "GROUPS_CLAIM": (
        _optional(_is_source),
        "a text that is not empty, a list of such texts (a path), or None",
    ),
    "GROUP_NAMES": (_is_renaming, "a dictionary from texts to texts or None"),
    "CREATE_GROUPS": _FLAG,
    "GROUPS_MANAGED": (_optional(_is_list), "a list of texts or None"),
    "STAFF_GROUPS": _LIST,
    "SUPERUSER_GROUPS": _LIST,
    "TOKEN_KEYS": (_is_keys, "a list of base64url keys of 256 bits, 43 characters each"),
    "LOGIN_TTL": _NUMBER,
    "LOGIN_PARAMS": (_is_login_params, "a list of parameters that a link may set"),
    "NAME": _TEXT,
    "SESSION_POLICY": (
        lambda value: value in ("independent", "refresh", "reauthenticate"),
        "independent, refresh or reauthenticate",
    ),
    "LOGOUT": (
        lambda value: value in ("standard", "genauth", "local"),
        "standard, genauth or local",
    ),
    "PREFETCH": _FLAG,
    "HEALTH": _FLAG,
    "VISITOR_IP_HEADER": _OPTIONAL_TEXT,
    "SITE_LOGOUT": (
        lambda value: value in ("ask", "provider", "local"),
        "ask, provider or local",
    ),
    "REVOKE_ON_LOGOUT": _FLAG,
    "REVOKE_ON_DELETE": _FLAG,
    "TOKEN_FOR_RESOURCE": (
        lambda value: value in ("refresh", "exchange", "on_behalf_of"),
        "refresh, exchange or on_behalf_of",
    ),
    "WEBHOOK_TOKEN": (
        _optional(_is_static_secret),
        "16 or more ASCII characters without spaces, or None",
    ),
    "WEBHOOK_PASSWORD_CHANGE_ENDS_SESSIONS": _FLAG,
}
API_KEYS: Final[Mapping[str, tuple[Callable[[object], bool], str]]] = {
    "API_AUDIENCE": (
        lambda value: value is None or _is_text(value) or _is_audiences(value),
        "a text that is not empty, a list of such texts, or None",
    ),
    "API_TOKENS": (lambda value: value in api.TOKENS, "jwt or introspection"),
    "API_TOKEN_SIGNED_RESPONSE_ALG": (
        lambda value: value in api.ASYMMETRIC,
        f"one of {', '.join(api.ASYMMETRIC)}",
    ),
    "API_INTROSPECTION_TTL": (_is_duration, "a number, 0 or above"),
    "API_USERS": (lambda value: value in api.USERS, "known, create or none"),
    "API_RESOURCE": (
        _optional(api.is_address),
        "an https address without a query and a fragment, or None",
    ),
    "API_CLIENT_CERTIFICATE_HEADER": (
        _optional(lambda value: isinstance(value, str) and bool(_HEADER.fullmatch(value))),
        "the name of a header, such as X-Client-Cert, or None",
    ),
    "API_SCOPES": (api.are_scopes, "a list of scopes, none of which has a space"),
}
# Called for each request, by the client; other callables are called where an app is loaded.
CALLED_AT_USE: Final = frozenset({"CLIENT_ASSERTION"})
KEYS: Final = {**REGISTRATION_KEYS, **SITE_KEYS, **API_KEYS}
