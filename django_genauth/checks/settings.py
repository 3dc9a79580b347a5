"""System checks of GENAUTH, for `manage.py check`.

Each check has a page of its own in the documentation, `docs/reference/checks/`. What has to stand
elsewhere in a site's settings is the business of `site`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Warning

from django_genauth import DOCUMENTATION, conf
from django_genauth.backends import claims
from django_genauth.backends.claim_paths import is_lost_callable
from django_genauth.checks.registration import registered
from django_genauth.protocol import genauth
from django_genauth.protocol.discovery import LOOPBACK
from django_genauth.protocol.errors import ConfigurationError


@registered
def check_settings(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find keys of GENAUTH that cannot work (E001 to E003), and a missing default app (W014)."""
    try:
        aliases = conf.aliases()
    except ConfigurationError as error:
        return [Error("GENAUTH is missing or empty.", hint=str(error), id="genauth.E001")]
    found: list[CheckMessage] = []
    for alias in aliases:
        if not conf.is_alias(alias):
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
                hint=f"{DOCUMENTATION}reference/settings.html lists every key.",
                id="genauth.E003",
            )
            for problem in conf.problems(alias)
        ]
    # Where one of them is no app, it is an alias that was left out.
    if conf.DEFAULT_ALIAS not in aliases and len(conf.configured()) == len(aliases):
        found.append(
            Warning(
                f"GENAUTH has no app {conf.DEFAULT_ALIAS!r}.",
                hint=f"Call one of them {conf.DEFAULT_ALIAS!r}: it is the one that genauth:login,"
                " get_client() and the button mean where no other is named.",
                id="genauth.W014",
            )
        )
    return found


@registered
def check_encryption(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find apps whose secrets travel, or may travel, unencrypted (W007, W016)."""
    found: list[CheckMessage] = [
        Warning(
            f"GENAUTH[{alias!r}] sends its secret and its tokens over the network unencrypted.",
            hint="Use an https APP_HOST and remove ALLOW_INSECURE_HTTP.",
            id="genauth.W007",
        )
        for alias, values in conf.configured()
        if values.get("ALLOW_INSECURE_HTTP") is True
        and any(map(_is_remote_http, _addresses(values)))
    ]
    found += [
        Warning(
            f"GENAUTH[{alias!r}] has ALLOW_INSECURE_HTTP, and an https provider.",
            hint="Remove ALLOW_INSECURE_HTTP: it lets the provider's configuration name addresses"
            " of this machine without encryption.",
            id="genauth.W016",
        )
        for alias, values in conf.configured()
        if values.get("ALLOW_INSECURE_HTTP") is True
        and any(str(url).lower().startswith("https:") for url in _addresses(values))
    ]
    return found


@registered
def check_issuers(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find apps with one issuer and several hosts (E017).

    A person is an issuer and a subject, so that each of the hosts could name the other's people.
    """
    hosts: dict[str, dict[str, object]] = {}
    for alias, values in conf.configured():
        host = values.get("APP_HOST")
        # What a callable returns is known at use alone.
        if isinstance(host, str):
            issuer = values.get("ISSUER") or genauth.default_issuer(host.removesuffix("/"))
            hosts.setdefault(str(issuer), {}).setdefault(_origin(host), alias)
    return [
        Error(
            f"GENAUTH: {' and '.join(repr(alias) for alias in found.values())} have the issuer"
            f" {issuer} and several values of APP_HOST.",
            hint="Give apps of one provider the same APP_HOST, and those of another provider the"
            " ISSUER that it calls itself: people are known by issuer and subject.",
            id="genauth.E017",
        )
        for issuer, found in hosts.items()
        if len(found) > 1
    ]


def _origin(host: str) -> str:
    """Return the address without its path, in lower case and without the usual port."""
    try:
        parts = urlsplit(host)
        usual = {"https": 443, "http": 80}.get(parts.scheme)
        port = parts.port or usual
    except ValueError:
        return host
    return f"{parts.scheme}://{parts.hostname}:{port}"


def _addresses(values: Mapping[str, Any]) -> Sequence[object]:
    endpoints = values.get("ENDPOINTS")
    by_hand = endpoints.values() if isinstance(endpoints, Mapping) else ()
    return [values.get("APP_HOST"), values.get("ISSUER"), *by_hand]


def _is_remote_http(url: object) -> bool:
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
    except ValueError:
        return False
    return parts.scheme == "http" and parts.hostname not in LOOPBACK


@registered
def check_response_mode(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find apps whose answer is posted to an address without https (W008).

    Where REDIRECT_URI is left out, the request decides, and nothing can be known beforehand.
    """
    return [
        Warning(
            f"GENAUTH[{alias!r}]: RESPONSE_MODE {values['RESPONSE_MODE']} needs https, and"
            " REDIRECT_URI has none.",
            hint="Use an https REDIRECT_URI: browsers send the cookie of a login along with the"
            " provider's POST only if it is SameSite=None, which they take over https alone.",
            id="genauth.W008",
        )
        for alias, values in conf.configured()
        if values.get("RESPONSE_MODE") in ("form_post", "form_post.jwt")
        and str(values.get("REDIRECT_URI")).lower().startswith("http:")
    ]


@registered
def check_refresh_tokens(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find a SESSION_POLICY that cannot renew (W011)."""
    return [
        Warning(
            f"GENAUTH[{alias!r}] is to renew sessions, and asks for no refresh token.",
            hint="Name offline_access in SCOPE, for which GenAuth gives one.",
            id="genauth.W011",
        )
        for alias, values in conf.configured()
        if values.get("SESSION_POLICY") == "refresh"
        # Keycloak, Spring and others give a refresh token without that scope.
        and genauth.is_genauth(str(values.get("ISSUER", "")), str(values.get("APP_HOST")))
        and not _may_ask_for_refresh_token(values.get("SCOPE", ""))
    ]


def _may_ask_for_refresh_token(scope: object) -> bool:
    if callable(scope):
        return True
    scopes = scope.split() if isinstance(scope, str) else scope
    return isinstance(scopes, list | tuple) and "offline_access" in scopes


@registered
def check_user_fields(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find fields in USER_FIELDS that the user model does not have (W012)."""
    model = get_user_model()
    fields = list(claims.columns(model))
    return [
        Warning(
            f"GENAUTH[{alias!r}]: USER_FIELDS names {name}, no field of {model.__name__} that"
            " a claim can fill.",
            hint=_nearest(name, fields)
            + "Name a field of the user model on the left, and the claim on the right. Groups have"
            " GROUPS_CLAIM.",
            id="genauth.W012",
        )
        for alias, values in conf.configured()
        for name in _keys(values.get("USER_FIELDS"))
        if name not in fields
    ]


@registered
def check_user_field_paths(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find dotted paths in USER_FIELDS that nothing can be imported from (W032)."""
    return [
        Warning(
            f"GENAUTH[{alias!r}]: USER_FIELDS names {source}, which cannot be imported.",
            hint="Compare the spelling of the path. If it is the path of a claim, write a list of"
            " its names.",
            id="genauth.W032",
        )
        for alias, values in conf.configured()
        if isinstance(values.get("USER_FIELDS"), Mapping)
        for source in values["USER_FIELDS"].values()
        if is_lost_callable(source)
    ]


def _keys(value: object) -> Iterable[str]:
    return map(str, value) if isinstance(value, Mapping) else ()


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]}? " if near else ""
