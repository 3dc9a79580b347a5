"""The addresses to register at the provider, and how they are known.

The site's settings tell, or whoever runs the command. Whether a login can work there is examined in
`site`.
"""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from django.conf import settings

from django_genauth.client import AuthenticationClient
from django_genauth.pages import page_url
from django_genauth.protocol.discovery import LOOPBACK

# What runserver takes where nobody says otherwise.
_PORT = 8000
_RUNSERVER = f"http://127.0.0.1:{_PORT}"
_UNKNOWN_HOST = "https://YOUR-SITE"


def addresses(client: AuthenticationClient, alias: str, site: str | None = None) -> dict[str, str]:
    """Return the addresses to register at the provider, by what they are for.

    `site` is the address that the site has outside. Without it the settings tell, as far as they
    know: `is_guessed`.
    """

    def address(page: str) -> str:
        return _join(site or _site(client), page_url(page, alias))

    needed = {
        "redirect URI": client.registration.redirect_uri or address("callback"),
        "post-logout redirect URI": client.registration.post_logout_redirect_uri
        or address("logout"),
    }
    if not client.registration.is_oidc:
        return needed
    # For sites where a logout at the provider ends the session too.
    for channel in ("back", "front"):
        needed[f"{channel}-channel logout URI (optional)"] = address(f"{channel}channel-logout")
    return needed


def is_guessed(client: AuthenticationClient, site: str | None = None) -> bool:
    """Tell whether the host of `addresses` is a guess: nothing names one host and no other."""
    if site is not None or client.registration.redirect_uri is not None:
        return False
    hosts = [host for host in settings.ALLOWED_HOSTS if not _is_loopback(host)]
    return settings.DEBUG or len(hosts) != 1 or hosts[0].startswith((".", "*"))


def known_address(address: str) -> str | None:
    """Return an address of `addresses`, or None where nothing tells the site's host."""
    return None if address.startswith(_UNKNOWN_HOST) else address


def _join(site: str, path: str) -> str:
    """Return the address of a page; the path that a server takes off is put before it."""
    prefix = urlsplit(site).path.rstrip("/")
    return urljoin(site, path if path.startswith(f"{prefix}/") else f"{prefix}{path}")


def _site(client: AuthenticationClient) -> str:
    if client.registration.redirect_uri is not None:
        return urljoin(client.registration.redirect_uri, "/")
    if not named_hosts():
        return _RUNSERVER if settings.DEBUG else _UNKNOWN_HOST
    if not settings.DEBUG:
        # Beside another name, a loopback address is there for the machine itself.
        return f"https://{min(named_hosts(), key=_is_loopback)}"
    host = named_hosts()[0]
    return f"http://{host}:{_PORT}" if _is_loopback(host) else f"http://{host}"


def _is_loopback(host: str) -> bool:
    return host.strip("[]") in LOOPBACK


def named_hosts() -> list[str]:
    """Return the hosts that ALLOWED_HOSTS names, without those that stand for any."""
    return [host.lstrip(".") for host in settings.ALLOWED_HOSTS if "*" not in host]
