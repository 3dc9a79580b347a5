"""The honest provider that fits what an app's settings expect, and what can be wrong with it.

Who stands between it and the site stands in `fake`.
"""

from __future__ import annotations

import json
import secrets
import time
from collections import ChainMap
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast
from urllib.parse import parse_qs, urlsplit

from django_genauth.client import AuthenticationClient
from django_genauth.conf.api import ApiSettings
from django_genauth.protocol.discovery import discovery_request
from django_genauth.protocol.errors import ProviderUnavailable
from django_genauth.protocol.genauth import hosted_logout_url
from django_genauth.protocol.messages import HttpRequest, HttpResponse
from django_genauth.testing.app_encryption import encryptions_of
from django_genauth.testing.provider.authorization import (
    AuthorizationRequest,
    FrontChannelResponse,
)
from django_genauth.testing.provider.grants import AuthMethod, IssuedToken
from django_genauth.testing.provider.honest import Endpoint, HonestProvider
from django_genauth.testing.provider.keys import SigningKey, secret_key, signing_key
from django_genauth.testing.provider.messages import Request
from django_genauth.testing.provider.mint import Protocol, TokenKind

_HOUR = 3600
# Where the numbers of the API's own keys begin.
_OF_THE_API = 2000


@dataclass
class Faults:
    """Say what is wrong; as it is made, nothing.

    `id_token` and `bearer_token` have the claims that take the place of the true ones.
    """

    person_declines: bool = False
    silence: Literal["refusing", "hanging"] | None = None
    id_token: dict[str, Any] = field(default_factory=dict)
    bearer_token: dict[str, Any] = field(default_factory=dict)
    access_token_ttl: int = _HOUR

    def check_line(self) -> None:
        """Raise what the transport raises where a provider gives no answer."""
        if self.silence == "refusing":
            raise ProviderUnavailable(
                "The connection to the provider failed (the fake GenAuth is down).",
                reason="connection",
            )
        if self.silence == "hanging":
            raise ProviderUnavailable(
                "The provider gave no whole answer in time (the fake GenAuth hangs).",
                reason="timeout",
            )

    def recover(self) -> None:
        """Let nothing be wrong any more."""
        self.person_declines = False
        self.silence = None
        self.id_token.clear()
        self.bearer_token.clear()
        self.access_token_ttl = _HOUR

    def expire_id_tokens(self) -> None:
        """Have ID tokens say that their time is over, by more than clocks differ."""
        now = int(time.time())
        self.id_token |= {"iat": now - 48 * _HOUR, "exp": now - 24 * _HOUR}


class AppProvider(HonestProvider):
    """Be the provider of one app, whatever protocol, algorithm and addresses it is set to."""

    def __init__(
        self,
        client: AuthenticationClient,
        faults: Faults,
        machines: MutableMapping[str, str],
        earlier: AppProvider | None,
    ) -> None:
        app = client.registration
        protocol = cast("Protocol", app.protocol)
        super().__init__(app.app_id, app.secret, app.algorithm, protocol)
        self.client = client
        self.base_url = app.app_host
        for endpoint in self.auth_methods:
            self.auth_methods[endpoint] = cast("AuthMethod", client.authentication.method(endpoint))
        self.client_keys = client.authentication.public_keys()["keys"]
        self.encryptions = encryptions_of(app, self.client_keys)
        # What the console has is not known here.
        self.post_logout_redirect_uris = None
        self.machines = ChainMap(machines, {app.app_id: app.secret or ""})
        self._faults = faults
        self._metadata = client.fixed_metadata()
        if earlier is not None:
            # The test changed the settings: what people allowed under the others still holds.
            self.grants = earlier.grants
            self.issued_id_tokens = earlier.issued_id_tokens

    @property
    def issuer(self) -> str:
        """Return the issuer that the app expects."""
        return self.client.registration.issuer

    @property
    def authorization_endpoint(self) -> str:
        """Return GenAuth's, or the one that the app sets by hand; without a query of its own."""
        return self._metadata.authorization_endpoint.partition("?")[0]

    @property
    def addresses(self) -> dict[Endpoint, str]:
        """Return where the endpoints are that `answer` answers for, likewise."""
        known = self._metadata
        found = {
            "discovery": discovery_request(self.issuer).url,
            "jwks": known.jwks_uri,
            "pushed_authorization": known.pushed_authorization_request_endpoint
            or super().addresses["pushed_authorization"],
            "token": known.token_endpoint,
            "userinfo": known.userinfo_endpoint,
            "introspection": known.introspection_endpoint,
            "revocation": known.revocation_endpoint,
            "end_session": known.end_session_endpoint,
        }
        # Each has one: GenAuth's paths are all known.
        return {cast("Endpoint", name): str(url).partition("?")[0] for name, url in found.items()}

    def send(self, request: HttpRequest) -> HttpResponse:
        """Answer a request as the network would."""
        self._faults.check_line()
        self.access_token_ttl = self._faults.access_token_ttl
        address, _, query = request.url.partition("?")
        if address == self.authorization_endpoint:
            # As `genauth_check` asks, without a browser: nobody is signed in (OIDC Core 3.1.2.6).
            page = self.refuse(request.url, "login_required")
            return HttpResponse(status=302, headers={"location": page.url}, body=b"")
        endpoint = next((name for name, url in self.addresses.items() if url == address), None)
        if endpoint is None:
            # Without the query, in which GenAuth's own interfaces take tokens.
            raise AssertionError(f"The fake GenAuth has nothing at {address}.")
        answer = self.answer(
            endpoint,
            Request(
                method=request.method,
                target=f"{urlsplit(address).path}?{query}",
                headers=request.headers,
                body=request.body or b"",
            ),
        )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        body = answer.body
        if endpoint == "introspection" and answer.status == 200:
            alg = self.client.registration.introspection_signed_response_alg
            if alg is not None:
                body = self._signed_introspection(json.loads(body), alg)
                headers["content-type"] = "application/token-introspection+jwt"
        return HttpResponse(status=answer.status, headers=headers, body=body)

    def _signed_introspection(self, answer: Mapping[str, Any], alg: str) -> bytes:
        """Sign what introspection says (RFC 9701 5)."""
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "iat": int(time.time()),
            "token_introspection": answer,
        }
        key = self._key_for(alg)
        text = self.sign("introspection", claims, key, typ="token-introspection+jwt")
        return self.encrypted("introspection", text).encode()

    @property
    def userinfo_key(self) -> SigningKey:
        """Return the key of the algorithm that the app expects."""
        return self._key_for(self.client.registration.userinfo_algorithm)

    def bearer_token(
        self, api: ApiSettings, *, sub: str | None, scopes: Iterable[str], claims: Mapping[str, Any]
    ) -> str:
        """Issue an access token for the site's API: a JWT, or one that only this provider reads."""
        # Not in whole seconds: a test may be in the second in which another one ended a person.
        now = time.time()
        members = {
            "iss": self.issuer,
            "sub": sub,
            "aud": api.audience[0],
            "client_id": self.client_id,
            "scope": " ".join(scopes),
            "iat": now,
            "exp": now + _HOUR,
            "jti": secrets.token_urlsafe(16),
            **claims,
            **self._faults.bearer_token,
        }
        present = {name: each for name, each in members.items() if each is not None}
        if api.tokens == "jwt":
            key = self._key_for(api.token_signed_response_alg)
            return self.sign("access_token", present, key, typ="at+jwt")
        text = secrets.token_urlsafe(32)
        token = IssuedToken(
            use="access_token",
            grant=None,
            scope=str(members["scope"]),
            jti=str(members["jti"]),
            iat=now,
            exp=now + _HOUR,
            claims=present,
        )
        self.grants.add_token(text, token)
        return text

    def _key_for(self, alg: str) -> SigningKey:
        """Return the secret, or the published key of an algorithm; it is published if it is not."""
        if alg.startswith("HS"):
            return secret_key(alg, self.client_secret or "")
        known = next((key for key in self.keys if key.alg == alg), None)
        if known is None:
            known = signing_key(alg, _OF_THE_API + self._generation)
            self.keys.append(known)
        return known

    def visit(
        self, authorization_url: str, *, sub: str, claims: Mapping[str, Any] | None
    ) -> FrontChannelResponse:
        """Be the person at the sign-in page, who signs in or declines."""
        if self._faults.person_declines:
            return self.decline(authorization_url)
        return self.respond(authorization_url, sub=sub, claims=claims)

    def claims_by(self, request: AuthorizationRequest) -> Mapping[str, Any]:
        """Say that people signed in as well as was asked for (OIDC Core 3.1.2.1)."""
        asked = (request.acr_values or "").split()
        return {"acr": asked[0]} if asked else {}

    def end_session(self, url: str) -> str:
        """Be the browser where the site sends it to sign out, and return where it is sent back to.

        An address that is not the provider's is the site's own, where the browser stays.
        """
        address, _, query = url.partition("?")
        if address == hosted_logout_url(self.base_url, redirect_uri=None):
            return parse_qs(query)["redirect_uri"][0]
        if address != self._metadata.end_session_endpoint:
            return url
        target = f"{urlsplit(address).path}?{query}"
        request = Request(method="GET", target=target, headers={}, body=b"")
        answer = self.answer("end_session", request)
        if answer.status != 303:
            raise AssertionError(f"The fake GenAuth ends no session: {answer.body.decode()}")
        return answer.headers["Location"]

    def sign(
        self, kind: TokenKind, claims: Mapping[str, Any], key: SigningKey, *, typ: str = "JWT"
    ) -> str:
        """Write a token of a kind, an ID token with what is wrong with it."""
        wrong = self._faults.id_token if kind == "id_token" else {}
        return super().sign(kind, {**claims, **wrong}, key, typ=typ)
