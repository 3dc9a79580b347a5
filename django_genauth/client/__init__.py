"""The client of one app, with the method names of GenAuth's own library.

Usable without Django's settings. Each method checks its arguments and calls `endpoints`, whose
names are the specifications'; what is safer here than in that library stands at the method.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final

from django_genauth.client import arguments
from django_genauth.client.authentication import ClientAuthentication
from django_genauth.client.authorize_request import authorize_request
from django_genauth.client.code_grant import code_grant
from django_genauth.client.decryption import Decryptions
from django_genauth.client.document_cache import SharedCache
from django_genauth.client.endpoints import Endpoints
from django_genauth.client.introspections import Introspections
from django_genauth.client.logout_url import logout_url
from django_genauth.client.provider import Provider
from django_genauth.client.registration import ClientRegistration, scope_text
from django_genauth.client.request_delivery import RequestDelivery
from django_genauth.client.sending import SentRequest
from django_genauth.client.token_endpoint import TokenEndpoint
from django_genauth.protocol import pkce
from django_genauth.protocol.messages import HttpRequest, HttpResponse
from django_genauth.protocol.revocation import TokenTypeHint
from django_genauth.protocol.tokens import TokenSet
from django_genauth.tracebacks import methods_without_variables

_SETTINGS: Final = frozenset(each.name for each in fields(ClientRegistration))


@methods_without_variables
class AuthenticationClient:
    """Speak to a provider for one app.

    `settings` are the fields of ClientRegistration: the keys of the GENAUTH setting in lower case
    (`secret` is APP_SECRET), with the same defaults and units. `send` replaces the network,
    `shared_cache` lets processes share the provider's documents, `clock` returns the seconds since
    the epoch, `observe` is called after each request and must not raise. Raises ConfigurationError
    for settings and arguments that cannot work, before anything is sent, and ProviderError for an
    answer that cannot be accepted.
    """

    def __init__(
        self,
        *,
        send: Callable[[HttpRequest], HttpResponse] | None = None,
        shared_cache: SharedCache | None = None,
        clock: Callable[[], float] = time.time,
        observe: Callable[[SentRequest], None] | None = None,
        **settings: Any,
    ) -> None:
        app = self.registration = ClientRegistration(**settings)
        self.clock = clock
        provider = Provider(app, send=send, shared_cache=shared_cache, clock=clock, observe=observe)
        self.authentication = ClientAuthentication(app, clock)
        verifier = provider.token_verifier(Decryptions.read(app, self.authentication.keys))
        introspections = Introspections(app, self.authentication, provider, verifier, shared_cache)
        tokens = TokenEndpoint(app, self.authentication, provider, clock)
        endpoints = Endpoints(app, self.authentication, provider, verifier, introspections, tokens)
        self.provider, self._verifier, self._endpoints = provider, verifier, endpoints
        self._tokens, self.delivery = tokens, RequestDelivery(app, self.authentication, provider)
        self.build_authorize_url_with_par = self.delivery.build_authorize_url_with_par
        # The specifications' names. They stand here and not as methods, so that each has one
        # signature and one docstring, in its own class.
        self.metadata, self.fixed_metadata = provider.metadata, provider.fixed_metadata
        self.endpoint, self.answer_to = provider.endpoint, provider.send
        self.configuration_request = provider.configuration_request
        self.parse_configuration = provider.parse_configuration
        self.verify_id_token, self.verify_bearer_token = verifier.id_token, verifier.bearer_token
        self.verify_signed_response = verifier.authorization_response
        self.verify_logout_token = endpoints.verify_logout_token
        self.authorization_request = endpoints.authorization_request
        self.authorization_response = endpoints.authorization_response
        self.verify_shown, self.redeem = endpoints.verify_shown, endpoints.redeem
        self.exchange_code, self.exchange_token = tokens.exchange_code, tokens.exchange_token
        self.client_credentials = tokens.client_credentials
        self.client_credentials_auth = tokens.client_credentials_auth
        self.is_hint, self.userinfo_claims = endpoints.is_hint, endpoints.userinfo_claims
        self.introspections = introspections

    def refresh(self, refresh_token: str, *, dpop_key: str | None = None) -> TokenSet:
        """Exchange a refresh token for fresh tokens; `dpop_key` is the key of its grant."""
        return self._tokens.refresh(refresh_token, dpop_key=dpop_key)

    def introspect(
        self, token: str, *, token_type_hint: TokenTypeHint | None = None
    ) -> dict[str, Any]:
        """Ask for the state of a token; the hint says of which kind it is."""
        return self.introspections.introspect(token, token_type_hint=token_type_hint)

    def revoke(self, token: str) -> None:
        """Revoke a token at the provider."""
        self._endpoints.revoke(token)

    if not TYPE_CHECKING:  # pragma: no branch
        # For callers of the client alone; this package asks `registration`, whose names are typed.
        def __getattr__(self, name: str) -> Any:
            """Return a setting by the keyword that gave it."""
            if name not in _SETTINGS:
                raise AttributeError(f"An AuthenticationClient has no {name}.")
            return getattr(self.registration, name)

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

        State and nonce are made where they are not given; callers who check them give them. A code
        challenge is S256 unless `code_challenge_method` is `plain`, which gives a warning. With
        `request_object_signing_alg` the request is signed.
        """
        request = authorize_request(
            self.registration,
            self.provider,
            scope=scope,
            nonce=nonce,
            state=state,
            response_mode=response_mode,
            response_type=response_type,
            redirect_uri=redirect_uri,
            code_challenge=code_challenge,
            code_challenge_method=code_challenge_method,
            tenant_id=tenant_id,
            **extra,
        )
        return self.delivery.direct_url(request)

    def get_access_token_by_code(
        self, code: str, *, code_verifier: str | None = None, redirect_uri: str | None = None
    ) -> TokenSet:
        """Exchange an authorization code for tokens, and verify the ID token among them.

        State and nonce are not checked here: `authorization_code_grant` checks them too.
        """
        if code_verifier is not None:
            pkce.check_code_verifier(code_verifier)
        token_set = self._tokens.exchange_code(
            arguments.token_text("code", code),
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

        Give the address that the browser came to, or Django's request (GET, or POST for
        form_post). A state or a nonce that is not expected is refused. `max_age` is in seconds. The
        client's response type says what the answer holds; for an ID token beside the code
        `expected_nonce` is needed. Raises AccessDenied and AuthorizationResponseError too.
        """
        arguments.optional_texts(expected_state=expected_state, expected_nonce=expected_nonce)
        arguments.optional_seconds(max_age=max_age)
        return code_grant(
            self.registration,
            self._endpoints,
            current_url_or_request,
            code_verifier=pkce_code_verifier,
            expected_state=expected_state,
            expected_nonce=expected_nonce,
            max_age=max_age,
            id_token_expected=id_token_expected,
            extra=token_endpoint_parameters,
        )

    def exchange_authorization_code_with_pkce(
        self, *, code: str, redirect_uri: str, code_verifier: str
    ) -> TokenSet:
        """Exchange a code for tokens; the code verifier is required here."""
        pkce.check_code_verifier(code_verifier)
        return self.get_access_token_by_code(
            code, code_verifier=code_verifier, redirect_uri=redirect_uri
        )

    def get_user_info_by_access_token(
        self, access_token: str, *, dpop_key: str | None = None
    ) -> dict[str, Any]:
        """Ask for the claims about the owner of a token, whose TokenSet may have a `dpop_key`."""
        return self._endpoints.userinfo_claims(
            arguments.token_text("access_token", access_token), dpop_key=dpop_key
        )

    def get_new_access_token_by_refresh_token(
        self, refresh_token: str, *, dpop_key: str | None = None
    ) -> TokenSet:
        """Exchange a refresh token for fresh tokens, and verify an ID token among them."""
        refresh_token = arguments.token_text("refresh_token", refresh_token)
        return self._with_claims(self.refresh(refresh_token, dpop_key=dpop_key))

    def get_access_token_by_client_credentials(
        self, scope: str, *, access_key: str, secret_key: str
    ) -> TokenSet:
        """Get a token for a machine with its two keys; an empty scope is left out."""
        for name, value in (("access_key", access_key), ("secret_key", secret_key)):
            arguments.token_text(name, value)
        scope = scope_text(arguments.token_text("scope", scope) if scope != "" else "", "")
        return self._tokens.machine_token(scope, access_key, secret_key)

    def introspect_token(self, token: str) -> dict[str, Any]:
        """Ask for the state of an access or refresh token; `active` is always a boolean."""
        return self.introspections.introspect_either(arguments.token_text("token", token))

    def revoke_token(self, token: str) -> bool:
        """Revoke an access or refresh token; True, or an error if it may still be good."""
        self.revoke(arguments.token_text("token", token))
        return True

    def validate_token(
        self,
        *,
        id_token: str | None = None,
        access_token: str | None = None,
        online: bool = False,
        audience: str | Collection[str] | None = None,
    ) -> dict[str, Any]:
        """Verify one token and return its claims, here or (`online`) by asking GenAuth.

        An access token that is no JWT can be verified online only. GenAuth's interface takes the
        token in the address. `audience` is what an access token's aud has to name, or one of
        several, for a check here; None: the app.
        """
        if (id_token is None) == (access_token is None):
            raise arguments.invalid("id_token", "or access_token is given: one of them, not both")
        name, token = ("id_token", id_token) if id_token else ("access_token", access_token)
        token = arguments.token_text(name, token)
        if audience is not None and (online or id_token is not None):
            raise arguments.invalid("audience", "goes with an access_token that is verified here")
        if online:
            return self._endpoints.validate_online(name, token)
        if id_token is not None:
            return dict(self._verifier.id_token(token, just_issued=False).claims)
        return self._verifier.access_token(token, audience=arguments.audience(audience))

    def build_logout_url(
        self,
        *,
        redirect_uri: str | None = None,
        expert: bool = False,
        id_token: str | None = None,
        state: str | None = None,
    ) -> str:
        """Return the address that signs a person out, without asking anybody.

        It is GenAuth's own page, or (`expert`) the standard's. The standard's needs the ID token,
        and a redirect URI that is registered in the console. An encrypted one is decrypted.
        """
        return logout_url(
            self.registration,
            self.provider,
            redirect_uri=redirect_uri,
            expert=expert,
            id_token=None if id_token is None else self._verifier.hint(id_token),
            state=state,
        )

    def generate_code_challenge(self) -> str:
        """Return a code verifier, which GenAuth's own library calls challenge (RFC 7636 4.1)."""
        return pkce.generate_code_verifier()

    def get_code_challenge_digest(self, *, code_challenge: str, method: str = "S256") -> str:
        """Return the code challenge of a code verifier; `plain` gives a warning (RFC 7636 4.2)."""
        arguments.check_challenge_method("method", method)
        challenge = pkce.challenge_s256(code_challenge)
        return challenge if method == "S256" else code_challenge

    def _redirect_uri(self, given: str | None) -> str:
        return arguments.redirect_uri(given or self.registration.redirect_uri)

    def _with_claims(self, token_set: TokenSet) -> TokenSet:
        if token_set.id_token is None or not self.registration.is_oidc:
            return token_set
        verified = self._verifier.id_token(token_set.id_token, access_token=token_set.access_token)
        return replace(token_set, id_token_payload=verified.claims)
