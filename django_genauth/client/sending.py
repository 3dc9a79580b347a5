"""Send a provider's requests, each in its turn, and tell an observer how each of them went.

An observer learns nothing secret: no address, no token, no person. What is sent is not known here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django_genauth.client.bulkhead import MOST, Bulkhead
from django_genauth.client.registration import ClientRegistration
from django_genauth.protocol.discovery import MUTUAL_TLS_ENDPOINTS
from django_genauth.protocol.errors import GenAuthError
from django_genauth.protocol.messages import HttpRequest, HttpResponse
from django_genauth.tracebacks import methods_without_variables

if TYPE_CHECKING:
    from django_genauth.client.transport import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRequest:
    """Describe a request to the provider that has come to its end."""

    endpoint: str
    """The endpoint's metadata name, such as `token_endpoint`; or `configuration`, `validation`
    (GenAuth's own), `other`."""
    status: int | None
    """The status of the answer; None where there was no whole answer."""
    seconds: float
    """How long it took, without the wait for a turn."""
    waited: float
    """How many seconds it waited for a turn."""
    error: str | None
    """The code of the error where there was no whole answer."""


@methods_without_variables
class RequestSender:
    """Send requests to one provider.

    `send` replaces the network. `observe` is called after each request, and must not raise.
    """

    def __init__(
        self,
        registration: ClientRegistration,
        *,
        send: Callable[[HttpRequest], HttpResponse] | None,
        observe: Callable[[SentRequest], None] | None,
    ) -> None:
        self._registration = registration
        self._replaced = send
        self._shows_certificate = registration.client_certificate is not None
        self._observe = observe
        self.bulkhead = Bulkhead(limit=registration.max_parallel_requests)
        self.last_request: SentRequest | None = None

    def send(self, request: HttpRequest, *, endpoint: str = "other") -> HttpResponse:
        """Send a request and return its answer, of whatever status.

        `endpoint` is the name under which it is observed.
        """
        arrived = time.monotonic()
        began = status = error = None
        try:
            with self.bulkhead.passing():
                began = time.monotonic()
                response = self._exchange(request, endpoint)
            status = response.status
        except GenAuthError as failure:
            error = failure.code
            raise
        finally:
            ended = time.monotonic()
            began = ended if began is None else began
            self.last_request = SentRequest(
                endpoint=endpoint,
                status=status,
                seconds=ended - began,
                waited=began - arrived,
                error=error,
            )
            if self._observe is not None:
                self._observe(self.last_request)
        return response

    def _exchange(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        if self._replaced is not None:
            return self._replaced(request)
        # To the endpoints that identify a client, and to no other host that a document names.
        shows = self._shows_certificate and endpoint in MUTUAL_TLS_ENDPOINTS
        return self._transport.send(request, shows_certificate=shows)

    @cached_property
    def _transport(self) -> Transport:
        # Not above: the HTTP library takes memory and time to load, and a process that asks no
        # provider does without it.
        from django_genauth.client.transport import Transport

        app = self._registration
        return Transport(
            timeout=app.timeout,
            max_response_bytes=app.max_response_bytes,
            ca_bundle=app.ca_bundle,
            client_certificate=app.client_certificate,
            proxies=app.proxies,
            allow_insecure_http=app.allow_insecure_http,
            pool_size=app.max_parallel_requests or MOST,
        )
