"""What stands in the way of a login at the site itself, and which addresses to register.

Nobody is asked but the database. What can only be wrong is a system check's business (`checks`);
here is what is right for some sites and keeps others from signing in.
"""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from django.conf import global_settings, settings
from django.db import Error, connections, router
from django.db.migrations.executor import MigrationExecutor
from django.urls import is_valid_path

from django_genauth.client import AuthenticationClient
from django_genauth.conf import problems
from django_genauth.findings import Examination
from django_genauth.flow import page_url
from django_genauth.models import Identity

# What it prints where nobody says otherwise.
_RUNSERVER = "http://127.0.0.1:8000"
_UNKNOWN_HOST = "https://YOUR-SITE"


def addresses(client: AuthenticationClient, alias: str) -> dict[str, str]:
    """Return the addresses to register at the provider, by what they are for."""
    site = _site(client)
    needed = {
        "redirect URI": client.redirect_uri or urljoin(site, page_url("callback", alias)),
        "post-logout redirect URI": client.post_logout_redirect_uri
        or urljoin(site, page_url("logout", alias)),
    }
    if not client.is_oidc:
        return needed
    # For who wants a logout at the provider to count here too.
    return needed | {
        f"{channel}-channel logout URI": urljoin(site, page_url(f"{channel}channel-logout", alias))
        for channel in ("back", "front")
    }


def examine_settings(alias: str) -> Examination:
    """Note what cannot work in the settings of an app."""
    examination = Examination()
    for problem in problems(alias):
        examination.found("settings", problem, "The documentation's page on settings has each key.")
    if not examination.findings:
        examination.good.append("The settings can work.")
    return examination


def examine_site(client: AuthenticationClient, alias: str) -> Examination:
    """Note what keeps a login from ending well here, whatever the provider says."""
    examination = Examination()
    _examine_database(examination)
    _examine_cookies(client, alias, examination)
    # A path of the site's own is left to the site, as other programs may serve it.
    if settings.LOGIN_URL == global_settings.LOGIN_URL and not is_valid_path(settings.LOGIN_URL):
        examination.found(
            "login_url",
            f"LOGIN_URL is left at {settings.LOGIN_URL}, where this site has no page: who is sent"
            " there to sign in gets a 404.",
            'Set LOGIN_URL = "genauth:login".',
        )
    if not settings.DEBUG:
        _examine_production(client, examination)
    return examination


def _examine_database(examination: Examination) -> None:
    try:
        executor = MigrationExecutor(connections[router.db_for_write(Identity)])
        leaves = executor.loader.graph.leaf_nodes(Identity._meta.app_label)
        behind = [str(migration) for migration, _ in executor.migration_plan(leaves)]
    except Error as error:
        examination.found(
            "database",
            f"The database cannot be asked ({type(error).__name__}), and each login has to.",
            "Look at DATABASES, and whether the database runs.",
        )
        return
    if behind:
        examination.found(
            "migrations",
            f"The database lacks what a login needs: {', '.join(behind)} was not applied.",
            "Run `manage.py migrate`.",
        )


def _examine_cookies(client: AuthenticationClient, alias: str, examination: Examination) -> None:
    callback = urlsplit(addresses(client, alias)["redirect URI"])
    is_https = callback.scheme == "https"
    if settings.SESSION_COOKIE_SAMESITE == "Strict":
        examination.found(
            "cookies.samesite",
            "SESSION_COOKIE_SAMESITE is Strict: browsers leave the session out of the page that a"
            " login ends at, as the way there began at the provider.",
            'Set SESSION_COOKIE_SAMESITE = "Lax".',
        )
    if settings.SESSION_COOKIE_SECURE and not is_https:
        examination.found(
            "cookies.secure",
            "SESSION_COOKIE_SECURE is set, and logins come back over http: browsers keep no such"
            " cookie there.",
            "Use https, or leave SESSION_COOKIE_SECURE out on a development machine.",
        )
    domain = (settings.SESSION_COOKIE_DOMAIN or "").lstrip(".")
    host = callback.hostname or ""
    if domain and host != domain and not host.endswith(f".{domain}"):
        examination.found(
            "cookies.domain",
            f"SESSION_COOKIE_DOMAIN is {settings.SESSION_COOKIE_DOMAIN}, and logins come back to"
            f" {host}: browsers refuse such a cookie.",
            "Set the two to the same domain.",
        )


def _examine_production(client: AuthenticationClient, examination: Examination) -> None:
    if settings.CACHES.get("default", {}).get("BACKEND", "").endswith("LocMemCache"):
        examination.found(
            "cache",
            "Each process has a cache of its own, so that a login could be completed twice, in two"
            " of them.",
            "Use a cache that all processes share for CACHES['default'], such as Redis.",
        )
    secured = settings.SESSION_COOKIE_SECURE or settings.SECURE_SSL_REDIRECT
    if secured and client.redirect_uri is None and settings.SECURE_PROXY_SSL_HEADER is None:
        examination.found(
            "proxy",
            "If a proxy ends https in front of this site, Django takes requests for http and sends"
            " people back to an http address.",
            "Set SECURE_PROXY_SSL_HEADER as the proxy does, or REDIRECT_URI to the https address.",
        )


def _site(client: AuthenticationClient) -> str:
    if client.redirect_uri is not None:
        return client.redirect_uri
    named = [host.lstrip(".") for host in settings.ALLOWED_HOSTS if "*" not in host]
    if not named:
        return _RUNSERVER if settings.DEBUG else _UNKNOWN_HOST
    return f"{'http' if settings.DEBUG else 'https'}://{named[0]}"
