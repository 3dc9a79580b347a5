"""The documents that a provider publishes for an app, as an operator handles them.

Logins read each of them by itself, in `provider`; how one is kept stands in `document_cache`.
"""

from __future__ import annotations

from dataclasses import dataclass

from django_genauth.client.document_cache import DocumentCache
from django_genauth.client.registration import ClientRegistration
from django_genauth.protocol.discovery import ProviderMetadata
from django_genauth.protocol.errors import KeySetError
from django_genauth.protocol.jwks import KeySet
from django_genauth.tracebacks import methods_without_variables


@methods_without_variables
@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDocuments:
    """Hold the configuration and the keys of one app's provider.

    Each method raises the error of a document that cannot be fetched or accepted.
    """

    registration: ClientRegistration
    configuration: DocumentCache[ProviderMetadata]
    keys: DocumentCache[KeySet]

    @property
    def keys_are_needed(self) -> bool:
        """Tell whether ID tokens, or signed responses, are verified with a published key."""
        app = self.registration
        verifies = app.is_oidc or app.responses_are_signed
        return verifies and app.algorithm not in app.hmac_algorithms

    def load(self) -> None:
        """Fetch what a login needs, unless it is in memory."""
        if self.registration.discovers:
            self.configuration.get()
        if self.keys_are_needed:
            self.keys.get()

    def fetch(self) -> bool:
        """Ask the provider now for its configuration, or else for its keys, and keep the answer.

        Return whether it publishes any of them that this app needs; if not, nothing is sent.
        """
        if self.registration.discovers:
            self.configuration.fetch()
        elif self.keys_are_needed:
            self.keys.fetch()
        return self.registration.discovers or self.keys_are_needed

    def require_keys(self) -> bool:
        """Have a key in memory that verifies ID tokens, and tell whether one is needed.

        Raises KeySetError where no key fits the pinned algorithm.
        """
        if not self.keys_are_needed:
            return False
        if not self.keys.get().has_key_for(self.registration.algorithm):
            raise KeySetError(
                "The provider publishes no key for ID_TOKEN_SIGNED_RESPONSE_ALG.", reason="no_key"
            )
        return True

    def drop(self) -> None:
        """Drop both in every process that has this shared cache."""
        self.configuration.drop()
        self.keys.drop()
