"""The provider's metadata: parsed and checked, its issuer compared (OIDC Discovery, RFC 8414).

The client decides where the document is kept, and how long.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from django_genauth.protocol.errors import DiscoveryError
from django_genauth.protocol.messages import HttpRequest, read_json_document
from django_genauth.protocol.registered_claims import other_issuer

__all__ = [
    "ENDPOINTS",
    "LOOPBACK",
    "MUTUAL_TLS_ENDPOINTS",
    "ProviderMetadata",
    "discovery_request",
    "is_safe_url",
    "parse_metadata",
]

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
ENDPOINTS: Final = (
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "introspection_endpoint",
    "revocation_endpoint",
    "end_session_endpoint",
    "pushed_authorization_request_endpoint",
)
# Those to which a client shows its certificate, and which a provider may have at other addresses
# for that (RFC 8705 3, 5).
MUTUAL_TLS_ENDPOINTS: Final = (
    "token_endpoint",
    "userinfo_endpoint",
    "introspection_endpoint",
    "revocation_endpoint",
    "pushed_authorization_request_endpoint",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMetadata:
    """Hold the provider's endpoints; every URL in it was checked.

    `dropped` are the optional endpoints that are empty or http in the document, and count as
    missing. `prompt_values_supported` is None where it is not published (Initiating User
    Registration via OpenID Connect 1.0, 4). `mtls_endpoint_aliases` are where endpoints are for a
    client that shows a certificate.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str | None = None
    jwks_uri: str | None = None
    introspection_endpoint: str | None = None
    revocation_endpoint: str | None = None
    end_session_endpoint: str | None = None
    pushed_authorization_request_endpoint: str | None = None
    require_pushed_authorization_requests: bool = False
    authorization_response_iss_parameter_supported: bool = False
    prompt_values_supported: tuple[str, ...] | None = None
    mtls_endpoint_aliases: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()


def discovery_request(issuer: str, *, address: str | None = None) -> HttpRequest:
    """Build the request for an issuer's configuration (OIDC Discovery 4).

    `address` is where the document is read instead, such as the inner host of a Keycloak that
    has two. Its issuer is compared all the same.
    """
    return HttpRequest(
        method="GET",
        url=address or issuer.removesuffix("/") + "/.well-known/openid-configuration",
        headers={"Accept": "application/json"},
    )


def parse_metadata(
    text: bytes,
    *,
    issuer: str,
    overrides: Mapping[str, str],
    required: tuple[str, ...],
    insecure_hosts: Collection[str],
) -> ProviderMetadata:
    """Parse a configuration document and compare its issuer with the configured one.

    `overrides` are endpoints that the site set by hand; they are taken as they are. Endpoints of
    `insecure_hosts` may be http. Raises DiscoveryError, with the broken rule as its reason.
    """
    document = read_json_document(text, error=DiscoveryError)
    said = document.get("issuer")
    if said != issuer:
        # OIDC Discovery 4.3, RFC 8414 3.3: identical, or another provider could speak for this one.
        raise DiscoveryError(other_issuer("configuration's issuer", said, issuer), reason="issuer")
    published = [name for name in ENDPOINTS if name not in overrides]
    dropped = tuple(
        name
        for name in published
        if name not in required and _is_droppable(document.get(name), insecure_hosts)
    )
    endpoints = {
        name: _endpoint(document, name, insecure_hosts=insecure_hosts)
        for name in published
        if name not in dropped
    } | dict(overrides)
    missing = [name for name in required if endpoints.get(name) is None]
    if missing:
        raise DiscoveryError(
            f"The configuration has no {missing[0]}. Set it by hand in ENDPOINTS if there is one.",
            reason=f"missing_{missing[0]}",
        )
    return ProviderMetadata(
        issuer=issuer,
        # RFC 9126 5, and RFC 9207 3: a boolean, and false where it is missing.
        require_pushed_authorization_requests=(
            document.get("require_pushed_authorization_requests") is True
        ),
        authorization_response_iss_parameter_supported=(
            document.get("authorization_response_iss_parameter_supported") is True
        ),
        prompt_values_supported=_texts(document.get("prompt_values_supported")),
        mtls_endpoint_aliases=_aliases(document, without=overrides, insecure_hosts=insecure_hosts),
        dropped=dropped,
        **endpoints,  # type: ignore[arg-type] # the two that may not be None are in `required`
    )


def is_safe_url(url: object, *, allow_insecure_http: bool) -> bool:
    """Tell whether a URL is absolute, https, and without fragment, user name and odd characters.

    RFC 6749 3.1 and 3.2 demand https and no fragment. `allow_insecure_http` admits http too.
    """
    if (
        not isinstance(url, str)
        or not url.isascii()
        or not url.isprintable()
        or set(url) & _FORBIDDEN_IN_URLS
    ):
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return (
        parts.scheme in ({"https", "http"} if allow_insecure_http else {"https"})
        and bool(host)
        and "@" not in parts.netloc
        and "#" not in url
    )


def _texts(values: object) -> tuple[str, ...] | None:
    """Return the texts of a list; None for what is no list, as nothing depends on it."""
    if not isinstance(values, list):
        return None
    return tuple(value for value in values if isinstance(value, str))


# A space ends a URL, and browsers take a backslash for a slash: both move the host.
_FORBIDDEN_IN_URLS: Final = frozenset(' \\"<>')


def _is_allowed(url: object, insecure_hosts: Collection[str]) -> bool:
    """Tell whether a URL is safe, and https unless its host is one of `insecure_hosts`."""
    if not is_safe_url(url, allow_insecure_http=bool(insecure_hosts)):
        return False
    parts = urlsplit(str(url))
    return parts.scheme == "https" or parts.hostname in insecure_hosts


def _is_droppable(url: object, insecure_hosts: Collection[str]) -> bool:
    """Tell whether an endpoint is empty, or a good URL but for http.

    An endpoint with any other fault is a lie or a mistake, and the document is refused.
    """
    return url == "" or (
        not _is_allowed(url, insecure_hosts) and is_safe_url(url, allow_insecure_http=True)
    )


def _aliases(
    document: Mapping[str, Any], *, without: Collection[str], insecure_hosts: Collection[str]
) -> dict[str, str]:
    """Return the addresses of endpoints for mutual TLS (RFC 8705 5), without those set by hand.

    What is no good address counts as missing: a client without a certificate needs none of them.
    """
    said = document.get("mtls_endpoint_aliases")
    if not isinstance(said, dict):
        return {}
    return {
        name: said[name]
        for name in MUTUAL_TLS_ENDPOINTS
        if name not in without and _is_allowed(said.get(name), insecure_hosts)
    }


def _endpoint(
    document: Mapping[str, Any], name: str, *, insecure_hosts: Collection[str]
) -> str | None:
    url = document.get(name)
    if url is None:
        return None
    if not _is_allowed(url, insecure_hosts):
        # RFC 6749 3.1, 3.2: what a document names is not what the site has allowed to be http.
        raise DiscoveryError(
            f"The configuration's {name} is no https address.", reason=f"bad_{name}"
        )
    return str(url)
