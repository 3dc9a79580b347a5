"""Token revocation: the request that ends a token at the provider, and its answer (RFC 7009)."""

from __future__ import annotations

from typing import Final, Literal

from django_genauth.protocol.client_auth import ClientCredentials, authenticated_request
from django_genauth.protocol.errors import RevocationError
from django_genauth.protocol.genauth import read_answer
from django_genauth.protocol.messages import HttpRequest, HttpResponse

__all__ = ["TokenTypeHint", "check_revocation", "revocation_request", "token_parameters"]

# RFC 7009 4.1.2; introspection has the same registry (RFC 7662 2.1).
TokenTypeHint = Literal["access_token", "refresh_token"]


def revocation_request(
    revocation_endpoint: str,
    credentials: ClientCredentials,
    token: str,
    *,
    token_type_hint: TokenTypeHint | None = None,
) -> HttpRequest:
    """Build the request (RFC 7009 2.1); the token travels in the body."""
    parameters = token_parameters(token, token_type_hint)
    return authenticated_request(revocation_endpoint, credentials, parameters)


def token_parameters(token: str, token_type_hint: TokenTypeHint | None) -> list[tuple[str, str]]:
    """Return the parameters that name a token (RFC 7662 2.1, RFC 7009 2.1)."""
    hint = [] if token_type_hint is None else [("token_type_hint", str(token_type_hint))]
    return [("token", token), *hint]


def check_revocation(response: HttpResponse) -> None:
    """Raise an error unless the answer says that the token is revoked (RFC 7009 2.2).

    The specification gives the body of a success no meaning, so a page or nothing (204) is one
    too. GenAuth alone writes errors into it, as JSON. Raises RevocationError, OAuthError, and
    ProviderUnavailable where the token may still live.
    """
    is_json = response.body.lstrip(_BEFORE_JSON).startswith(b"{")
    if is_json or response.status not in _REVOKED:
        read_answer(response, endpoint="revocation", error=RevocationError, statuses=_REVOKED)


# 204 is a 200 without its body; 202 only promises.
_REVOKED: Final = (200, 204)
# White space, and the octets of a byte order mark.
_BEFORE_JSON: Final = b" \t\r\n\xef\xbb\xbf"
