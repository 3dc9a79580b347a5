"""The endpoints of a provider, asked for one app: build a request, send it, read the answer.

The names are the specifications'; those of GenAuth's own library stand in `client`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django_genauth.client.authentication import ClientAuthentication
from django_genauth.client.introspections import Introspections
from django_genauth.client.proofs import ask_with_proof
from django_genauth.client.provider import Provider
from django_genauth.client.registration import ClientRegistration
from django_genauth.client.token_endpoint import TokenEndpoint
from django_genauth.client.token_verifier import TokenVerifier
from django_genauth.protocol import genauth
from django_genauth.protocol.authorization import (
    JARM_MODES,
    AuthorizationRequest,
    AuthorizationResponse,
    parse,
)
from django_genauth.protocol.dpop import DpopKey
from django_genauth.protocol.errors import (
    IDTokenError,
    LogoutTokenError,
    ProviderError,
)
from django_genauth.protocol.id_token import IdToken
from django_genauth.protocol.logout import LogoutToken
from django_genauth.protocol.pkce import challenge_s256
from django_genauth.protocol.revocation import check_revocation, revocation_request
from django_genauth.protocol.tokens import (
    TokenSet,
)
from django_genauth.protocol.userinfo import userinfo_request
from django_genauth.tracebacks import methods_without_variables


@methods_without_variables
class Endpoints:
    """Ask a provider on behalf of one app.

    Every method raises ProviderError where the provider's answer cannot be accepted.
    """

    def __init__(
        self,
        registration: ClientRegistration,
        authentication: ClientAuthentication,
        provider: Provider,
        verifier: TokenVerifier,
        introspections: Introspections,
        tokens: TokenEndpoint,
    ) -> None:
        self._registration = registration
        self._credentials = authentication.credentials
        self._provider = provider
        self._verifier = verifier
        self._introspections = introspections
        self._tokens = tokens

    def authorization_request(
        self,
        *,
        redirect_uri: str,
        state: str,
        nonce: str,
        code_verifier: str,
        response_type: str,
        response_mode: str | None,
        dpop_jkt: str | None = None,
        extra: Mapping[str, Any],
    ) -> AuthorizationRequest:
        """Build the request of a login; a parameter of `extra` replaces AUTHORIZE_PARAMS' own."""
        app = self._registration
        return AuthorizationRequest(
            authorization_endpoint=self._provider.endpoint("authorization_endpoint"),
            client_id=app.app_id,
            redirect_uri=redirect_uri,
            scope=app.scopes,
            state=state,
            nonce=nonce if app.is_oidc else None,
            response_type=response_type,
            response_mode=response_mode,
            # Always, and S256 always (RFC 9700 2.1.1).
            code_challenge=challenge_s256(code_verifier),
            code_challenge_method="S256",
            dpop_jkt=dpop_jkt,
            extra={**app.default_parameters, **app.authorize_params, **extra},
        )

    def authorization_response(
        self,
        parameters: Mapping[str, str],
        *,
        expected_state: str | None,
        response_type: str = "code",
        response_mode: str | None = None,
    ) -> AuthorizationResponse:
        """Check an authorization response; raise AccessDenied or AuthorizationResponseError."""
        # A signed one always has an iss. FAPI 2.0, 5.3.3.2 (5): announced or not.
        is_signed = response_mode in JARM_MODES
        is_demanded = self._registration.profile is not None
        if is_signed:
            parameters = self._verifier.authorization_response(parameters)
        return parse(
            parameters,
            expected_state=expected_state,
            issuer=self._registration.issuer,
            iss_required=not is_signed
            and (
                is_demanded
                or self._provider.metadata().authorization_response_iss_parameter_supported
            ),
            response_type=response_type,
        )

    def redeem(
        self,
        response: AuthorizationResponse,
        *,
        state: str | None,
        redirect_uri: str,
        code_verifier: str | None,
        extra: Mapping[str, str] | None = None,
        dpop_key: str | None = None,
        **expected: Any,
    ) -> tuple[TokenSet, IdToken | None]:
        """Exchange the code of an authorization response, and verify every ID token.

        An ID token that came beside the code is verified first. Over OAuth 2.0 the ID token is
        None. `expected` are further members of `id_token.Expected`, for both ID tokens of a hybrid
        answer (OIDC Core 3.3).
        """
        shown = None
        if response.id_token is not None:
            shown = self.verify_shown(response, state=state, **expected)
        token_set = self._tokens.exchange_code(
            response.code or "",
            redirect_uri=redirect_uri,
            code_verifier=code_verifier,
            extra=extra,
            dpop_key=dpop_key,
        )
        if not self._registration.is_oidc:
            return token_set, None
        id_token = self._verifier.id_token(
            token_set.id_token or "", access_token=token_set.access_token, **expected
        )
        if shown is not None and shown.subject != id_token.subject:
            # OIDC Core 3.3.3.6: iss and sub are the same in both; of iss, both were checked.
            raise IDTokenError("The two ID tokens are of two people.", reason="sub")
        return token_set, id_token

    def verify_shown(
        self, response: AuthorizationResponse, *, state: str | None, **expected: Any
    ) -> IdToken:
        """Verify the ID token of an authorization response, and that the rest belongs to it."""
        return self._verifier.id_token(
            response.id_token or "",
            from_front_channel=True,
            code=response.code,
            access_token=response.access_token,
            state=state,
            **expected,
        )

    def verify_logout_token(self, logout_token: str) -> LogoutToken:
        """Verify a logout token. The caller has to see to it that it is used once."""
        if not self._registration.is_oidc:
            raise LogoutTokenError("An app of OAuth 2.0 has no logout tokens.", reason="protocol")
        return self._verifier.logout_token(logout_token)

    def is_hint(self, id_token: str) -> bool:
        """Tell whether the provider can recognise an ID token of it, of whatever age.

        Without its key it cannot, and Keycloak refuses to sign out with such a hint.
        """
        try:
            self._provider.renew_keys()
            self._verifier.signature(id_token)
        except ProviderError as error:
            return error.code not in ("id_token.key_unknown", "id_token.signature")
        return True

    def userinfo_claims(self, access_token: str, *, dpop_key: str | None = None) -> dict[str, Any]:
        """Ask for the claims about the person whose access token it is.

        `dpop_key` is the key that the token is bound to, if it is.
        """
        ask = partial(self._provider.ask, "userinfo_endpoint")
        if dpop_key is None:
            response = ask(lambda url: userinfo_request(url, access_token))
        else:
            response = ask_with_proof(
                ask,
                lambda url: userinfo_request(url, access_token, scheme="DPoP"),
                DpopKey.load(dpop_key),
                clock=self._verifier.clock,
                access_token=access_token,
            )
        return self._verifier.userinfo(response)

    def validate_online(self, name: str, token: str) -> dict[str, Any]:
        """Ask GenAuth for the claims of an `id_token` or `access_token`."""
        request = genauth.validation_request(self._registration.app_host, name, token)
        return genauth.parse_validation(self._provider.send(request, endpoint="validation"))

    def revoke(self, token: str) -> None:
        """Revoke a token at the provider."""
        credentials = self._credentials("revocation")
        response = self._provider.ask(
            "revocation_endpoint", lambda url: revocation_request(url, credentials, token)
        )
        check_revocation(response)
        # What was kept of it is over at once.
        self._introspections.forget(token)
