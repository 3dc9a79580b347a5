"""Tokens for another API: an API that was called exchanges its caller's token for one to call on.

Token exchange is RFC 8693. Microsoft Entra has the on-behalf-of flow, built on RFC 7523 2.1.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from django_genauth.protocol.client_auth import ClientCredentials, authenticated_request
from django_genauth.protocol.errors import TokenResponseError
from django_genauth.protocol.messages import HttpRequest, HttpResponse
from django_genauth.protocol.tokens import TokenSet, parse_token_set

__all__ = ["exchange_request", "on_behalf_of_request", "parse_exchanged"]

_ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 # a type
_JWT: Final = "urn:ietf:params:oauth:token-type:jwt"


def exchange_request(
    token_endpoint: str,
    credentials: ClientCredentials,
    token: str,
    *,
    resource: str,
    scope: str | None,
) -> HttpRequest:
    """Build the request that exchanges an access token for one for another API (RFC 8693 2.1).

    An API that is named by an address is the `resource`, any other name the `audience`.
    """
    parameters = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", token),
        ("subject_token_type", _ACCESS_TOKEN),
        ("requested_token_type", _ACCESS_TOKEN),
        ("resource" if urlsplit(resource).scheme else "audience", resource),
    ]
    if scope:
        parameters.append(("scope", scope))
    return authenticated_request(token_endpoint, credentials, parameters)


def on_behalf_of_request(
    token_endpoint: str,
    credentials: ClientCredentials,
    token: str,
    *,
    resource: str,
    scope: str | None,
) -> HttpRequest:
    """Build the request of Entra's on-behalf-of flow, whose scopes name the API that they are of.

    Without a scope it is `.default`: all that the app was allowed at that API.
    """
    scopes = (scope or ".default").split()
    parameters = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("assertion", token),
        ("requested_token_use", "on_behalf_of"),
        # The slash at the end of a resource stays, so that there are two then.
        ("scope", " ".join(f"{resource}/{each}" for each in scopes)),
    ]
    return authenticated_request(token_endpoint, credentials, parameters)


def parse_exchanged(response: HttpResponse, *, now: float) -> TokenSet:
    """Parse the answer to either request; `now` is in epoch seconds.

    Raises TokenResponseError, also for a token that is no access token (RFC 8693 2.2.1).
    """
    token_set = parse_token_set(response, now=now, id_token_required=False)
    # Entra says nothing of it.
    if token_set.extra.get("issued_token_type", _ACCESS_TOKEN) not in (_ACCESS_TOKEN, _JWT):
        raise TokenResponseError(
            "The issued_token_type is none of an access token.", reason="issued_token_type"
        )
    return token_set
