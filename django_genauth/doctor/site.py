"""Examine the site itself: what keeps a login from working.

Nobody is asked but the database. What is wrong for every site is a system check's business
(`checks`); here is what is right for some sites and keeps people from signing in at others. Which
addresses to register stands in `addresses`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from django.conf import global_settings, settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, connections, router
from django.db.migrations.exceptions import BadMigrationError, NodeNotFoundError
from django.db.migrations.executor import MigrationExecutor
from django.http.request import validate_host
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, get_script_prefix, is_valid_path
from django.utils import translation
from django.utils.connection import ConnectionDoesNotExist

from django_genauth import DOCUMENTATION
from django_genauth.client import AuthenticationClient
from django_genauth.conf import is_alias, problems
from django_genauth.doctor.addresses import addresses, named_hosts
from django_genauth.doctor.findings import Examination, listed
from django_genauth.models import Identity
from django_genauth.pages import page_url
from django_genauth.protocol.discovery import LOOPBACK


def is_about(message: CheckMessage, alias: str) -> bool:
    """Tell whether a system check speaks of an app, or of the whole site.

    The message of one that speaks of apps begins with the app, or names several after a colon.
    """
    if message.msg.startswith("GENAUTH["):
        return message.msg.startswith(f"GENAUTH[{alias!r}]")
    return not message.msg.startswith("GENAUTH: ") or repr(alias) in message.msg


def examine_settings(alias: str) -> Examination:
    """Return what cannot work in the settings of an app."""
    examination = Examination()
    if not is_alias(alias):
        examination.found(
            "genauth.E002",
            f"The alias {alias!r} cannot stand in an address.",
            "Use letters, digits, hyphens and underscores.",
        )
    for problem in problems(alias):
        examination.found(
            "settings", problem, f"{DOCUMENTATION}reference/settings.html has each key."
        )
    if not examination.findings:
        examination.good.append("The settings can work.")
    return examination


def examine_site(client: AuthenticationClient, alias: str, site: str | None = None) -> Examination:
    """Return what keeps a login from working here, whatever the provider answers.

    `site` is the address that the site has outside, where somebody names it.
    """
    examination = Examination()
    _examine_database(examination)
    _examine_cookies(client, alias, site, examination)
    _examine_page("LOGIN_URL", 'Set LOGIN_URL = "genauth:login".', examination)
    _examine_page("LOGIN_REDIRECT_URL", 'Set LOGIN_REDIRECT_URL = "/".', examination)
    _examine_hosts(client, alias, site, examination)
    _examine_policy(client, examination)
    if not settings.DEBUG:
        _examine_production(client, examination)
    return examination


def _examine_database(examination: Examination) -> None:
    try:
        executor = MigrationExecutor(connections[router.db_for_write(Identity)])
        # Their dependencies are included.
        needed = {Identity._meta.app_label, get_user_model()._meta.app_label}
        leaves = [leaf for app in needed for leaf in executor.loader.graph.leaf_nodes(app)]
        behind = [migration for migration, _ in executor.migration_plan(leaves)]
    except (BadMigrationError, NodeNotFoundError, ValueError) as error:
        examination.found(
            "migrations",
            f"The site's migrations do not fit together: {error}",
            "Run `manage.py makemigrations`, with the name of an app that has none yet.",
        )
        return
    except (Error, ImproperlyConfigured, ConnectionDoesNotExist) as error:
        examination.found(
            "database",
            f"The database cannot be asked ({type(error).__name__}), and each login has to.",
            "Look at DATABASES, and whether the database runs.",
        )
        return
    if behind:
        examination.found(
            "migrations",
            f"The database lacks what a login needs: migrations not applied: {len(behind)} of"
            f" {listed(sorted({migration.app_label for migration in behind}))}.",
            "Run `manage.py migrate`.",
        )


def _examine_page(name: str, remedy: str, examination: Examination) -> None:
    """Examine where a setting leads."""
    value = getattr(settings, name)
    try:
        path = resolve_url(value)
    # None, and other values that lead nowhere; a lazy one would fail again when it is shown.
    except (NoReverseMatch, TypeError):
        what = f"{name} is neither an address nor the name of one."
        examination.found(name.lower(), what, remedy)
        return
    parts = urlsplit(path)
    if parts.netloc or _has_page(parts.path):
        return
    verb = "left at" if value == getattr(global_settings, name) else "set to"
    examination.found(
        name.lower(),
        f"{name} is {verb} {path}, where this site has no page: that ends in a 404.",
        f"{remedy} If another program answers there, write the whole address, with https://.",
    )


def _has_page(path: str) -> bool:
    inside = f"/{path.removeprefix(get_script_prefix())}"
    # CommonMiddleware adds a slash, and LocaleMiddleware leads to the page in a language.
    ends = (inside, f"{inside}/") if settings.APPEND_SLASH else (inside,)
    return any(
        is_valid_path(way) for end in ends for way in (end, f"/{settings.LANGUAGE_CODE}{end}")
    )


def _examine_hosts(
    client: AuthenticationClient, alias: str, site: str | None, examination: Examination
) -> None:
    if client.registration.redirect_uri is not None:
        path = urlsplit(client.registration.redirect_uri).path
        # A proxy may remove the beginning of a path.
        if not path.endswith(tuple(_callbacks(alias))):
            callback = page_url("callback", alias)
            examination.found(
                "redirect_uri.path",
                f"REDIRECT_URI leads to {path}, and logins end at {callback}.",
                f"Let it end in {callback}, and register that at the provider.",
            )
    elif site is not None:
        host = urlsplit(site).hostname or ""
        if not settings.DEBUG and not validate_host(host, settings.ALLOWED_HOSTS):
            examination.found(
                "allowed_hosts",
                f"ALLOWED_HOSTS does not admit {host}, so each request there is answered with 400.",
                "Name the host there.",
            )
    elif not named_hosts() and not settings.DEBUG:
        examination.found(
            "allowed_hosts",
            "ALLOWED_HOSTS names no host, so the address that logins come back to is not known.",
            "Name the site's hosts there, or set REDIRECT_URI. Or give this command --site.",
        )
    for host in settings.ALLOWED_HOSTS:
        if re.search(r"(^[^:]*|\]):\d+$", host):
            examination.found(
                "allowed_hosts",
                f"ALLOWED_HOSTS has {host} with a port, which fits no request.",
                "Leave the port out.",
            )


def _callbacks(alias: str) -> Iterator[str]:
    """Return the address that logins come back to, in each language of the site."""
    for language, _ in settings.LANGUAGES:
        with translation.override(language):
            yield page_url("callback", alias)


def _examine_cookies(
    client: AuthenticationClient, alias: str, site: str | None, examination: Examination
) -> None:
    callback = urlsplit(addresses(client, alias, site)["redirect URI"])
    is_https = callback.scheme == "https"
    if settings.SESSION_COOKIE_SAMESITE == "Strict":
        examination.found(
            "cookies.samesite",
            "SESSION_COOKIE_SAMESITE is Strict: browsers leave the session out of the page that a"
            " login ends at, as the way there began at the provider.",
            'Set SESSION_COOKIE_SAMESITE = "Lax".',
        )
    # On the machine itself browsers make an exception.
    if settings.SESSION_COOKIE_SECURE and not is_https and callback.hostname not in LOOPBACK:
        examination.found(
            "cookies.secure",
            "SESSION_COOKIE_SECURE is set, and logins come back over http: browsers keep no such"
            " cookie there.",
            "Use https, or leave SESSION_COOKIE_SECURE out on a development machine.",
        )
    host = callback.hostname or ""
    for name in ("SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_DOMAIN"):
        domain = (getattr(settings, name) or "").lstrip(".")
        if domain and host != domain and not host.endswith(f".{domain}"):
            examination.found(
                "cookies.domain",
                f"{name} is {getattr(settings, name)}, and logins come back to {host}: browsers"
                " refuse such a cookie.",
                "Set the two to the same domain.",
            )


def _examine_production(client: AuthenticationClient, examination: Examination) -> None:
    if str(settings.CACHES["default"]["BACKEND"]).endswith("LocMemCache"):
        examination.found(
            "cache",
            "Each process has a cache of its own, so that a login could be completed twice, in two"
            " of them.",
            "Use a cache that all processes share for CACHES['default'], such as Redis.",
        )
    secured = settings.SESSION_COOKIE_SECURE or settings.SECURE_SSL_REDIRECT
    if (
        secured
        and client.registration.redirect_uri is None
        and settings.SECURE_PROXY_SSL_HEADER is None
    ):
        examination.found(
            "proxy",
            "If a proxy ends https in front of this site, Django takes requests for http and sends"
            " people back to an http address.",
            "Set SECURE_PROXY_SSL_HEADER as the proxy does, or REDIRECT_URI to the https address.",
        )


def _examine_policy(client: AuthenticationClient, examination: Examination) -> None:
    """Examine whether forms may lead to the provider, as the one of a sign-out does.

    Chromium holds each redirect behind a form against form-action (CSP 3, 6.4.1).
    """
    targets = _form_targets()
    provider = urlsplit(client.registration.issuer)
    if targets is None or any(_admits(target, provider) for target in targets):
        return
    origin = f"{provider.scheme}://{provider.netloc}"
    examination.found(
        "csp.form_action",
        "The site's Content Security Policy lets no form lead to the provider: browsers stop at the"
        " sign-out.",
        f"Add {origin} to form-action.",
    )


def _form_targets() -> list[str] | None:
    """Return what form-action names in the settings of Django 6.0 or django-csp, else None."""
    of_package = getattr(settings, "CONTENT_SECURITY_POLICY", None) or {}
    policy = getattr(settings, "SECURE_CSP", None) or of_package.get("DIRECTIVES") or {}
    targets = policy.get("form-action")
    if targets is None:
        return None
    return targets.split() if isinstance(targets, str) else [str(each) for each in targets]


def _admits(target: str, provider: SplitResult) -> bool:
    """Tell whether a source of a policy matches the provider's address."""
    if target in ("*", f"{provider.scheme}:"):
        return True
    host = urlsplit(target if "://" in target else f"//{target}").hostname or ""
    name = provider.hostname or ""
    return name == host or (host.startswith("*.") and name.endswith(host[1:]))
