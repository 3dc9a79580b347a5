"""The provider of one app: what it publishes, kept between requests, and the way to send to it.

What the app asks of it, endpoint by endpoint, stands in `endpoints`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeVar

from django_genauth.client.decryption import Decryptions
from django_genauth.client.document_cache import DocumentCache, NoSharedCache, SharedCache
from django_genauth.client.documents import ProviderDocuments
from django_genauth.client.provider_state import ProviderState
from django_genauth.client.registration import ClientRegistration
from django_genauth.client.sending import RequestSender, SentRequest
from django_genauth.client.token_verifier import TokenVerifier
from django_genauth.protocol import genauth
from django_genauth.protocol.discovery import ProviderMetadata, discovery_request, parse_metadata
from django_genauth.protocol.errors import (
    AccessTokenError,
    ConfigurationError,
    DiscoveryError,
    IDTokenError,
    KeySetError,
    ProviderError,
    ProviderUnavailable,
)
from django_genauth.protocol.jwks import KeySet, parse_key_set, secret_key
from django_genauth.protocol.jws import Key
from django_genauth.protocol.messages import HttpRequest, HttpResponse
from django_genauth.tracebacks import methods_without_variables

Result = TypeVar("Result")

# What a server answers at an address that it has not, or not any more (RFC 9110 15.5.5, 6, 11).
_GONE: Final = (404, 405, 410)
_NO_CONNECTION: Final = "provider_unavailable.connection"


@methods_without_variables
class Provider:
    """Know one provider's endpoints and keys, and send requests to it.

    Nothing is sent before a method is called. `bulkhead.limit` is how many requests may be under
    way at a time.
    """

    def __init__(
        self,
        registration: ClientRegistration,
        *,
        send: Callable[[HttpRequest], HttpResponse] | None,
        shared_cache: SharedCache | None,
        clock: Callable[[], float],
        observe: Callable[[SentRequest], None] | None = None,
    ) -> None:
        self._registration = registration
        self._clock = clock
        secret = registration.secret or ""
        self._secret_keys = {
            algorithm: secret_key(secret, algorithm) for algorithm in registration.hmac_algorithms
        }
        self._sender = RequestSender(registration, send=send, observe=observe)
        self.bulkhead = self._sender.bulkhead
        self.send = self._sender.send
        shared = shared_cache or NoSharedCache()
        self._configuration = DocumentCache[ProviderMetadata](
            key=self._cache_key("configuration"),
            fetch=lambda: self._fetch_configuration(),
            parse=self.parse_configuration,
            shared=shared,
            clock=clock,
        )
        self._keys = DocumentCache[KeySet](
            key=self._cache_key("keys"),
            fetch=lambda: _body_of(self.ask("jwks_uri", _get), KeySetError),
            parse=parse_key_set,
            shared=shared,
            clock=clock,
        )
        self.documents = ProviderDocuments(
            registration=registration, configuration=self._configuration, keys=self._keys
        )

    def state(self) -> ProviderState:
        """Return the provider's state as this process sees it, without asking anybody."""
        return ProviderState(
            bulkhead=self.bulkhead.state(),
            configuration_age=self._configuration.age(),
            keys_age=self._keys.age(),
            last_request=self._sender.last_request,
        )

    def ask(
        self, name: str, build: Callable[[str], HttpRequest], *, is_sent_again: bool = True
    ) -> HttpResponse:
        """Send a request to an endpoint, by its metadata name, and return its answer.

        Where nothing answers there any more, the configuration is fetched anew, at most once in
        RETRY seconds. If it names another address, the request is sent there; a code that it
        carries was not read before. Without `is_sent_again` the next request goes there.
        """
        url = self.endpoint(name)
        try:
            response = self.send(build(url), endpoint=name)
        except ProviderUnavailable as error:
            if error.code != _NO_CONNECTION or error.was_sent:
                raise
            moved_to = self._moved_endpoint(name, url)
            if moved_to is None or not is_sent_again:
                raise
        else:
            moved_to = self._moved_endpoint(name, url) if response.status in _GONE else None
            if moved_to is None or not is_sent_again:
                return response
        return self.send(build(moved_to), endpoint=name)

    def _moved_endpoint(self, name: str, url: str) -> str | None:
        """Return the new address of an endpoint, or None where the configuration names no other."""
        if not self._registration.discovers or name in self._registration.endpoints:
            return None
        try:
            seen = self._configuration.peek()
            if seen is not None and self._address(seen, name) == url:
                self._configuration.renew(seen, since=self._clock())
            moved_to = self._address(self.metadata(), name)
        except ProviderError:
            # What the endpoint answered is what has to be told.
            return None
        return None if moved_to == url else moved_to

    def configuration_request(self) -> HttpRequest:
        """Build the request for the provider's configuration."""
        app = self._registration
        return discovery_request(app.issuer, address=app.discovery_address)

    def _fetch_configuration(self) -> bytes:
        response = self.send(self.configuration_request(), endpoint="configuration")
        return _body_of(response, DiscoveryError)

    def metadata(self) -> ProviderMetadata:
        """Return the provider's metadata, for which the provider may have to be asked."""
        if self._registration.discovers:
            return self._configuration.get()
        return self.fixed_metadata()

    def known_metadata(self) -> ProviderMetadata:
        """Return the metadata that is in memory, else the fixed one, without asking anybody."""
        return self._configuration.peek() or self.fixed_metadata()

    def fixed_metadata(self) -> ProviderMetadata:
        """Return GenAuth's own paths, and the endpoints set by hand, without asking anybody."""
        app = self._registration
        fixed = genauth.fixed_metadata(app.app_host, protocol=app.protocol, issuer=app.issuer)
        return replace(fixed, **app.endpoints)  # type: ignore[arg-type] # names were checked

    def endpoint(self, name: str) -> str:
        """Return an endpoint by its metadata name. Raises ConfigurationError if there is none."""
        url = self._address(self.metadata(), name)
        if url is None:
            raise ConfigurationError(
                f"The provider announces no {name}. Set it in ENDPOINTS if there is one.",
                reason="endpoint",
            )
        return url

    def _address(self, metadata: ProviderMetadata, name: str) -> str | None:
        address: str | None = getattr(metadata, name)
        if self._registration.client_certificate is None:
            return address
        return metadata.mtls_endpoint_aliases.get(name, address)

    def find_key(self, algorithm: str, kid: str | None) -> Key | bytes:
        """Return the key to verify a signature with; an unknown one is looked up once more."""
        if algorithm in self._secret_keys:
            return self._secret_keys[algorithm]
        key = self._addressed_keys().find(lambda key_set: key_set.find(algorithm, kid))
        if key is None:
            raise IDTokenError(
                "The provider publishes no key that fits the token. Compare"
                " ID_TOKEN_SIGNED_RESPONSE_ALG with the app in the provider's console.",
                reason="key_unknown",
            )
        return key

    def find_access_key(self, algorithm: str, kid: str | None) -> Key:
        """Return the published key of an access token that anybody may have brought.

        A stranger's key id must not pass for the provider's word that a key does not exist: while
        no further look at the keys is allowed, this raises ProviderUnavailable.
        """
        key = self._addressed_keys().find(
            lambda key_set: key_set.find(algorithm, kid), is_told=False
        )
        if key is None:
            raise AccessTokenError(
                "The provider publishes no key that fits the token. Compare"
                " API_TOKEN_SIGNED_RESPONSE_ALG with the API in the provider's console.",
                reason="key_unknown",
            )
        return key

    def _addressed_keys(self) -> DocumentCache[KeySet]:
        """Return the cache of the keys, with their address at hand where they have to be fetched.

        Who waits for the configuration and then for the keys has patience for each of them.
        """
        if not self._keys.is_at_hand():
            self.metadata()
        return self._keys

    def renew_keys(self) -> None:
        """Fetch the published keys, at most once in RETRY seconds, where ID tokens need one."""
        if self._registration.algorithm not in self._secret_keys:
            self._keys.latest()

    def with_renewed_keys(self, verify: Callable[[], Result]) -> Result:
        """Return what `verify` returns; after a wrong signature it is called once more.

        Before that the keys are fetched anew, at most once in RETRY seconds: Casdoor replaces a key
        and keeps its kid, and others have none. Raises what `verify` and the fetch raise.
        """
        seen, began = self._keys.peek(), self._clock()
        try:
            return verify()
        except ProviderError as error:
            if not error.code.endswith(".signature") or not self._keys.renew(seen, since=began):
                raise
        return verify()

    def token_verifier(self, decryptions: Decryptions) -> TokenVerifier:
        """Return a verifier of this provider's tokens for the app."""
        app = self._registration
        return TokenVerifier(
            issuer=app.issuer,
            client_id=app.app_id,
            algorithm=app.algorithm,
            find_key=self.find_key,
            find_access_key=self.find_access_key,
            with_renewed_keys=self.with_renewed_keys,
            clock=self._clock,
            leeway=app.leeway,
            userinfo_algorithm=app.userinfo_algorithm,
            introspection_algorithm=app.introspection_signed_response_alg,
            trusted_audiences=tuple(app.trusted_audiences),
            profile=app.profile,
            decryptions=decryptions,
        )

    def _cache_key(self, document: str) -> str:
        # Digested, as some caches take no long keys; with the rules under which it was checked.
        app = self._registration
        by_hand = (app.endpoints.get("jwks_uri", ""), app.discovery_address or "")
        text = "\n".join((document, app.issuer, *by_hand))
        return f"genauth:{document}:{hashlib.sha256(text.encode()).hexdigest()}"

    def parse_configuration(self, text: bytes) -> ProviderMetadata:
        """Parse a configuration by this app's settings. Raises DiscoveryError."""
        app = self._registration
        required = ["authorization_endpoint", "token_endpoint"]
        if self.documents.keys_are_needed:
            required.append("jwks_uri")
        # FAPI 2.0, 5.3.2.3: over OAuth alone a provider of the profile may name nobody.
        if app.userinfo or not (app.is_oidc or app.profile):
            required.append("userinfo_endpoint")
        return parse_metadata(
            text,
            issuer=app.issuer,
            overrides=app.endpoints,
            required=tuple(required),
            insecure_hosts=app.insecure_hosts,
        )


def _body_of(response: HttpResponse, error: type[ProviderError]) -> bytes:
    genauth.check_status(response)
    if response.status != 200:
        raise error(
            f"The provider answered with status {response.status} where 200 is due."
            " Compare APP_HOST and ISSUER with the app in the provider's console.",
            reason=f"status_{response.status}",
        )
    return response.body


def _get(url: str) -> HttpRequest:
    return HttpRequest(method="GET", url=url, headers={"Accept": "application/json"})
