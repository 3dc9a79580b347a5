"""The token of a request exchanged for one for another API, which the site calls for its caller.

What is sent stands in `protocol.token_exchange`.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django_genauth.conf import App
from django_genauth.protocol.errors import ConfigurationError


def exchanged(token: str, app: App, resource: str, scope: str | None) -> str:
    """Return an access token for a resource, got in the way that TOKEN_FOR_RESOURCE says."""
    way = app.token_for_resource
    if way == "refresh":
        raise ConfigurationError(
            f'GENAUTH[{app.alias!r}]: TOKEN_FOR_RESOURCE is "refresh", and the bearer of an access'
            ' token has no refresh token here. Set it to "exchange" (RFC 8693), or to'
            ' "on_behalf_of" at Microsoft Entra.',
            reason="token_for_resource",
        )
    if not _is_resource(resource):
        raise ConfigurationError(
            "resource is the address or the name of the other API, without spaces and #.",
            reason="argument",
        )
    token_set = app.client.exchange_token(
        token, on_behalf_of=way == "on_behalf_of", resource=resource, scope=scope
    )
    return token_set.access_token


def _is_resource(value: object) -> bool:
    # RFC 8693 2.1, RFC 8707 2: an address without a fragment.
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        return False
    try:
        urlsplit(value)
    except ValueError:
        return False
    return bool(value) and not set(value) & set(" #")
