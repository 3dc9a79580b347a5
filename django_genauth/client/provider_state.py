"""The state of a provider for operators: what this process knows of it without asking."""

from __future__ import annotations

from dataclasses import dataclass

from django_genauth.client.bulkhead import BulkheadState
from django_genauth.client.sending import SentRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderState:
    """Describe a provider as this process sees it at a moment."""

    bulkhead: BulkheadState
    configuration_age: float | None
    """How many seconds ago the configuration was fetched; None where it is not in memory."""
    keys_age: float | None
    """How many seconds ago the published keys were fetched; None where they are not in memory."""
    last_request: SentRequest | None
    """The request of this process that came to its end last."""
