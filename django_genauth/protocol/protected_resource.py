"""The metadata of a protected resource, by which clients find its provider (RFC 9728)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

__all__ = ["WELL_KNOWN", "metadata", "metadata_url"]

WELL_KNOWN: Final = "/.well-known/oauth-protected-resource"


def metadata_url(resource: str) -> str:
    """Return the address of a resource's metadata.

    Section 3.1: the well-known path stands between the host and the resource's path, whose slash is
    taken away where it is all of the path.
    """
    parts = urlsplit(resource)
    path = "" if parts.path == "/" else parts.path
    return f"{parts.scheme}://{parts.netloc}{WELL_KNOWN}{path}"


def metadata(
    resource: str,
    *,
    issuers: Sequence[str],
    scopes: Sequence[str],
    dpop_algorithms: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the metadata of a resource (section 2), which is named to the letter (3.3).

    `dpop_algorithms` are those of proofs; none where nothing is said of tokens that are bound.
    """
    members: dict[str, Any] = {
        "resource": resource,
        "authorization_servers": list(issuers),
        # RFC 6750 2.1; a token in a form or an address is not looked at.
        "bearer_methods_supported": ["header"],
    }
    if scopes:
        members["scopes_supported"] = list(scopes)
    if dpop_algorithms:
        members["dpop_signing_alg_values_supported"] = list(dpop_algorithms)
    return members
