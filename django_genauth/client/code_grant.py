"""The authorization code grant in one call, for callers without a site's login flow.

The login flow of a site has steps between; it calls `endpoints` itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django_genauth.client import arguments
from django_genauth.client.endpoints import Endpoints
from django_genauth.client.registration import ClientRegistration
from django_genauth.protocol import pkce
from django_genauth.protocol.authorization import unique_parameters
from django_genauth.protocol.errors import IDTokenError, TokenResponseError
from django_genauth.protocol.tokens import TokenSet


def code_grant(
    app: ClientRegistration,
    endpoints: Endpoints,
    url_or_request: Any,
    *,
    code_verifier: str | None,
    expected_state: str | None,
    expected_nonce: str | None,
    max_age: int | None,
    id_token_expected: bool | None,
    extra: Mapping[str, str] | None,
) -> TokenSet:
    """Check an authorization response, then exchange its code for tokens.

    Raises AccessDenied, AuthorizationResponseError, and what the exchange raises.
    """
    words = app.response_type.split()
    if "code" not in words:
        raise arguments.invalid("response_type", "of the client asks for no code to exchange")
    if "id_token" in words and expected_nonce is None:
        # OIDC Core 3.3.2.1 with 3.2.2.1: such a request has to have one.
        raise arguments.invalid("expected_nonce", "is needed for an ID token beside the code")
    if code_verifier is not None:
        pkce.check_code_verifier(code_verifier)
    callback, pairs = arguments.split_callback(url_or_request)
    response = endpoints.authorization_response(
        unique_parameters(pairs),
        expected_state=expected_state,
        response_type=app.response_type,
        response_mode=app.response_mode,
    )
    token_set, id_token = endpoints.redeem(
        response,
        state=expected_state,
        redirect_uri=arguments.redirect_uri(app.redirect_uri or callback),
        code_verifier=code_verifier,
        extra=extra,
        nonce=expected_nonce,
        max_age=max_age,
    )
    claims = None if id_token is None else id_token.claims
    if claims is None and id_token_expected:
        raise TokenResponseError("There is no ID token.", reason="id_token")
    if claims is not None and expected_nonce is None and "nonce" in claims:
        raise IDTokenError("The ID token has a nonce, and none was sent.", reason="nonce")
    return replace(
        token_set,
        id_token_payload=claims,
        code=response.code,
        # As it came, since it was compared.
        state=expected_state,
    )
