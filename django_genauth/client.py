"""One app at one provider: build a request, send it, read the answer, for each endpoint.

Usable without Django's settings. Nothing is decided here about people, sessions or pages, and no
HTTP is known: `send` is an argument.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from django_genauth.document_cache import DocumentCache, NoSharedCache, SharedCache
from django_genauth.protocol import genauth, pkce
from django_genauth.protocol.authorization import AuthorizationRequest, AuthorizationResponse, parse
from django_genauth.protocol.client_auth import METHODS, ClientCredentials
from django_genauth.protocol.discovery import (
    ENDPOINTS,
    ProviderMetadata,
    discovery_request,
    is_safe_url,
    parse_metadata,
)
from django_genauth.protocol.errors import (
    ConfigurationError,
    DiscoveryError,
    IDTokenError,
    KeySetError,
    ProviderError,
)
from django_genauth.protocol.id_token import Expected, IdToken, verify
from django_genauth.protocol.jwks import KeySet, parse_key_set, secret_key
from django_genauth.protocol.jws import ALGORITHMS, Key
from django_genauth.protocol.logout import end_session_url
from django_genauth.protocol.messages import HttpRequest, HttpResponse
from django_genauth.protocol.tokens import TokenSet, code_request, parse_token_set
from django_genauth.protocol.userinfo import merged, parse_userinfo, userinfo_request
from django_genauth.transport import Transport

PROTOCOLS: Final = ("oidc",)
# The column of an identity's issuer has room for as many.
_LONGEST_ISSUER: Final = 255


class AuthenticationClient:
    """Speak to a provider for one app.

    The arguments are the keys of the GENAUTH setting in lower case (`secret` is APP_SECRET), with
    the same defaults and units. `send` replaces the network, `shared_cache` lets processes share
    the provider's documents, `clock` tells the seconds since the epoch. Raises ConfigurationError
    for values that cannot work; nothing is sent before a method is called.
    """

    def __init__(
        self,
        *,
        app_id: str,
        app_host: str,
        secret: str | None = None,
        protocol: str = "oidc",
        scope: str | Iterable[str] | None = None,
        issuer: str | None = None,
        discovery: bool | None = None,
        endpoints: Mapping[str, str] | None = None,
        redirect_uri: str | None = None,
        post_logout_redirect_uri: str | None = None,
        id_token_signed_response_alg: str | None = None,
        token_endpoint_auth_method: str | None = None,
        userinfo: bool = False,
        authorize_params: Mapping[str, str | int | list[str]] | None = None,
        timeout: float = 10,
        max_response_bytes: int = 1_048_576,
        leeway: float = 30,
        ca_bundle: str | None = None,
        proxies: Mapping[str, str] | None = None,
        allow_insecure_http: bool = False,
        send: Callable[[HttpRequest], HttpResponse] | None = None,
        shared_cache: SharedCache | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if protocol not in PROTOCOLS:
            raise _wrong("PROTOCOL", f"is one of {', '.join(PROTOCOLS)}")
        self.app_id = app_id
        self.app_host = app_host.removesuffix("/")
        self.issuer = issuer or genauth.default_issuer(self.app_host)
        self.protocol = protocol
        self.scope = _scope(scope, genauth.DEFAULT_SCOPE[protocol])
        self.redirect_uri = redirect_uri
        self.post_logout_redirect_uri = post_logout_redirect_uri
        self.algorithm = id_token_signed_response_alg or ("HS256" if secret else "RS256")
        self.asks_userinfo = userinfo
        self.leeway = leeway
        self._authorize_params = dict(authorize_params or {})
        self._discovery = protocol == "oidc" if discovery is None else discovery
        self._endpoints = dict(endpoints or {})
        self._allow_insecure_http = allow_insecure_http
        self._clock = clock
        method = token_endpoint_auth_method or ("client_secret_post" if secret else "none")
        self._credentials = ClientCredentials(client_id=app_id, client_secret=secret, method=method)
        self._check()
        self._secret_key = (
            secret_key(secret or "", self.algorithm) if self.algorithm.startswith("HS") else None
        )
        self._send = (
            send
            or Transport(
                timeout=timeout,
                max_response_bytes=max_response_bytes,
                ca_bundle=ca_bundle,
                proxies=proxies or {},
                allow_insecure_http=allow_insecure_http,
            ).send
        )
        shared = shared_cache or NoSharedCache()
        self._metadata = DocumentCache[ProviderMetadata](
            key=self._cache_key("configuration"),
            fetch=lambda: self._fetch(discovery_request(self.issuer), DiscoveryError),
            parse=self._parse_metadata,
            shared=shared,
            clock=clock,
        )
        self._keys = DocumentCache[KeySet](
            key=self._cache_key("keys"),
            fetch=self._fetch_keys,
            parse=parse_key_set,
            shared=shared,
            clock=clock,
        )

    def metadata(self) -> ProviderMetadata:
        """Return what is known of the provider. Raises ProviderError where it had to be asked."""
        if self._discovery:
            return self._metadata.get()
        return replace(
            genauth.fixed_metadata(self.app_host, protocol=self.protocol, issuer=self.issuer),
            **self._endpoints,  # type: ignore[arg-type] # the names were checked
        )

    def authorization_request(
        self, *, redirect_uri: str, state: str, nonce: str, code_verifier: str
    ) -> AuthorizationRequest:
        """Describe a login, with an S256 code challenge always (RFC 9700 2.1.1)."""
        return AuthorizationRequest(
            authorization_endpoint=self.metadata().authorization_endpoint,
            client_id=self.app_id,
            redirect_uri=redirect_uri,
            scope=self.scope,
            state=state,
            nonce=nonce,
            code_challenge=pkce.challenge_s256(code_verifier),
            code_challenge_method="S256",
            extra=self._authorize_params,
        )

    def authorization_response(
        self, parameters: Mapping[str, str], *, expected_state: str
    ) -> AuthorizationResponse:
        """Check what the browser brought. Raises AccessDenied or AuthorizationResponseError."""
        return parse(
            parameters,
            expected_state=expected_state,
            issuer=self.issuer,
            iss_required=self.metadata().authorization_response_iss_parameter_supported,
        )

    def exchange_code(
        self, response: AuthorizationResponse, *, redirect_uri: str, code_verifier: str
    ) -> TokenSet:
        """Exchange the code for tokens. Raises ProviderError."""
        request = code_request(
            self.metadata().token_endpoint,
            self._credentials,
            response,
            redirect_uri=redirect_uri,
            code_verifier=code_verifier,
        )
        return parse_token_set(
            self._send(request),
            now=self._clock(),
            id_token_required=True,
        )

    def verify_id_token(self, token_set: TokenSet, *, nonce: str) -> IdToken:
        """Verify the ID token of a token set. Raises IDTokenError, ProviderError for its keys."""
        return verify(
            token_set.id_token or "",
            find_key=self._find_key,
            expected=Expected(
                issuer=self.issuer,
                client_id=self.app_id,
                algorithm=self.algorithm,
                nonce=nonce,
                access_token=token_set.access_token,
                leeway=self.leeway,
            ),
            now=self._clock(),
        )

    def with_userinfo(self, id_token: IdToken, access_token: str) -> IdToken:
        """Return the ID token with the claims of its person's userinfo. Raises ProviderError."""
        response = self._send(
            userinfo_request(_there(self.metadata().userinfo_endpoint), access_token)
        )
        claims = parse_userinfo(
            response,
            issuer=self.issuer,
            client_id=self.app_id,
            algorithm=self.algorithm,
            find_key=self._find_key,
        )
        return merged(id_token, claims)

    def end_session_url(
        self, *, id_token_hint: str | None, post_logout_redirect_uri: str
    ) -> str | None:
        """Return the address that ends the session at the provider, or None if there is none."""
        endpoint = self.metadata().end_session_endpoint
        return endpoint and end_session_url(
            endpoint,
            client_id=self.app_id,
            id_token_hint=id_token_hint,
            post_logout_redirect_uri=post_logout_redirect_uri,
        )

    def _check(self) -> None:
        secret, method = self._credentials.client_secret, self._credentials.method
        if not self.app_id:
            raise _wrong("APP_ID", "is the app's id, from GenAuth's console")
        for name, url in {
            "APP_HOST": self.app_host,
            "ISSUER": self.issuer,
            **{f"ENDPOINTS[{name!r}]": url for name, url in self._endpoints.items()},
        }.items():
            if not is_safe_url(url, allow_insecure_http=self._allow_insecure_http):
                raise _wrong(name, "is a https address such as https://acme.genauth.ai")
        unknown = self._endpoints.keys() - set(ENDPOINTS)
        if unknown:
            raise _wrong("ENDPOINTS", f"has names among {', '.join(ENDPOINTS)}")
        if len(self.issuer) > _LONGEST_ISSUER:
            raise _wrong("ISSUER", f"has at most {_LONGEST_ISSUER} characters")
        for name, own in {
            "REDIRECT_URI": self.redirect_uri,
            "POST_LOGOUT_REDIRECT_URI": self.post_logout_redirect_uri,
        }.items():
            if own is not None and not is_safe_url(own, allow_insecure_http=True):
                raise _wrong(name, "is an address of this site, with https:// and its host")
        if "openid" not in self.scope.split():
            raise _wrong("SCOPE", "names openid, without which there is no ID token")
        if self.algorithm not in ALGORITHMS:
            raise _wrong("ID_TOKEN_SIGNED_RESPONSE_ALG", f"is one of {', '.join(ALGORITHMS)}")
        if self.algorithm.startswith("HS") and not secret:
            raise _wrong(
                "ID_TOKEN_SIGNED_RESPONSE_ALG", f"cannot be {self.algorithm} without APP_SECRET"
            )
        if method not in METHODS:
            raise _wrong("TOKEN_ENDPOINT_AUTH_METHOD", f"is one of {', '.join(METHODS)}")
        if method != "none" and not secret:
            raise _wrong("TOKEN_ENDPOINT_AUTH_METHOD", f"cannot be {method} without APP_SECRET")

    def _cache_key(self, document: str) -> str:
        # Digested, as some caches take no long keys; with the rules under which it was checked.
        text = f"{document}\n{self.issuer}\n{self._endpoints.get('jwks_uri', '')}"
        return f"genauth:{document}:{hashlib.sha256(text.encode()).hexdigest()}"

    def _parse_metadata(self, text: bytes) -> ProviderMetadata:
        required = ["authorization_endpoint", "token_endpoint"]
        if self._secret_key is None:
            required.append("jwks_uri")
        if self.asks_userinfo:
            required.append("userinfo_endpoint")
        return parse_metadata(
            text,
            issuer=self.issuer,
            overrides=self._endpoints,
            required=tuple(required),
            allow_insecure_http=self._allow_insecure_http,
        )

    def _fetch_keys(self) -> bytes:
        url = _there(self.metadata().jwks_uri)
        request = HttpRequest(method="GET", url=url, headers={"Accept": "application/json"})
        return self._fetch(request, KeySetError)

    def _fetch(self, request: HttpRequest, error: type[ProviderError]) -> bytes:
        response = self._send(request)
        genauth.check_status(response)
        if response.status != 200:
            raise error(
                f"The provider answered with status {response.status} where 200 is due.",
                reason=f"status_{response.status}",
            )
        return response.body

    def _find_key(self, algorithm: str, kid: str | None) -> Key:
        if self._secret_key is not None:
            return self._secret_key
        key = self._keys.find(lambda key_set: key_set.find(algorithm, kid))
        if key is None:
            raise IDTokenError(
                "The provider publishes no key that fits the token.", reason="key_unknown"
            )
        return key


def _there(endpoint: str | None) -> str:
    if endpoint is None:
        # Discovery demands it where the settings need it; GenAuth's fixed paths have them all.
        raise ConfigurationError(
            "The provider has no such endpoint. Set it in ENDPOINTS.", reason="endpoint"
        )
    return endpoint


def _scope(scope: str | Iterable[str] | None, default: str) -> str:
    if scope is None:
        return default
    return scope if isinstance(scope, str) else " ".join(scope)


def _wrong(key: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"{key} {what}.", reason=key.partition("[")[0].lower())
