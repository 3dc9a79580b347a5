"""What people call a provider, on buttons and pages, where NAME says nothing."""

from __future__ import annotations

from urllib.parse import urlsplit

from django_genauth.protocol.genauth import default_issuer


def default_name(issuer: str, app_host: str) -> str:
    """Return "GenAuth", or the host of an issuer that is another."""
    if issuer in ("", default_issuer(app_host.removesuffix("/"))):
        return "GenAuth"
    return urlsplit(issuer).hostname or issuer
