"""Token introspection: the state of a token, as the provider knows it (RFC 7662)."""

from __future__ import annotations

from typing import Any

from django_genauth.protocol.client_auth import ClientCredentials, authenticated_request
from django_genauth.protocol.errors import IntrospectionError
from django_genauth.protocol.genauth import read_answer
from django_genauth.protocol.messages import HttpRequest, HttpResponse
from django_genauth.protocol.revocation import TokenTypeHint, token_parameters

__all__ = ["introspection_request", "parse_introspection"]


def introspection_request(
    introspection_endpoint: str,
    credentials: ClientCredentials,
    token: str,
    *,
    token_type_hint: TokenTypeHint | None = None,
) -> HttpRequest:
    """Build the request (RFC 7662 2.1); the token travels in the body.

    The hint is optional for the specification. Keycloak answers that a live refresh token is
    inactive unless it is given.
    """
    parameters = token_parameters(token, token_type_hint)
    return authenticated_request(introspection_endpoint, credentials, parameters)


def parse_introspection(response: HttpResponse) -> dict[str, Any]:
    """Parse an introspection answer; `active` is a boolean for certain (RFC 7662 2.2).

    Raises IntrospectionError for an answer that does not say, OAuthError where the provider
    refused, ProviderUnavailable where it could not answer.
    """
    answer = read_answer(response, error=IntrospectionError)
    if not isinstance(answer.get("active"), bool):
        # An answer that is no answer must not pass for "inactive", let alone for "active".
        raise IntrospectionError("The answer's active is no boolean.", reason="active")
    return answer
