"""The page where people sign in and agree, or decline, as functions without a browser.

What may stand in a request is checked in `authorization`; the endpoints that a client asks stand in
`honest`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from django_genauth.testing.provider.authorization import (
    AuthorizationRequest,
    FrontChannelResponse,
    parameters_of,
    read_request,
)
from django_genauth.testing.provider.grants import Grant, Refused
from django_genauth.testing.provider.keys import base64url_decode
from django_genauth.testing.provider.mint import Mint, Protocol
from django_genauth.testing.provider.pushed import PushedRequests, open_request_object

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
    `require_pushed` (RFC 9126), `require_signed` (RFC 9101), `client_keys` (the client's public
    keys), `known_claims` (what is said of each person unless a test says otherwise).
    """

    def __init__(
        self, client_id: str, client_secret: str | None, alg: str, protocol: Protocol
    ) -> None:
        super().__init__(client_id, client_secret, alg, protocol)
        self.iss_in_response = False
        self.require_pkce = True
        self.require_pushed = self.require_signed = False
        self.client_keys: Sequence[Mapping[str, Any]] = ()
        self.pushed = PushedRequests()
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
        request = self.read(authorization_url)
        grant = Grant(
            sub=sub,
            claims={**self.known_claims, **self.claims_by(request), **(claims or {})},
            scope=request.scope,
            redirect_uri=request.redirect_uri,
            nonce=request.nonce,
            code_challenge=request.code_challenge,
            auth_time=None if request.max_age is None else int(time.time()),
            refreshable=self._is_refreshable(request),
            dpop_jkt=request.dpop_jkt,
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
        return self._response(self.read(authorization_url), {"error": error})

    def claims_by(self, request: AuthorizationRequest) -> Mapping[str, Any]:
        """Return what is said of a person because a request asks for it."""
        return {}

    def parameters_of_push(self, form: Mapping[str, str]) -> Mapping[str, str]:
        """Return the parameters of a request that is pushed; outside of an object none counts."""
        return self._open(form) if self.require_signed or "request" in form else form

    def read(self, authorization_url: str) -> AuthorizationRequest:
        """Check the request of an address, however it was sent. Raises Refused."""
        form = parameters_of(authorization_url, endpoint=self.authorization_endpoint)
        asked: Mapping[str, str] = form
        if "request_uri" in form:
            asked = self.pushed.take(form["request_uri"])
            if form.get("client_id") != self.client_id or len(form) > 2:
                raise Refused("invalid_request", "more than client_id and request_uri")
        elif self.require_pushed:
            raise Refused("invalid_request", "the request has to be pushed")
        elif self.require_signed or "request" in form:
            asked = self._open(form)
        return self.check(asked)

    def check(self, form: Mapping[str, str]) -> AuthorizationRequest:
        """Check the parameters of a request. Raises Refused."""
        return read_request(
            form,
            client_id=self.client_id,
            protocol=self.protocol,
            require_pkce=self.require_pkce,
        )

    def _open(self, form: Mapping[str, str]) -> dict[str, str]:
        if "request" not in form:
            raise Refused("invalid_request", "the request has to be signed")
        by_secret = '"alg":"HS' in _header(form["request"])
        return open_request_object(
            form["request"],
            self.client_secret or "" if by_secret else self.client_keys,
            client_id=self.client_id,
            issuer=self.issuer,
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
        if request.is_signed:
            about = {"iss": self.issuer, "aud": self.client_id, "exp": int(time.time()) + 120}
            token = self.sign("response", {**parameters, **about}, self.id_token_key)
            parameters = {"response": token}
        return FrontChannelResponse(
            request.redirect_uri, request.response_mode, list(parameters.items())
        )


def _header(token: str) -> str:
    try:
        return base64url_decode(token.partition(".")[0]).decode("ascii")
    except ValueError:
        return ""
