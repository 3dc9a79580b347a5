"""Telling the provider that a token is no longer needed (RFC 7009)."""

from __future__ import annotations

from django_genauth.protocol.client_auth import ClientCredentials, authenticated_request
from django_genauth.protocol.errors import RevocationError
from django_genauth.protocol.genauth import read_answer
from django_genauth.protocol.messages import HttpRequest, HttpResponse

__all__ = ["check_revocation", "revocation_request"]


def revocation_request(
    revocation_endpoint: str, credentials: ClientCredentials, token: str
) -> HttpRequest:
    """Build the request (RFC 7009 2.1); the token travels in the body."""
    return authenticated_request(revocation_endpoint, credentials, [("token", token)])


def check_revocation(response: HttpResponse) -> None:
    """Return if the token is revoked, or was none (RFC 7009 2.2), and raise otherwise.

    The specification gives the body of a success no meaning; GenAuth writes errors into it.
    Raises RevocationError, OAuthError, and ProviderUnavailable where the token may still live.
    """
    if response.status == 200 and not response.body.lstrip().startswith((b"{", b"<")):
        return
    read_answer(response, error=RevocationError)
