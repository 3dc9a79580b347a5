"""The page where people sign in and agree, or decline, as functions without a browser.

What may stand in a request is checked in `authorization`; the endpoints that a client asks stand in
`honest`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any

from django_genauth.testing.provider.authorization import (
    AuthorizationRequest,
    FrontChannelResponse,
    read_request,
)
from django_genauth.testing.provider.grants import Grant
from django_genauth.testing.provider.mint import Mint, Protocol

# GenAuth leaves out no member of a claim set: what it does not know is null.
GENAUTH_CLAIMS: Mapping[str, Any] = {
    "name": None,
    "given_name": None,
    "family_name": None,
    "nickname": None,
    "preferred_username": None,
    "picture": None,
    "gender": "U",
    "birthdate": None,
    "locale": None,
    "updated_at": "2026-03-03T06:17:14.485Z",
    "email": None,
    "email_verified": False,
    "phone_number": None,
    "phone_number_verified": False,
    "address": {"country": None, "postal_code": None, "region": None, "formatted": None},
}


class SignInPage(Mint):
    """Take people's answers, and hand out what was asked for.

    Attributes that a test may change at any time: `iss_in_response` (RFC 9207), `require_pkce`,
    `known_claims` (what is said of each person unless a test says otherwise).
    """

    def __init__(
        self, client_id: str, client_secret: str | None, alg: str, protocol: Protocol
    ) -> None:
        super().__init__(client_id, client_secret, alg, protocol)
        self.iss_in_response = False
        self.require_pkce = True
        self.known_claims: Mapping[str, Any] = GENAUTH_CLAIMS

    @property
    def authorization_endpoint(self) -> str:
        """Return where browsers are sent to sign in."""
        return f"{self.issuer}/auth"

    def respond(
        self,
        authorization_url: str,
        *,
        sub: str = "user-1",
        claims: Mapping[str, Any] | None = None,
    ) -> FrontChannelResponse:
        """Be the person who signs in and agrees, and return what the browser then carries.

        Raises Refused for an authorization request that breaks a specification.
        """
        request = self._read(authorization_url)
        grant = Grant(
            sub=sub,
            claims={**self.known_claims, **(claims or {})},
            scope=request.scope,
            redirect_uri=request.redirect_uri,
            nonce=request.nonce,
            code_challenge=request.code_challenge,
            auth_time=None if request.max_age is None else int(time.time()),
            refreshable=self._is_refreshable(request),
        )
        parameters: dict[str, str] = {}
        hashes = {"s_hash": request.state} if "id_token" in request.response_type else {}
        if "code" in request.response_type:
            parameters["code"] = hashes["c_hash"] = secrets.token_urlsafe(32)
            self.grants.add_code(parameters["code"], grant)
        if "token" in request.response_type:
            parameters["access_token"] = hashes["at_hash"] = self.access_token(grant)
            parameters |= {"token_type": "Bearer", "expires_in": str(self.access_token_ttl)}
        if "id_token" in request.response_type:
            parameters["id_token"] = self.id_token(grant, hashes, nonce=grant.nonce)
        return self._response(request, parameters)

    def decline(self, authorization_url: str) -> FrontChannelResponse:
        """Be the person who does not agree (RFC 6749 4.1.2.1)."""
        return self.refuse(authorization_url, "access_denied")

    def refuse(self, authorization_url: str, error: str) -> FrontChannelResponse:
        """Send the browser back with an error."""
        return self._response(self._read(authorization_url), {"error": error})

    def _read(self, authorization_url: str) -> AuthorizationRequest:
        return read_request(
            authorization_url,
            endpoint=self.authorization_endpoint,
            client_id=self.client_id,
            protocol=self.protocol,
            require_pkce=self.require_pkce,
        )

    def _is_refreshable(self, request: AuthorizationRequest) -> bool:
        """Return whether the code is to bring a refresh token, too."""
        offline = "offline_access" in request.scope.split() and request.prompt == "consent"
        return offline or self.protocol == "oauth"

    def _response(
        self, request: AuthorizationRequest, parameters: dict[str, str]
    ) -> FrontChannelResponse:
        parameters["state"] = request.state
        if self.iss_in_response:
            parameters["iss"] = self.issuer
        return FrontChannelResponse(
            request.redirect_uri, request.response_mode, list(parameters.items())
        )
