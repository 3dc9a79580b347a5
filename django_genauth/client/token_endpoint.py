"""The token endpoint, asked for one app: by a code, a refresh token, a token, or for a machine.

With DPOP each request proves a key, to which its tokens are bound (RFC 9449 5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from django_genauth.client.authentication import ClientAuthentication
from django_genauth.client.machine_tokens import MachineTokens
from django_genauth.client.proofs import ask_with_proof
from django_genauth.client.provider import Provider
from django_genauth.client.registration import ClientRegistration
from django_genauth.client.request_authorization import RequestAuthorization
from django_genauth.protocol.client_auth import ClientCredentials
from django_genauth.protocol.dpop import DpopKey
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.protocol.messages import HttpRequest
from django_genauth.protocol.token_exchange import (
    exchange_request,
    on_behalf_of_request,
    parse_exchanged,
)
from django_genauth.protocol.tokens import (
    TokenSet,
    client_credentials_request,
    code_request,
    parse_token_set,
    refresh_request,
)
from django_genauth.tracebacks import methods_without_variables


@methods_without_variables
class TokenEndpoint:
    """Ask a provider for tokens on behalf of one app.

    Every method raises ProviderError where the provider's answer cannot be accepted.
    """

    def __init__(
        self,
        registration: ClientRegistration,
        authentication: ClientAuthentication,
        provider: Provider,
        clock: Callable[[], float],
    ) -> None:
        self._registration = registration
        self._credentials = authentication.credentials
        self._provider = provider
        self._clock = clock
        self._machine_tokens = MachineTokens(clock)

    def exchange_code(
        self,
        code: str,
        *,
        redirect_uri: str,
        code_verifier: str | None,
        extra: Mapping[str, str] | None = None,
        dpop_key: str | None = None,
    ) -> TokenSet:
        """Exchange an authorization code for tokens.

        `dpop_key` is the key that the authorization request named; None: with DPOP a new one.
        """
        return self._tokens(
            lambda url: code_request(
                url,
                self._credentials("token"),
                code,
                redirect_uri=redirect_uri,
                code_verifier=code_verifier,
                extra=extra,
            ),
            dpop_key=dpop_key,
            id_token_required=self._registration.is_oidc,
        )

    def refresh(self, refresh_token: str, *, dpop_key: str | None = None) -> TokenSet:
        """Exchange a refresh token for fresh tokens.

        `dpop_key` is the key of the grant; None: with DPOP a new one.
        """
        return self._tokens(
            lambda url: refresh_request(url, self._credentials("token"), refresh_token),
            dpop_key=dpop_key,
            # Who refreshes a grant has it for the time of one request.
            is_sent_again=False,
        )

    def exchange_token(
        self, token: str, *, on_behalf_of: bool, resource: str, scope: str | None
    ) -> TokenSet:
        """Exchange somebody's access token for one with which this app calls another API."""
        build = on_behalf_of_request if on_behalf_of else exchange_request
        response = self._provider.ask(
            "token_endpoint",
            lambda url: build(
                url, self._credentials("token"), token, resource=resource, scope=scope
            ),
        )
        return parse_exchanged(response, now=self._clock())

    def client_credentials(
        self, scope: str, *, access_key: str | None = None, secret_key: str | None = None
    ) -> TokenSet:
        """Return a token for a machine, kept until shortly before it ends.

        The app authenticates with its own id and secret, or with the two keys of the machine. All
        threads of this process share one request.
        """
        key = (scope, access_key or "", secret_key or "")
        return self._machine_tokens.get(key, lambda: self.machine_token(*key))

    def client_credentials_auth(
        self, scope: str, *, access_key: str | None = None, secret_key: str | None = None
    ) -> RequestAuthorization:
        """Return an `auth` for the requests library, which adds such a token to each request."""
        key = (scope, access_key or "", secret_key or "")

        def renew(token_set: TokenSet) -> TokenSet:
            self._machine_tokens.drop(key, token_set)
            return self._machine_tokens.get(key, lambda: self.machine_token(*key))

        return RequestAuthorization(
            lambda: self._machine_tokens.get(key, lambda: self.machine_token(*key)),
            renew,
            clock=self._clock,
        )

    def machine_token(self, scope: str, access_key: str, secret_key: str) -> TokenSet:
        """Ask for a token for a machine; with empty keys the machine is the app itself."""
        machine = self._credentials("token")
        if access_key and self._registration.profile is not None:
            # FAPI 2.0, 5.3.3.1 (2)
            raise ConfigurationError(
                "PROFILE refuses an access key with its secret key; leave both out.",
                reason="profile",
            )
        if access_key:
            machine = ClientCredentials(
                client_id=access_key, client_secret=secret_key, method="client_secret_post"
            )
        if machine.method == "none":
            # RFC 6749 4.4: for confidential clients alone.
            raise ConfigurationError(
                "Client credentials need APP_SECRET, a key of the app's own, or an access key and"
                " its secret key.",
                reason="secret",
            )
        return self._tokens(lambda url: client_credentials_request(url, machine, scope))

    def _tokens(
        self,
        build: Callable[[str], HttpRequest],
        *,
        dpop_key: str | None = None,
        id_token_required: bool = False,
        is_sent_again: bool = True,
    ) -> TokenSet:
        """Send a token request, with a proof where its tokens are to be bound to a key."""
        ask = partial(self._provider.ask, "token_endpoint", is_sent_again=is_sent_again)
        key = None
        if dpop_key is None and not self._registration.dpop:
            response = ask(build)
        else:
            key = DpopKey.generate() if dpop_key is None else DpopKey.load(dpop_key)
            response = ask_with_proof(ask, build, key, clock=self._clock)
        return parse_token_set(
            response,
            now=self._clock(),
            id_token_required=id_token_required,
            dpop_key=None if key is None else key.text,
        )
