"""What stands in the way of a login at the site itself, and which addresses to register.

Nothing is asked of anybody. What can only be wrong is a system check's business (`checks`); here is
what is right for some sites and keeps others from signing in.
"""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from django.conf import settings

from django_genauth.client import AuthenticationClient
from django_genauth.conf import problems
from django_genauth.findings import Examination
from django_genauth.flow import page_url

_UNKNOWN_HOST = "https://YOUR-SITE"


def addresses(client: AuthenticationClient, alias: str) -> dict[str, str]:
    """Return the addresses to register at the provider, by what they are for."""
    site = _site(client)
    return {
        "redirect URI": client.redirect_uri or urljoin(site, page_url("callback", alias)),
        "post-logout redirect URI": client.post_logout_redirect_uri
        or urljoin(site, page_url("logout", alias)),
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
    """Note what keeps cookies from coming back, and processes from knowing of each other."""
    examination = Examination()
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
    if settings.DEBUG:
        return examination
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
    return examination


def _site(client: AuthenticationClient) -> str:
    if client.redirect_uri is not None:
        return client.redirect_uri
    named = [host.lstrip(".") for host in settings.ALLOWED_HOSTS if "*" not in host]
    if not named:
        return "http://localhost:8000" if settings.DEBUG else _UNKNOWN_HOST
    return f"{'http' if settings.DEBUG else 'https'}://{named[0]}"
