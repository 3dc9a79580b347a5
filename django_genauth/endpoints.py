"""The endpoints of one app's provider: build a request, send it, read the answer, for each.

Also the provider's configuration and keys, which are cached. No HTTP is known here: `send` is an
argument. The names are the specifications'; those of GenAuth's own library stand in `client`.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django_genauth.document_cache import DocumentCache, NoSharedCache, SharedCache
from django_genauth.protocol import genauth
from django_genauth.protocol.authorization import AuthorizationResponse, parse
from django_genauth.protocol.client_auth import ClientCredentials
from django_genauth.protocol.discovery import ProviderMetadata, discovery_request, parse_metadata
from django_genauth.protocol.errors import (
    ConfigurationError,
    DiscoveryError,
    IDTokenError,
    KeySetError,
    ProviderError,
)
from django_genauth.protocol.id_token import Expected, IdToken, verify
from django_genauth.protocol.introspection import introspection_request, parse_introspection
from django_genauth.protocol.jwks import KeySet, parse_key_set, secret_key
from django_genauth.protocol.jws import Key
from django_genauth.protocol.messages import HttpRequest, HttpResponse
from django_genauth.protocol.revocation import check_revocation, revocation_request
from django_genauth.protocol.tokens import (
    TokenSet,
    client_credentials_request,
    code_request,
    parse_token_set,
    refresh_request,
)
from django_genauth.protocol.userinfo import parse_userinfo, userinfo_request
from django_genauth.registration import Registration
from django_genauth.transport import Transport


@dataclass(kw_only=True, eq=False, repr=False)
class Endpoints(Registration):
    """Ask a provider on behalf of one app.

    `send` replaces the network, `shared_cache` lets processes share the provider's documents,
    `clock` tells the seconds since the epoch. Nothing is sent before a method is called. Every
    method raises ProviderError where the provider's answer cannot be taken.
    """

    send: Callable[[HttpRequest], HttpResponse] | None = None
    shared_cache: SharedCache | None = None
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        """Check the settings, and prepare what is kept between requests."""
        super().__post_init__()
        hmac = self.is_oidc and self.algorithm.startswith("HS")
        self._secret_key = secret_key(self.secret or "", self.algorithm) if hmac else None
        self._send = (
            self.send
            or Transport(
                timeout=self.timeout,
                max_response_bytes=self.max_response_bytes,
                ca_bundle=self.ca_bundle,
                proxies=self.proxies,
                allow_insecure_http=self.allow_insecure_http,
            ).send
        )
        shared = self.shared_cache or NoSharedCache()
        self._configuration = DocumentCache[ProviderMetadata](
            key=self._cache_key("configuration"),
            fetch=lambda: self._fetch(discovery_request(self.issuer), DiscoveryError),
            parse=self._parse_configuration,
            shared=shared,
            clock=self.clock,
        )
        self._keys = DocumentCache[KeySet](
            key=self._cache_key("keys"),
            fetch=lambda: self._fetch(_get(self.endpoint("jwks_uri")), KeySetError),
            parse=parse_key_set,
            shared=shared,
            clock=self.clock,
        )

    def metadata(self) -> ProviderMetadata:
        """Return what is known of the provider, which may have to be asked."""
        return self._configuration.get() if self.discovers else self.fixed_metadata()

    def fixed_metadata(self) -> ProviderMetadata:
        """Return GenAuth's own paths, and the endpoints set by hand, without asking anybody."""
        fixed = genauth.fixed_metadata(self.app_host, protocol=self.protocol, issuer=self.issuer)
        return replace(fixed, **self.endpoints)  # type: ignore[arg-type] # names were checked

    def endpoint(self, name: str) -> str:
        """Return an endpoint by its metadata name. Raises ConfigurationError if there is none."""
        url: str | None = getattr(self.metadata(), name)
        if url is None:
            raise ConfigurationError(
                f"The provider announces no {name}. Set it in ENDPOINTS if there is one.",
                reason="endpoint",
            )
        return url

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

    def refresh(self, refresh_token: str) -> TokenSet:
        """Exchange a refresh token for fresh tokens."""
        credentials = self.credentials("token")
        return self._token_set(
            refresh_request(self.endpoint("token_endpoint"), credentials, refresh_token)
        )

    def client_credentials(self, scope: str, *, access_key: str, secret_key: str) -> TokenSet:
        """Get a token for a machine, which shows its own key instead of the app's."""
        credentials = ClientCredentials(
            client_id=access_key, client_secret=secret_key, method="client_secret_post"
        )
        endpoint = self.endpoint("token_endpoint")
        return self._token_set(client_credentials_request(endpoint, credentials, scope))

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

    def userinfo_claims(self, access_token: str) -> dict[str, Any]:
        """Ask for the claims of the person whom an access token belongs to."""
        return parse_userinfo(
            self._send(userinfo_request(self.endpoint("userinfo_endpoint"), access_token)),
            issuer=self.issuer,
            client_id=self.app_id,
            algorithm=self.algorithm,
            find_key=self.find_key,
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

    def find_key(self, algorithm: str, kid: str | None) -> Key | bytes:
        """Return the key to verify a signature with; an unknown one is looked up once more."""
        if algorithm.startswith("HS") and self._secret_key is not None:
            return self._secret_key
        key = self._keys.find(lambda key_set: key_set.find(algorithm, kid))
        if key is None:
            raise IDTokenError(
                "The provider publishes no key that fits the token.", reason="key_unknown"
            )
        return key

    def _token_set(self, request: HttpRequest, *, id_token_required: bool = False) -> TokenSet:
        return parse_token_set(
            self._send(request), now=self.clock(), id_token_required=id_token_required
        )

    def _fetch(self, request: HttpRequest, error: type[ProviderError]) -> bytes:
        response = self._send(request)
        genauth.check_status(response)
        if response.status != 200:
            raise error(
                f"The provider answered with status {response.status} where 200 is due.",
                reason=f"status_{response.status}",
            )
        return response.body

    def _cache_key(self, document: str) -> str:
        # Digested, as some caches take no long keys; with the rules under which it was checked.
        text = f"{document}\n{self.issuer}\n{self.endpoints.get('jwks_uri', '')}"
        return f"genauth:{document}:{hashlib.sha256(text.encode()).hexdigest()}"

    def _parse_configuration(self, text: bytes) -> ProviderMetadata:
        required = ["authorization_endpoint", "token_endpoint"]
        if self.is_oidc and self._secret_key is None:
            required.append("jwks_uri")
        if self.userinfo or not self.is_oidc:
            required.append("userinfo_endpoint")
        return parse_metadata(
            text,
            issuer=self.issuer,
            overrides=self.endpoints,
            required=tuple(required),
            allow_insecure_http=self.allow_insecure_http,
        )


def _get(url: str) -> HttpRequest:
    return HttpRequest(method="GET", url=url, headers={"Accept": "application/json"})
