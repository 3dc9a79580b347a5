"""Client authentication: how a client proves its identity to the provider (RFC 6749 2.3)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from django_genauth.protocol.messages import HttpRequest, encode_form, form_request

__all__ = [
    "ASSERTING_METHODS",
    "CERTIFICATE_METHODS",
    "METHODS",
    "ClientCredentials",
    "authenticated_request",
]

# Those that send an assertion, signed with a key or with the secret (OIDC Core 9).
ASSERTING_METHODS: Final = ("private_key_jwt", "client_secret_jwt")
# Those of a client that its certificate identifies (RFC 8705 2): its id stands in the body alone.
CERTIFICATE_METHODS: Final = ("tls_client_auth", "self_signed_tls_client_auth")
METHODS: Final = (
    "client_secret_post",
    "client_secret_basic",
    *ASSERTING_METHODS,
    *CERTIFICATE_METHODS,
    "none",
)
_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """Hold a client's id, its secret, and its authentication method.

    `assertion` makes a new assertion for an endpoint, for the methods that send one.
    """

    client_id: str
    client_secret: str | None = field(repr=False)
    method: str
    assertion: Callable[[str], str] | None = field(default=None, repr=False)


def authenticated_request(
    url: str, credentials: ClientCredentials, parameters: list[tuple[str, str]]
) -> HttpRequest:
    """Build a form POST that carries the client's credentials.

    In the body they stand first, as GenAuth's own libraries send them. RFC 6749 2.3: a request
    uses one method only, so with `client_secret_basic` the body does not name the client.
    """
    if credentials.method == "client_secret_basic":
        return form_request(url, parameters, {"Authorization": _basic(credentials)})
    identification = [("client_id", credentials.client_id)]
    if credentials.method == "client_secret_post":
        identification.append(("client_secret", credentials.client_secret or ""))
    if credentials.assertion is not None:
        # RFC 7523 2.2. A new one for every try, as the provider takes each once.
        identification += [
            ("client_assertion_type", _ASSERTION_TYPE),
            ("client_assertion", credentials.assertion(url)),
        ]
    return form_request(url, identification + parameters, {})


def _basic(credentials: ClientCredentials) -> str:
    # RFC 6749 2.3.1: both are form-encoded before they are joined, or a colon in the id would move
    # the border between them.
    client_id = encode_form([("", credentials.client_id)])[1:]
    secret = encode_form([("", credentials.client_secret or "")])[1:]
    return "Basic " + b64encode(f"{client_id}:{secret}".encode("ascii")).decode("ascii")
