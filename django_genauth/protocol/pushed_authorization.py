"""Pushed authorization requests: sent by the site, and known to the browser by a name (RFC 9126).

The name, `request_uri`, is good for one login and a short time. Nothing here keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final
from urllib.parse import urlsplit

from django_genauth.protocol.client_auth import ClientCredentials, authenticated_request
from django_genauth.protocol.discovery import is_safe_url
from django_genauth.protocol.errors import PushedAuthorizationError
from django_genauth.protocol.genauth import read_answer
from django_genauth.protocol.messages import HttpRequest, HttpResponse

__all__ = ["parse_pushed", "pushed_request"]

# In characters. The browser carries it in an address, and servers take one of about 8,000.
_LONGEST: Final = 2_000
# RFC 8141 2, without `?` and `#`, which no reference needs.
_URN: Final = re.compile(r"urn:[a-z0-9][a-z0-9-]{1,31}:[a-z0-9._~!$&'()*+,;=:@%/-]+", re.IGNORECASE)


def pushed_request(
    endpoint: str, credentials: ClientCredentials, parameters: Iterable[tuple[str, str]]
) -> HttpRequest:
    """Build the request that pushes parameters; the client authenticates (RFC 9126 2.1)."""
    # Each stands once, and the other methods name the client by themselves.
    own = [] if credentials.method == "client_secret_basic" else ["client_id"]
    kept = [(name, value) for name, value in parameters if name not in own]
    return authenticated_request(endpoint, credentials, kept)


def parse_pushed(response: HttpResponse, *, origins: Collection[str]) -> str:
    """Return the request_uri of an answer (RFC 9126 2.2).

    `origins` are the provider's addresses. Raises PushedAuthorizationError, OAuthError where the
    provider refused, ProviderUnavailable where it could not answer.
    """
    answer = read_answer(
        response, endpoint="pushed_authorization", error=PushedAuthorizationError, statuses=(201,)
    )
    request_uri = answer.get("request_uri")
    if not isinstance(request_uri, str) or not _is_of_provider(request_uri, origins):
        raise PushedAuthorizationError(
            "The request_uri is missing, or neither a URN nor an https address of the provider.",
            reason="request_uri",
        )
    expires_in = answer.get("expires_in")
    if isinstance(expires_in, bool) or not isinstance(expires_in, int) or expires_in <= 0:
        raise PushedAuthorizationError(
            "The expires_in is missing, or no whole number above 0.", reason="expires_in"
        )
    return request_uri


def _is_of_provider(request_uri: str, origins: Collection[str]) -> bool:
    """Tell whether a request_uri names something at the provider, and not at another server."""
    if len(request_uri) > _LONGEST:
        return False
    if _URN.fullmatch(request_uri):
        return True
    # The provider would fetch another server's, and that server could choose the request.
    return is_safe_url(request_uri, allow_insecure_http=False) and urlsplit(request_uri).netloc in {
        urlsplit(each).netloc for each in origins
    }
