"""The endpoints of one app's provider: build a request, send it, read the answer, for each.

The names are the specifications'; those of GenAuth's own library stand in `client`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django_genauth.client.machine_tokens import BearerAuth, MachineTokens
from django_genauth.client.provider import Published
from django_genauth.protocol.authorization import (
    AuthorizationRequest,
    AuthorizationResponse,
    parse,
)
from django_genauth.protocol.client_auth import ClientCredentials
from django_genauth.protocol.errors import ConfigurationError, IDTokenError, LogoutTokenError
from django_genauth.protocol.id_token import Expected, IdToken, verify
from django_genauth.protocol.introspection import introspection_request, parse_introspection
from django_genauth.protocol.logout import LogoutToken, verify_logout_token
from django_genauth.protocol.messages import HttpRequest
from django_genauth.protocol.pkce import challenge_s256
from django_genauth.protocol.revocation import check_revocation, revocation_request
from django_genauth.protocol.tokens import (
    TokenSet,
    client_credentials_request,
    code_request,
    parse_token_set,
    refresh_request,
)
from django_genauth.protocol.userinfo import parse_userinfo, userinfo_request
from django_genauth.tracebacks import methods_without_variables


@methods_without_variables
@dataclass(kw_only=True, eq=False, repr=False)
class Endpoints(Published):
    """Ask a provider on behalf of one app.

    Every method raises ProviderError where the provider's answer cannot be taken.
    """

    def __post_init__(self) -> None:
        """Prepare what is kept between requests."""
        super().__post_init__()
        self._machine_tokens = MachineTokens(self.clock)

    def authorization_request(
        self,
        *,
        redirect_uri: str,
        state: str,
        nonce: str,
        code_verifier: str,
        response_type: str,
        response_mode: str | None,
        extra: Mapping[str, Any],
    ) -> AuthorizationRequest:
        """Build the request that a login makes; `extra` goes before AUTHORIZE_PARAMS."""
        return AuthorizationRequest(
            authorization_endpoint=self.endpoint("authorization_endpoint"),
            client_id=self.app_id,
            redirect_uri=redirect_uri,
            scope=self.scopes,
            state=state,
            nonce=nonce if self.is_oidc else None,
            response_type=response_type,
            response_mode=response_mode,
            # Always, and S256 always (RFC 9700 2.1.1).
            code_challenge=challenge_s256(code_verifier),
            code_challenge_method="S256",
            extra={**self.authorize_params, **extra},
        )

    def authorization_response(
        self,
        parameters: Mapping[str, str],
        *,
        expected_state: str | None,
        response_type: str = "code",
    ) -> AuthorizationResponse:
        """Check what the browser brought. Raises AccessDenied or AuthorizationResponseError."""
        return parse(
            parameters,
            expected_state=expected_state,
            issuer=self.issuer,
            iss_required=self.metadata().authorization_response_iss_parameter_supported,
            response_type=response_type,
        )

    def exchange_code(
        self,
        code: str,
        *,
        redirect_uri: str,
        code_verifier: str | None,
        extra: Mapping[str, str] | None = None,
    ) -> TokenSet:
        """Exchange an authorization code for tokens."""
        request = code_request(
            self.endpoint("token_endpoint"),
            self.credentials("token"),
            code,
            redirect_uri=redirect_uri,
            code_verifier=code_verifier,
            extra=extra,
        )
        return self._token_set(request, id_token_required=self.is_oidc)

    def redeem(
        self,
        response: AuthorizationResponse,
        *,
        state: str | None,
        redirect_uri: str,
        code_verifier: str | None,
        extra: Mapping[str, str] | None = None,
        **expected: Any,
    ) -> tuple[TokenSet, IdToken | None]:
        """Verify what came beside a code, exchange the code, and verify the ID token that it gives.

        That ID token is None over OAuth 2.0. `expected` are further members of
        `id_token.Expected`, for both ID tokens of a hybrid answer (OIDC Core 3.3).
        """
        shown = None
        if response.id_token is not None:
            shown = self.verify_shown(response, state=state, **expected)
        token_set = self.exchange_code(
            response.code or "",
            redirect_uri=redirect_uri,
            code_verifier=code_verifier,
            extra=extra,
        )
        if not self.is_oidc:
            return token_set, None
        id_token = self.verify_id_token(
            token_set.id_token or "", access_token=token_set.access_token, **expected
        )
        if shown is not None and shown.subject != id_token.subject:
            # OIDC Core 3.3.3.6: iss and sub are the same in both; of iss, both were checked.
            raise IDTokenError("The two ID tokens are of two people.", reason="sub")
        return token_set, id_token

    def verify_shown(
        self, response: AuthorizationResponse, *, state: str | None, **expected: Any
    ) -> IdToken:
        """Verify the ID token of an authorization response, with what came beside it."""
        return self.verify_id_token(
            response.id_token or "",
            from_front_channel=True,
            code=response.code,
            access_token=response.access_token,
            state=state,
            **expected,
        )

    def refresh(self, refresh_token: str) -> TokenSet:
        """Exchange a refresh token for fresh tokens."""
        credentials = self.credentials("token")
        return self._token_set(
            refresh_request(self.endpoint("token_endpoint"), credentials, refresh_token)
        )

    def client_credentials(
        self, scope: str, *, access_key: str | None = None, secret_key: str | None = None
    ) -> TokenSet:
        """Return a token for a machine, kept until shortly before it ends.

        The app shows its own id and secret, or the two keys of the machine. One request is sent
        whoever asks in this process.
        """
        key = (scope, access_key or "", secret_key or "")
        return self._machine_tokens.get(key, lambda: self.machine_token(*key))

    def client_credentials_auth(
        self, scope: str, *, access_key: str | None = None, secret_key: str | None = None
    ) -> BearerAuth:
        """Return an `auth` for the requests library, which adds such a token to each request."""
        return BearerAuth(
            lambda: self.client_credentials(scope, access_key=access_key, secret_key=secret_key)
        )

    def machine_token(self, scope: str, access_key: str, secret_key: str) -> TokenSet:
        """Ask for a token for a machine; with empty keys it is the app itself."""
        machine = self.credentials("token")
        if access_key:
            machine = ClientCredentials(
                client_id=access_key, client_secret=secret_key, method="client_secret_post"
            )
        if not machine.client_secret:
            # RFC 6749 4.4: for confidential clients alone.
            raise ConfigurationError(
                "Client credentials need APP_SECRET, or an access key and its secret key.",
                reason="secret",
            )
        endpoint = self.endpoint("token_endpoint")
        return self._token_set(client_credentials_request(endpoint, machine, scope))

    def verify_id_token(self, id_token: str, **expected: Any) -> IdToken:
        """Verify an ID token; `expected` are further members of `id_token.Expected`."""
        return verify(
            id_token,
            find_key=self.find_key,
            expected=Expected(
                issuer=self.issuer,
                client_id=self.app_id,
                algorithm=self.algorithm,
                leeway=self.leeway,
                **expected,
            ),
            now=self.clock(),
        )

    def verify_logout_token(self, logout_token: str) -> LogoutToken:
        """Verify a logout token; that it is used once is for the caller to see to."""
        if not self.is_oidc:
            raise LogoutTokenError("An app of OAuth 2.0 has no logout tokens.", reason="protocol")
        return verify_logout_token(
            logout_token,
            algorithm=self.algorithm,
            find_key=self.find_key,
            issuer=self.issuer,
            client_id=self.app_id,
            now=self.clock(),
            leeway=self.leeway,
        )

    def userinfo_claims(self, access_token: str) -> dict[str, Any]:
        """Ask for the claims of the person whom an access token belongs to."""
        return parse_userinfo(
            self._send(userinfo_request(self.endpoint("userinfo_endpoint"), access_token)),
            issuer=self.issuer,
            client_id=self.app_id,
            algorithm=self.algorithm,
            find_key=self.find_key,
            now=self.clock(),
            leeway=self.leeway,
        )

    def introspect(self, token: str) -> dict[str, Any]:
        """Ask for the state of a token."""
        endpoint = self.endpoint("introspection_endpoint")
        request = introspection_request(endpoint, self.credentials("introspection"), token)
        return parse_introspection(self._send(request))

    def revoke(self, token: str) -> None:
        """End a token at the provider."""
        endpoint = self.endpoint("revocation_endpoint")
        request = revocation_request(endpoint, self.credentials("revocation"), token)
        check_revocation(self._send(request))

    def _token_set(self, request: HttpRequest, *, id_token_required: bool = False) -> TokenSet:
        return parse_token_set(
            self._send(request), now=self.clock(), id_token_required=id_token_required
        )
