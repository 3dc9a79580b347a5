"""The endpoints of a provider with GenAuth's paths and shapes, as functions without a socket.

What each endpoint answers when all is well stands here. Sockets and lies stand in `scripted`, the
rules for codes and tokens in `grants`, the authorize page's in `authorization`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import urlencode

from tests.provider.authorization import AuthorizationResponse, Override, override, read_request
from tests.provider.grants import AuthMethod, Grant, Refused, authenticate_client
from tests.provider.mint import Mint, Protocol
from tests.provider.server import Answer, Request
from tests.provider.tokens import HONEST, write_jwt

Endpoint = Literal[
    "discovery", "jwks", "token", "userinfo", "introspection", "revocation", "end_session"
]

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


class HonestProvider(Mint):
    """Answer requests as a provider that keeps the specifications.

    Attributes that a test may change at any time: `auth_methods` by endpoint, `refresh_tokens`
    ("rotate", "keep" the same one, or "omit" it from a refresh's answer), `iss_in_response` (RFC
    9207), `userinfo_signed` (a JWT instead of JSON), `machines` (access keys and their secrets, for
    client credentials), `post_logout_redirect_uris`, `require_pkce`, and those of Mint.
    """

    def __init__(
        self, client_id: str, client_secret: str | None, alg: str, protocol: Protocol
    ) -> None:
        super().__init__(client_id, client_secret, alg, protocol)
        method: AuthMethod = "none" if client_secret is None else "client_secret_post"
        self.auth_methods = dict.fromkeys(("token", "introspection", "revocation"), method)
        self.refresh_tokens: Literal["rotate", "keep", "omit"] = "rotate"
        self.iss_in_response = False
        self.userinfo_signed = False
        self.require_pkce = True
        self.machines: dict[str, str] = {}
        self.post_logout_redirect_uris: list[str] = []

    @property
    def routes(self) -> dict[str, tuple[Endpoint, Callable[[Request], Answer]]]:
        """Return each endpoint's name and function, by path."""
        root = f"/{self.protocol}"
        return {
            f"{root}/.well-known/openid-configuration": ("discovery", self._discovery),
            f"{root}/.well-known/jwks.json": ("jwks", self._jwks),
            f"{root}/token": ("token", self._token),
            f"{root}/me": ("userinfo", self._userinfo),
            f"{root}/token/introspection": ("introspection", self._introspection),
            f"{root}/token/revocation": ("revocation", self._revocation),
            f"{root}/session/end": ("end_session", self._end_session),
        }

    def respond(
        self,
        authorization_url: str,
        *,
        sub: str = "user-1",
        claims: Mapping[str, Any] | None = None,
        **overrides: Override,
    ) -> AuthorizationResponse:
        """Be the person who signs in and agrees, and return what the browser then carries.

        Raises Refused for an authorization request that breaks a specification. An override
        replaces a parameter of the response (text), repeats it (a list), removes it (None), makes
        it of the honest value (a function), or adds one.
        """
        request = read_request(
            authorization_url,
            endpoint=f"{self.issuer}/auth",
            client_id=self.client_id,
            protocol=self.protocol,
            require_pkce=self.require_pkce,
        )
        offline = "offline_access" in request.scope.split() and request.prompt == "consent"
        grant = Grant(
            sub=sub,
            claims={**GENAUTH_CLAIMS, **(claims or {})},
            scope=request.scope,
            redirect_uri=request.redirect_uri,
            nonce=request.nonce,
            code_challenge=request.code_challenge,
            auth_time=None if request.max_age is None else int(time.time()),
            refreshable=offline or self.protocol == "oauth",
        )
        honest: dict[str, str] = {}
        hashes = {"s_hash": request.state} if "id_token" in request.response_type else {}
        if "code" in request.response_type:
            honest["code"] = hashes["c_hash"] = secrets.token_urlsafe(32)
            self.grants.add_code(honest["code"], grant)
        if "token" in request.response_type:
            honest["access_token"] = hashes["at_hash"] = self.access_token(grant)
            honest |= {"token_type": "Bearer", "expires_in": str(self.access_token_ttl)}
        if "id_token" in request.response_type:
            honest["id_token"] = self.id_token(grant, hashes, nonce=grant.nonce)
        honest["state"] = request.state
        if self.iss_in_response:
            honest["iss"] = self.issuer
        return AuthorizationResponse(
            request.redirect_uri, request.response_mode, override(honest, overrides)
        )

    def _discovery(self, request: Request) -> Answer:
        methods = ["client_secret_post", "client_secret_basic", "none"]
        return Answer.json(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/auth",
                "token_endpoint": f"{self.issuer}/token",
                "userinfo_endpoint": f"{self.issuer}/me",
                "jwks_uri": f"{self.issuer}/.well-known/jwks.json",
                "introspection_endpoint": f"{self.issuer}/token/introspection",
                "revocation_endpoint": f"{self.issuer}/token/revocation",
                "end_session_endpoint": f"{self.issuer}/session/end",
                "scopes_supported": ["openid", "profile", "email", "phone", "address"],
                "response_types_supported": ["code", "code id_token", "id_token", "none"],
                "response_modes_supported": ["query", "fragment", "form_post"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [self.alg],
                "token_endpoint_auth_methods_supported": methods,
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": self.iss_in_response,
            }
        )

    def _jwks(self, request: Request) -> Answer:
        return Answer.json({"keys": [key.public_jwk for key in self.keys]})

    def _token(self, request: Request) -> Answer:
        client_id = self._authenticate(request, "token")
        form = request.form
        grant_type = form.get("grant_type")
        if grant_type == "client_credentials":
            return self._machine_token(client_id, form.get("scope", ""))
        if client_id != self.client_id:
            raise Refused("unauthorized_client", "a machine may use client credentials alone")
        if grant_type == "authorization_code":
            grant = self.grants.redeem_code(form)
            refresh_token = self.refresh_token(grant) if grant.refreshable else None
            return self._token_answer(grant, refresh_token, nonce=grant.nonce)
        if grant_type == "refresh_token":
            used = form.get("refresh_token", "")
            rotate = self.refresh_tokens == "rotate"
            grant = self.grants.redeem_refresh_token(used, rotate=rotate)
            kept = used if self.refresh_tokens == "keep" else None
            return self._token_answer(grant, self.refresh_token(grant) if rotate else kept)
        raise Refused("unsupported_grant_type", "unknown grant_type")

    def _token_answer(
        self, grant: Grant, refresh_token: str | None, nonce: str | None = None
    ) -> Answer:
        access_token = self.access_token(grant)
        answer: dict[str, Any] = {
            "access_token": access_token,
            "expires_in": self.access_token_ttl,
            "scope": grant.scope,
            "token_type": "Bearer",
        }
        if refresh_token is not None:
            answer["refresh_token"] = refresh_token
        if "openid" in grant.scope.split():
            answer["id_token"] = self.id_token(grant, {"at_hash": access_token}, nonce=nonce)
        return Answer.json(answer)

    def _machine_token(self, client_id: str, scope: str) -> Answer:
        if client_id not in self.machines:
            raise Refused("unauthorized_client", "this client is no machine")
        return Answer.json(
            {
                "access_token": self.access_token(None, scope=scope),
                "expires_in": self.access_token_ttl,
                "scope": scope,
                "token_type": "Bearer",
            }
        )

    def _userinfo(self, request: Request) -> Answer:
        scheme, _, text = (request.headers.get("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer":
            text = request.form.get("access_token", "")
        token = self.grants.find_token(text)
        if token is None or token.use != "access_token" or not token.active or token.grant is None:
            answer = Answer.json({"error": "invalid_token"}, status=401)
            return answer.with_headers(WWW_Authenticate='Bearer error="invalid_token"')
        claims = {"sub": token.grant.sub, **token.grant.claims}
        if not self.userinfo_signed:
            return Answer.json(claims)
        signed = {**claims, "iss": self.issuer, "aud": self.client_id}
        jwt = write_jwt(signed, self.id_token_key, lie=self.forgeries.get("userinfo", HONEST))
        return Answer(headers={"Content-Type": "application/jwt"}, body=jwt.encode("ascii"))

    def _introspection(self, request: Request) -> Answer:
        client_id = self._authenticate(request, "introspection")
        token = self.grants.find_token(request.form.get("token", ""))
        if token is None or not token.active:
            return Answer.json({"active": False})
        about = {
            "active": True,
            "sub": token.grant.sub if token.grant else None,
            "client_id": client_id,
            "exp": token.exp,
            "iat": token.iat,
            "iss": self.issuer,
            "jti": token.jti,
            "scope": token.scope,
            "token_type": "Bearer",
        }
        return Answer.json({name: value for name, value in about.items() if value is not None})

    def _revocation(self, request: Request) -> Answer:
        self._authenticate(request, "revocation")
        self.grants.revoke(request.form.get("token", ""))
        return Answer()

    def _end_session(self, request: Request) -> Answer:
        asked = {**request.query, **request.form}
        target = asked.get("post_logout_redirect_uri")
        if asked.get("id_token_hint") not in self.issued_id_tokens:
            raise Refused("invalid_request", "id_token_hint is no ID token of this provider")
        if target not in self.post_logout_redirect_uris:
            raise Refused("invalid_request", "post_logout_redirect_uri is not registered")
        query = urlencode({"state": asked["state"]}) if "state" in asked else ""
        return Answer(status=303, headers={"Location": f"{target}?{query}" if query else target})

    def _authenticate(self, request: Request, endpoint: str) -> str:
        clients = {self.client_id: self.client_secret, **self.machines}
        return authenticate_client(request, clients, self.auth_methods[endpoint])
