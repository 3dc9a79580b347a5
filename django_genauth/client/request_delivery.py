"""The way of an authorization request to the provider: plain, signed, or pushed beforehand.

What stands in a request is decided by those who build it.
"""

from __future__ import annotations

from typing import Any, Final

from django_genauth.client.authentication import ClientAuthentication
from django_genauth.client.authorize_request import authorize_request
from django_genauth.client.provider import Provider
from django_genauth.client.registration import ClientRegistration
from django_genauth.protocol.authorization import AuthorizationRequest
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.protocol.messages import HttpRequest
from django_genauth.protocol.pushed_authorization import parse_pushed, pushed_request
from django_genauth.protocol.request_object import request_object, signed_parameters
from django_genauth.tracebacks import methods_without_variables

_ENDPOINT: Final = "pushed_authorization_request_endpoint"


@methods_without_variables
class RequestDelivery:
    """Turn an authorization request into the address that the browser is sent to."""

    def __init__(
        self,
        registration: ClientRegistration,
        authentication: ClientAuthentication,
        provider: Provider,
    ) -> None:
        self._registration = registration
        self._authentication = authentication
        self._provider = provider

    def pushes(self) -> bool:
        """Tell whether requests are pushed: by PUSHED_AUTHORIZATION, or as the provider demands.

        The provider may have to be asked for its configuration. Raises ProviderError then.
        """
        wanted = self._registration.pushed_authorization
        if wanted is None:
            return self._provider.metadata().require_pushed_authorization_requests
        return wanted

    def url(self, request: AuthorizationRequest) -> str:
        """Return the address of a login, for which the provider is asked where it is pushed."""
        return self.pushed_url(request) if self.pushes() else self.direct_url(request)

    def direct_url(self, request: AuthorizationRequest) -> str:
        """Return the address with all parameters in it, signed if the settings say so.

        Raises ConfigurationError with PROFILE, whose requests are all pushed.
        """
        if self._registration.profile is not None:
            raise ConfigurationError(
                "PROFILE demands that requests are pushed: call build_authorize_url_with_par.",
                reason="profile",
            )
        if self._registration.request_object_signing_alg is None:
            return request.url()
        return request.url(signed_parameters(request, self._signed(request)))

    def build_authorize_url_with_par(self, **parameters: Any) -> str:
        """Push a request to the provider, and return the address that names it (RFC 9126).

        The arguments are those of `build_authorize_url`. Each address is good for one login.
        Raises what that raises, and ProviderError where the provider refuses the request.
        """
        self._provider.metadata()
        request = authorize_request(self._registration, self._provider, **parameters)
        return self.pushed_url(request)

    def pushed_url(self, request: AuthorizationRequest) -> str:
        """Push a request, and return the address that names it; each is good for one login.

        Raises ProviderError where the provider refuses it, and ConfigurationError where it has no
        such endpoint.
        """
        response = self._provider.ask(_ENDPOINT, lambda url: self._push(url, request))
        metadata = self._provider.metadata()
        endpoints = (metadata.authorization_endpoint, self._provider.endpoint(_ENDPOINT))
        request_uri = parse_pushed(response, origins=(metadata.issuer, *endpoints))
        return request.url([("client_id", request.client_id), ("request_uri", request_uri)])

    def _push(self, endpoint: str, request: AuthorizationRequest) -> HttpRequest:
        # Signed anew for every try, as the provider may take each once.
        if self._registration.request_object_signing_alg is None:
            parameters = request.parameters()
        else:
            # RFC 9126 3: all parameters stand inside.
            parameters = [("client_id", request.client_id), ("request", self._signed(request))]
        # RFC 9126 2: authenticated as at the token endpoint.
        return pushed_request(endpoint, self._authentication.credentials("token"), parameters)

    def _signed(self, request: AuthorizationRequest) -> str:
        algorithm = self._registration.request_object_signing_alg or ""
        return request_object(
            request,
            self._authentication.request_object_key(algorithm),
            algorithm=algorithm,
            issuer=self._registration.issuer,
            now=self._authentication.clock(),
        )
