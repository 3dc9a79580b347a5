"""The client of one app, with the method names of GenAuth's own library.

Usable without Django's settings. Each method is a line or two over `endpoints`, whose names are
the specifications'; what is safer here than in that library stands at the method.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from secrets import token_urlsafe
from typing import Any

from django_genauth.client.arguments import (
    bad_argument,
    challenge_method,
    further_parameters,
    one_of,
    optional_text,
    token_text,
    where_and_what,
)
from django_genauth.client.endpoints import Endpoints
from django_genauth.client.registration import scope_text
from django_genauth.protocol import genauth, pkce
from django_genauth.protocol.access_token import verify_access_token
from django_genauth.protocol.authorization import (
    RESPONSE_MODES,
    RESPONSE_TYPES,
    AuthorizationRequest,
    response_type_of,
    unique_parameters,
)
from django_genauth.protocol.discovery import is_safe_url
from django_genauth.protocol.errors import IDTokenError, TokenResponseError
from django_genauth.protocol.logout import end_session_url
from django_genauth.protocol.tokens import TokenSet
from django_genauth.tracebacks import methods_without_variables


@methods_without_variables
@dataclass(kw_only=True, eq=False, repr=False)
class AuthenticationClient(Endpoints):
    """Speak to a provider for one app.

    The arguments are the keys of the GENAUTH setting in lower case (`secret` is APP_SECRET), with
    the same defaults and units, and those of Endpoints. Raises ConfigurationError for settings and
    arguments that cannot work, before anything is sent, and ProviderError for an answer that
    cannot be taken.
    """

    def build_authorize_url(
        self,
        *,
        scope: str | Iterable[str] | None = None,
        nonce: str | None = None,
        state: str | None = None,
        response_mode: str | None = None,
        response_type: str | None = None,
        redirect_uri: str | None = None,
        code_challenge: str | None = None,
        code_challenge_method: str | None = None,
        tenant_id: str | None = None,
        **extra: str | int | list[str],
    ) -> str:
        """Return the address of the provider's sign-in page, without asking anybody.

        State and nonce are made where they are not given; who wants to check them gives them. A
        code challenge is S256 unless `code_challenge_method` says `plain`, which gives a warning.
        """
        for name, value in {
            "nonce": nonce,
            "state": state,
            "response_type": response_type,
            "code_challenge": code_challenge,
            "tenant_id": tenant_id,
        }.items():
            optional_text(name, value)
        further = further_parameters(extra)
        kind = response_type_of(response_type or self.response_type)
        one_of("response_type", kind, RESPONSE_TYPES[self.protocol])
        mode = response_mode or self.response_mode
        if mode == "query" and kind not in ("code", "none"):
            raise bad_argument("response_mode", f"cannot be query for {kind}")
        if mode is not None:
            one_of("response_mode", mode, RESPONSE_MODES)
        if code_challenge is not None:
            code_challenge_method = code_challenge_method or "S256"
            challenge_method("code_challenge_method", code_challenge_method)
        elif code_challenge_method is not None:
            raise bad_argument("code_challenge_method", "goes with a code_challenge")
        configured = self._configuration.peek() or self.fixed_metadata()
        return AuthorizationRequest(
            authorization_endpoint=configured.authorization_endpoint,
            client_id=self.app_id,
            redirect_uri=self._redirect_uri(redirect_uri),
            scope=scope_text(scope, self.scopes),
            state=state or token_urlsafe(32),
            nonce=(nonce or token_urlsafe(32)) if self.is_oidc else nonce,
            response_type=kind,
            response_mode=mode,
            code_challenge=code_challenge,
            code_challenge_method=code_challenge_method,
            extra={**further, **({"tenant_id": tenant_id} if tenant_id else {})},
        ).url()

    def get_access_token_by_code(
        self, code: str, *, code_verifier: str | None = None, redirect_uri: str | None = None
    ) -> TokenSet:
        """Exchange an authorization code for tokens, and verify the ID token among them.

        Who sent the person away knows state and nonce: `authorization_code_grant` checks them too.
        """
        if code_verifier is not None:
            pkce.check_code_verifier(code_verifier)
        token_set = self.exchange_code(
            token_text("code", code),
            redirect_uri=self._redirect_uri(redirect_uri),
            code_verifier=code_verifier,
        )
        return replace(self._with_claims(token_set), code=code)

    def authorization_code_grant(
        self,
        current_url_or_request: Any,
        *,
        pkce_code_verifier: str | None = None,
        expected_state: str | None = None,
        expected_nonce: str | None = None,
        max_age: int | None = None,
        id_token_expected: bool | None = None,
        token_endpoint_parameters: Mapping[str, str] | None = None,
    ) -> TokenSet:
        """Check an authorization response, then exchange its code for tokens.

        Takes the address that the browser came to, or Django's request (GET, or POST for
        form_post). What is not expected must not be there: a state or a nonce that nobody sent is
        refused. `max_age` is in seconds. The client's response type says what the answer holds; for
        an ID token beside the code `expected_nonce` is needed. Raises AccessDenied and
        AuthorizationResponseError too.
        """
        optional_text("expected_state", expected_state)
        optional_text("expected_nonce", expected_nonce)
        words = self.response_type.split()
        if "code" not in words:
            raise bad_argument("response_type", "of the client asks for no code to exchange")
        if "id_token" in words and expected_nonce is None:
            # OIDC Core 3.3.2.1 with 3.2.2.1: such a request has to have one.
            raise bad_argument("expected_nonce", "is needed for an ID token beside the code")
        if max_age is not None and not (isinstance(max_age, int) and max_age >= 0):
            raise bad_argument("max_age", "is a number of seconds")
        if pkce_code_verifier is not None:
            pkce.check_code_verifier(pkce_code_verifier)
        here, pairs = where_and_what(current_url_or_request)
        parameters = unique_parameters(pairs)
        response = self.authorization_response(
            parameters, expected_state=expected_state, response_type=self.response_type
        )
        token_set, id_token = self.redeem(
            response,
            state=expected_state,
            redirect_uri=self._redirect_uri(self.redirect_uri or here),
            code_verifier=pkce_code_verifier,
            extra=token_endpoint_parameters,
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
            state=parameters.get("state"),
        )

    def exchange_authorization_code_with_pkce(
        self, *, code: str, redirect_uri: str, code_verifier: str
    ) -> TokenSet:
        """Exchange a code for tokens with its code verifier, which may not be left out here."""
        pkce.check_code_verifier(code_verifier)
        return self.get_access_token_by_code(
            code, code_verifier=code_verifier, redirect_uri=redirect_uri
        )

    def get_user_info_by_access_token(self, access_token: str) -> dict[str, Any]:
        """Ask whom an access token belongs to; the token travels in a header."""
        return self.userinfo_claims(token_text("access_token", access_token))

    def get_new_access_token_by_refresh_token(self, refresh_token: str) -> TokenSet:
        """Exchange a refresh token for fresh tokens, and verify an ID token among them."""
        return self._with_claims(self.refresh(token_text("refresh_token", refresh_token)))

    def get_access_token_by_client_credentials(
        self, scope: str, *, access_key: str, secret_key: str
    ) -> TokenSet:
        """Get an access token for a machine with its access key and secret key."""
        for name, value in (("access_key", access_key), ("secret_key", secret_key)):
            token_text(name, value)
        scope = scope_text(scope or None, token_text("scope", scope))
        return self.machine_token(scope, access_key, secret_key)

    def introspect_token(self, token: str) -> dict[str, Any]:
        """Ask for the state of an access or refresh token; `active` is a boolean for certain."""
        return self.introspect(token_text("token", token))

    def revoke_token(self, token: str) -> bool:
        """End an access or refresh token; True, or an error if it may still live."""
        self.revoke(token_text("token", token))
        return True

    def validate_token(
        self, *, id_token: str | None = None, access_token: str | None = None, online: bool = False
    ) -> dict[str, Any]:
        """Verify one token and return its claims, here or (`online`) by asking GenAuth.

        An access token that is no JWT can be verified online alone. GenAuth's interface takes the
        token in the address.
        """
        if (id_token is None) == (access_token is None):
            raise bad_argument("id_token", "or access_token is given: one of them, not both")
        name, token = ("id_token", id_token) if id_token else ("access_token", access_token)
        token = token_text(name, token)
        if online:
            return genauth.parse_validation(
                self._send(genauth.validation_request(self.app_host, name, token))
            )
        if id_token is not None:
            return dict(self.verify_id_token(token, just_issued=False).claims)
        # GenAuth signs access tokens with RS256 whatever it signs ID tokens with.
        asymmetric = set() if self.algorithm.startswith("HS") else {self.algorithm}
        return verify_access_token(
            token,
            algorithms={"RS256"} | asymmetric,
            find_key=self.find_key,
            issuer=self.issuer,
            client_id=self.app_id,
            now=self.clock(),
            leeway=self.leeway,
        )

    def build_logout_url(
        self,
        *,
        redirect_uri: str | None = None,
        expert: bool = False,
        id_token: str | None = None,
        state: str | None = None,
    ) -> str:
        """Return the address that signs a person out, without asking anybody.

        GenAuth's own page, or (`expert`) the standard's, for which the ID token and a redirect URI
        that is registered in the console are needed.
        """
        optional_text("state", state)
        if not expert:
            back = None if redirect_uri is None else self._redirect_uri(redirect_uri)
            return genauth.hosted_logout_url(self.app_host, redirect_uri=back)
        if not self.is_oidc or not id_token or not redirect_uri:
            raise bad_argument("expert", "is for oidc, and needs id_token and redirect_uri")
        configured = self._configuration.peek() or self.fixed_metadata()
        return end_session_url(
            configured.end_session_endpoint or "",
            client_id=self.app_id,
            id_token_hint=token_text("id_token", id_token),
            post_logout_redirect_uri=self._redirect_uri(redirect_uri),
            state=state,
            # As GenAuth's own libraries do.
            is_hint_enough=True,
        )

    def generate_code_challenge(self) -> str:
        """Make a code verifier: what GenAuth's own library calls the challenge (RFC 7636 4.1)."""
        return pkce.generate_code_verifier()

    def get_code_challenge_digest(self, *, code_challenge: str, method: str = "S256") -> str:
        """Return the code challenge of a code verifier; `plain` gives a warning (RFC 7636 4.2)."""
        challenge_method("method", method)
        challenge = pkce.challenge_s256(code_challenge)
        return challenge if method == "S256" else code_challenge

    def _redirect_uri(self, given: str | None) -> str:
        redirect_uri = given or self.redirect_uri
        if not redirect_uri or not is_safe_url(redirect_uri, allow_insecure_http=True):
            raise bad_argument("redirect_uri", "is a web address, given here or to the client")
        return redirect_uri

    def _with_claims(self, token_set: TokenSet) -> TokenSet:
        if token_set.id_token is None or not self.is_oidc:
            return token_set
        verified = self.verify_id_token(token_set.id_token, access_token=token_set.access_token)
        return replace(token_set, id_token_payload=verified.claims)
