"""What a provider publishes of itself: its configuration and its keys, fetched and kept.

No HTTP is known here: `send` is an argument. What is asked of the provider otherwise stands in
`endpoints`.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from django_genauth.client.bulkhead import Bulkhead
from django_genauth.client.document_cache import DocumentCache, NoSharedCache, SharedCache
from django_genauth.client.registration import Registration
from django_genauth.client.transport import Transport
from django_genauth.protocol import genauth
from django_genauth.protocol.discovery import (
    LOOPBACK,
    ProviderMetadata,
    discovery_request,
    parse_metadata,
)
from django_genauth.protocol.errors import (
    ConfigurationError,
    DiscoveryError,
    IDTokenError,
    KeySetError,
    ProviderError,
)
from django_genauth.protocol.jwks import KeySet, parse_key_set, secret_key
from django_genauth.protocol.jws import Key
from django_genauth.protocol.messages import HttpRequest, HttpResponse
from django_genauth.tracebacks import methods_without_variables


@methods_without_variables
@dataclass(kw_only=True, eq=False, repr=False)
class Published(Registration):
    """Know the provider's endpoints and keys.

    `send` replaces the network, `shared_cache` lets processes share the provider's documents,
    `clock` tells the seconds since the epoch. Nothing is sent before a method is called. How many
    threads may wait for the provider at a time is `gate.limit`.
    """

    send: Callable[[HttpRequest], HttpResponse] | None = None
    shared_cache: SharedCache | None = None
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        """Check the settings, and prepare what is kept between requests."""
        super().__post_init__()
        hmac = self.is_oidc and self.algorithm.startswith("HS")
        self._secret_key = secret_key(self.secret or "", self.algorithm) if hmac else None
        # Whoever waits for the provider has a turn at this gate.
        self.bulkhead = Bulkhead()
        self._network = (
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

    def find_key(self, algorithm: str, kid: str | None) -> Key | bytes:
        """Return the key to verify a signature with; an unknown one is looked up once more."""
        if algorithm.startswith("HS") and self._secret_key is not None:
            return self._secret_key
        key = self._keys.find(lambda key_set: key_set.find(algorithm, kid))
        if key is None:
            raise IDTokenError(
                "The provider publishes no key that fits the token. Compare"
                " ID_TOKEN_SIGNED_RESPONSE_ALG with the app in the provider's console.",
                reason="key_unknown",
            )
        return key

    def answer_to(self, request: HttpRequest) -> HttpResponse:
        """Send any request to the provider, and return its answer unread."""
        return self._send(request)

    def _send(self, request: HttpRequest) -> HttpResponse:
        with self.bulkhead.passing():
            return self._network(request)

    def _fetch(self, request: HttpRequest, error: type[ProviderError]) -> bytes:
        response = self._send(request)
        genauth.check_status(response)
        if response.status != 200:
            raise error(
                f"The provider answered with status {response.status} where 200 is due."
                " Compare APP_HOST and ISSUER with the app in the provider's console.",
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
            insecure_hosts=self.insecure_hosts,
        )

    @property
    def insecure_hosts(self) -> set[str]:
        """Return the hosts whose endpoints may be http: this machine, and those set with http."""
        if not self.allow_insecure_http:
            return set()
        named = [urlsplit(url) for url in (self.app_host, self.issuer)]
        return {*LOOPBACK, *(url.hostname or "" for url in named if url.scheme == "http")}


def _get(url: str) -> HttpRequest:
    return HttpRequest(method="GET", url=url, headers={"Accept": "application/json"})
