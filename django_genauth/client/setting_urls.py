"""Addresses that a site has in its settings: what is wrong with one, and what to write instead.

Those of the provider are checked by the protocol's own rule.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

from django_genauth.protocol.discovery import ENDPOINTS, is_safe_url

# The column of an identity's issuer has room for as many.
_LONGEST_ISSUER: Final = 255
_ADDRESS: Final = (
    "has to be an https address such as https://acme.genauth.ai; a test provider on this machine"
    " may have http with ALLOW_INSECURE_HTTP"
)


def redirect_uri_problem(value: object) -> str | None:
    """Return what is wrong with a redirect URI, to stand behind its name, or None.

    The provider compares redirect URIs to the letter, so that none is repaired here.
    """
    if is_safe_url(value, allow_insecure_http=True):
        return None
    if not isinstance(value, str) or not value.startswith(("https://", "http://")):
        return "has to be an address of this site, with https:// and its host"
    faults = {
        # RFC 6749 3.1.2
        "a fragment (#)": "#" in value,
        "a space": " " in value,
        "characters beyond ASCII": not value.isascii(),
    }
    found = " and ".join(name for name, is_there in faults.items() if is_there)
    written = _as_ascii(value)
    if not found or written is None:
        return "is no web address: look at its host and port, and for a user name or a quote in it"
    return f"has {found}; write {written}, and register that at the provider"


def _as_ascii(value: str) -> str | None:
    """Return an address with a host name and a path as requests have them, without a fragment."""
    try:
        parts = urlsplit(value.partition("#")[0])
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        return None
    # What is percent-encoded already stays so.
    path, query = (quote(part, safe="%/:=&?~+!$,;'@()*") for part in (parts.path, parts.query))
    written = urlunsplit((parts.scheme, host + port, path, query, ""))
    return written if is_safe_url(written, allow_insecure_http=True) else None


def proxies_problem(proxies: Mapping[str, str]) -> str | None:
    """Return what is wrong with PROXIES, to stand behind its name, or None.

    A key that nobody looks up, and a value without a scheme, would send secrets past the proxy.
    """
    example = '{"https": "http://proxy.example:3128"}'
    for scheme, proxy in proxies.items():
        if scheme not in ("https", "http"):
            return (
                f"has the key {scheme!r}, and a key is the scheme of the provider's address: write"
                f" {example}"
            )
        if str(proxy).lower().startswith("socks"):
            return (
                "names a SOCKS proxy, which is not supported; name an HTTP proxy, which forwards"
                " https without reading it"
            )
        if not _is_proxy(proxy):
            # The address itself may hold a password.
            return f"has no address with a scheme and a host for {scheme!r}: write {example}"
    return None


def _is_proxy(url: object) -> bool:
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host)


def addresses_problem(settings: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the key of GENAUTH whose address cannot work and what is wrong with it, or None.

    `settings` are the fields of a ClientRegistration.
    """
    return next(_address_problems(settings), None)


def _address_problems(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    discovery, endpoints = settings["discovery"], settings["endpoints"]
    for name, url in {
        "APP_HOST": settings["app_host"],
        "ISSUER": settings["issuer"],
        **({"DISCOVERY": discovery} if isinstance(discovery, str) else {}),
        **{f"ENDPOINTS[{name!r}]": url for name, url in endpoints.items()},
    }.items():
        if not is_safe_url(url, allow_insecure_http=settings["allow_insecure_http"]):
            yield name, _ADDRESS
    if endpoints.keys() - set(ENDPOINTS):
        yield "ENDPOINTS", f"may have the names {', '.join(ENDPOINTS)}"
    if len(settings["issuer"]) > _LONGEST_ISSUER:
        yield "ISSUER", f"may have {_LONGEST_ISSUER} characters at most"
    for name in ("redirect_uri", "post_logout_redirect_uri"):
        own = settings[name]
        if own is not None and (problem := redirect_uri_problem(own)):
            yield name.upper(), problem
    if problem := proxies_problem(settings["proxies"]):
        yield "PROXIES", problem
    bundle = settings["ca_bundle"]
    if bundle is not None and not os.path.exists(bundle):
        yield "CA_BUNDLE", "has to be the path of a PEM file that is there"
