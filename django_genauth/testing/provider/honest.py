"""The endpoints of a provider with GenAuth's paths and shapes, as functions without a socket.

What each endpoint answers when all is well stands here. The rules for codes and tokens stand in
`grants`; the page that people see stands in `sign_in_page`.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, Literal, get_args
from urllib.parse import urlencode

from django_genauth.testing.provider.assertions import check_assertion
from django_genauth.testing.provider.grants import (
    AuthMethod,
    Grant,
    Refused,
    authenticate_client,
)
from django_genauth.testing.provider.keys import SigningKey
from django_genauth.testing.provider.messages import Answer, Request
from django_genauth.testing.provider.mint import Protocol
from django_genauth.testing.provider.proofs import ProofReader
from django_genauth.testing.provider.pushed import LIFETIME
from django_genauth.testing.provider.sign_in_page import SignInPage

Endpoint = Literal[
    "discovery",
    "jwks",
    "pushed_authorization",
    "token",
    "userinfo",
    "introspection",
    "revocation",
    "end_session",
]


_JARM = ("jwt", "query.jwt", "fragment.jwt", "form_post.jwt")


class HonestProvider(SignInPage):
    """Answer requests as a provider that keeps the specifications.

    Attributes that a test may change at any time: `auth_methods` by endpoint, `refresh_tokens`
    ("rotate", "keep" the same one, or "omit" it from a refresh's answer), `userinfo_signed` (a JWT
    instead of JSON), `machines` (access keys and their secrets, for client credentials),
    `proofs.nonce` (what DPoP proofs have to hold), `client_certificate` (for tls_client_auth, as
    DER; None: whichever),
    `post_logout_redirect_uris` (None: whatever is asked for), and those of SignInPage and Mint.
    """

    def __init__(
        self, client_id: str, client_secret: str | None, alg: str, protocol: Protocol
    ) -> None:
        super().__init__(client_id, client_secret, alg, protocol)
        method: AuthMethod = "none" if client_secret is None else "client_secret_post"
        self.auth_methods = dict.fromkeys(("token", "introspection", "revocation"), method)
        self.refresh_tokens: Literal["rotate", "keep", "omit"] = "rotate"
        self.userinfo_signed = False
        self.machines: MutableMapping[str, str] = {}
        self.used_assertions: set[str] = set()
        self.proofs = ProofReader()
        self.client_certificate: bytes | None = None
        self.post_logout_redirect_uris: list[str] | None = []

    @property
    def addresses(self) -> dict[Endpoint, str]:
        """Return where the endpoints are that `answer` answers for; at GenAuth's paths."""
        return {
            "discovery": f"{self.issuer}/.well-known/openid-configuration",
            "jwks": f"{self.issuer}/.well-known/jwks.json",
            "pushed_authorization": f"{self.issuer}/request",
            "token": f"{self.issuer}/token",
            "userinfo": f"{self.issuer}/me",
            "introspection": f"{self.issuer}/token/introspection",
            "revocation": f"{self.issuer}/token/revocation",
            "end_session": f"{self.issuer}/session/end",
        }

    def answer(self, endpoint: Endpoint, request: Request) -> Answer:
        """Answer a request to an endpoint; a refusal in the words of RFC 6749 5.2."""
        handlers = {
            "discovery": self._discovery,
            "jwks": self._jwks,
            "pushed_authorization": self._pushed_authorization,
            "token": self._token,
            "userinfo": self._userinfo,
            "introspection": self._introspection,
            "revocation": self._revocation,
            "end_session": self._end_session,
        }
        try:
            answer = handlers[endpoint](request)
        except Refused as refusal:
            body = {"error": refusal.error, "error_description": refusal.description}
            answer = Answer.json(body, status=refusal.status)
        if self.proofs.nonce is not None:
            answer = answer.with_headers(DPoP_Nonce=self.proofs.nonce)
        return answer

    def _discovery(self, request: Request) -> Answer:
        addresses = self.addresses
        methods = get_args(AuthMethod)
        return Answer.json(
            {
                "issuer": self.issuer,
                "authorization_endpoint": self.authorization_endpoint,
                "pushed_authorization_request_endpoint": addresses["pushed_authorization"],
                "require_pushed_authorization_requests": self.require_pushed,
                "require_signed_request_object": self.require_signed,
                "token_endpoint": addresses["token"],
                "userinfo_endpoint": addresses["userinfo"],
                "jwks_uri": addresses["jwks"],
                "introspection_endpoint": addresses["introspection"],
                "revocation_endpoint": addresses["revocation"],
                "end_session_endpoint": addresses["end_session"],
                "scopes_supported": ["openid", "profile", "email", "phone", "address"],
                "response_types_supported": ["code", "code id_token", "id_token", "none"],
                "response_modes_supported": ["query", "fragment", "form_post", *_JARM],
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

    def _pushed_authorization(self, request: Request) -> Answer:
        # RFC 9126 2: authenticated as at the token endpoint.
        self._authenticate(request, "pushed_authorization")
        form = request.form
        if "client_id" not in form or "request_uri" in form:
            raise Refused("invalid_request", "no client_id, or a request_uri")
        asked = self.parameters_of_push(form)
        self.check(asked)
        answer = {"request_uri": self.pushed.keep(asked), "expires_in": LIFETIME}
        return Answer.json(answer, status=201)

    def _token(self, request: Request) -> Answer:
        client_id = self._authenticate(request, "token")
        jkt = self.proofs.read(request, url=self.addresses["token"])
        form = request.form
        grant_type = form.get("grant_type")
        if grant_type == "client_credentials":
            return self._machine_token(client_id, form.get("scope", ""), jkt)
        if client_id != self.client_id:
            raise Refused("unauthorized_client", "a machine may use client credentials alone")
        if grant_type == "authorization_code":
            grant = self.grants.redeem_code(form, jkt=jkt)
            refresh_token = self.refresh_token(grant) if grant.refreshable else None
            return self._token_answer(grant, refresh_token, nonce=grant.nonce)
        if grant_type == "refresh_token":
            used = form.get("refresh_token", "")
            rotate = self.refresh_tokens == "rotate"
            grant = self.grants.redeem_refresh_token(used, rotate=rotate, jkt=jkt)
            kept = used if self.refresh_tokens == "keep" else None
            return self._token_answer(grant, self.refresh_token(grant) if rotate else kept)
        raise Refused("unsupported_grant_type", "unknown grant_type")

    def _token_answer(
        self, grant: Grant, refresh_token: str | None, nonce: str | None = None
    ) -> Answer:
        access_token = self.access_token(grant, jkt=grant.dpop_jkt)
        answer: dict[str, Any] = {
            "access_token": access_token,
            "expires_in": self.access_token_ttl,
            "scope": grant.scope,
            "token_type": "DPoP" if grant.dpop_jkt else "Bearer",
        }
        if refresh_token is not None:
            answer["refresh_token"] = refresh_token
        if "openid" in grant.scope.split():
            answer["id_token"] = self.id_token(grant, {"at_hash": access_token}, nonce=nonce)
        return Answer.json(answer)

    def _machine_token(self, client_id: str, scope: str, jkt: str | None) -> Answer:
        if client_id not in self.machines:
            raise Refused("unauthorized_client", "this client is no machine")
        return Answer.json(
            {
                "access_token": self.access_token(None, scope=scope, jkt=jkt),
                "expires_in": self.access_token_ttl,
                "scope": scope,
                "token_type": "DPoP" if jkt else "Bearer",
            }
        )

    def _userinfo(self, request: Request) -> Answer:
        scheme, _, text = (request.headers.get("Authorization") or "").partition(" ")
        if scheme.lower() not in ("bearer", "dpop"):
            text = request.form.get("access_token", "")
        token = self.grants.find_token(text)
        jkt = None
        if scheme.lower() == "dpop":
            jkt = self.proofs.read(
                request, url=self.addresses["userinfo"], access_token=text, status=401
            )
        if token is not None and token.jkt != jkt:
            # RFC 9449 7.1: neither without its proof, nor with another key's.
            token = None
        if token is None or token.use != "access_token" or not token.active or token.grant is None:
            answer = Answer.json({"error": "invalid_token"}, status=401)
            return answer.with_headers(WWW_Authenticate='Bearer error="invalid_token"')
        claims = {"sub": token.grant.sub, **token.grant.claims}
        if not (self.userinfo_signed or "userinfo" in self.encryptions):
            return Answer.json(claims)
        signed = {**claims, "iss": self.issuer, "aud": self.client_id}
        jwt = self.encrypted("userinfo", self.sign("userinfo", signed, self.userinfo_key))
        return Answer(headers={"Content-Type": "application/jwt"}, body=jwt.encode("ascii"))

    @property
    def userinfo_key(self) -> SigningKey:
        """Return the key that signs userinfo: the ID token's."""
        return self.id_token_key

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
            # As oidc-provider, which names a type for access tokens alone.
            "token_type": "Bearer" if token.use == "access_token" else None,
        }
        present = {name: value for name, value in about.items() if value is not None}
        if token.claims:
            return Answer.json({"active": True, "token_type": "Bearer", **token.claims})
        return Answer.json(present)

    def _revocation(self, request: Request) -> Answer:
        self._authenticate(request, "revocation")
        self.grants.revoke(request.form.get("token", ""))
        return Answer()

    def _end_session(self, request: Request) -> Answer:
        asked = {**request.query, **request.form}
        target = asked.get("post_logout_redirect_uri")
        if asked.get("id_token_hint") not in self.issued_id_tokens:
            raise Refused("invalid_request", "id_token_hint is no ID token of this provider")
        registered = self.post_logout_redirect_uris
        if target is None or (registered is not None and target not in registered):
            raise Refused("invalid_request", "post_logout_redirect_uri is not registered")
        query = urlencode({"state": asked["state"]}) if "state" in asked else ""
        return Answer(status=303, headers={"Location": f"{target}?{query}" if query else target})

    def _authenticate(self, request: Request, endpoint: Endpoint) -> str:
        asking = request.form.get("client_id")
        method = self.auth_methods.get(endpoint, self.auth_methods["token"])
        if asking in self.machines and asking != self.client_id:
            # GenAuth takes the keys of a machine in the body, however the app shows who it is.
            return authenticate_client(request, self.machines, "client_secret_post")
        if method in ("private_key_jwt", "client_secret_jwt"):
            check_assertion(
                request.form,
                client_id=self.client_id,
                keys=self.client_keys if method == "private_key_jwt" else self.client_secret or "",
                audiences=(self.issuer, self.addresses[endpoint]),
                used=self.used_assertions,
            )
            return self.client_id
        if method in ("tls_client_auth", "self_signed_tls_client_auth"):
            expected = self.client_certificate
            if expected is not None and request.certificate != expected:
                raise Refused("invalid_client", "no certificate of this client", status=401)
            return authenticate_client(request, {self.client_id: None}, "none")
        secret = None if method == "none" else self.client_secret
        return authenticate_client(request, {self.client_id: secret}, method)
