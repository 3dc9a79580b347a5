"""Find what a provider demands of an app, and what to do about it.

A provider says so in its configuration, or where it refuses: Keycloak does in error_description.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from django_genauth import DOCUMENTATION
from django_genauth.client import AuthenticationClient
from django_genauth.doctor.findings import Finding, console

__all__ = ["announced_demands", "demand_in"]


class _Demand(NamedTuple):
    """A demand: its code, its name, how a refusal words it, and where Keycloak has the switch.

    `settings` says how this app meets it.
    """

    code: str
    name: str
    words: re.Pattern[str]
    at_keycloak: str
    settings: str


_PAGE: Final = f"{DOCUMENTATION}howto/pushed-requests.html."
_DEMANDS: Final = (
    _Demand(
        "pushed_authorization",
        "requests that are pushed (RFC 9126)",
        re.compile(r"\bpushed\b|\bPAR\b", re.IGNORECASE),
        "Advanced, Advanced settings, Pushed authorization request required: Off",
        f"Set PUSHED_AUTHORIZATION to True: {_PAGE}",
    ),
    _Demand(
        "dpop",
        "tokens that are bound to a key (DPoP, RFC 9449)",
        re.compile(r"dpop", re.IGNORECASE),
        "Settings, Capability config, Require DPoP bound tokens: Off",
        f"Set DPOP to True: {DOCUMENTATION}howto/sender-constrained.html.",
    ),
    _Demand(
        "private_key_jwt",
        "that the app shows a signed assertion (private_key_jwt or client_secret_jwt)",
        re.compile(r"client_?\s?assertion|private_key_jwt|client_secret_jwt", re.IGNORECASE),
        "Credentials, Client Authenticator: Client Id and Secret",
        "Make a key with genauth_keys, and set CLIENT_KEYS:"
        f" {DOCUMENTATION}howto/client-keys.html.",
    ),
    _Demand(
        "client_certificate",
        "a client certificate (mutual TLS, RFC 8705)",
        re.compile(r"certificate|\bm?tls\b|tls_client_auth", re.IGNORECASE),
        "Credentials, Client Authenticator: Client Id and Secret",
        f"Set CLIENT_CERTIFICATE: {DOCUMENTATION}howto/sender-constrained.html.",
    ),
    _Demand(
        "request_object",
        "requests that are signed (RFC 9101)",
        re.compile(r"request[ _]object|signed request|'request'|\brequest_uri\b", re.IGNORECASE),
        "Advanced, Fine grain OpenID Connect configuration, Request object required: Not required",
        "Make a key with genauth_keys, set CLIENT_KEYS, and REQUEST_OBJECT_SIGNING_ALG to its"
        f" algorithm: {_PAGE}",
    ),
)
_BY_CODE: Final = {demand.code: demand for demand in _DEMANDS}
# RFC 9126 5 and RFC 9101 10.5.
_ANNOUNCED: Final = {
    "require_pushed_authorization_requests": "pushed_authorization",
    "require_signed_request_object": "request_object",
}


def announced_demands(document: Mapping[str, Any], client: AuthenticationClient) -> list[Finding]:
    """Return a finding for each announced demand that the app does not meet."""
    app = client.registration
    # Requests are pushed without a setting where the provider announces that it demands so.
    is_met = {
        "pushed_authorization": app.pushed_authorization is not False,
        "request_object": app.request_object_signing_alg is not None,
    }
    return [
        _finding(_BY_CODE[code], console(client))
        for member, code in _ANNOUNCED.items()
        if document.get(member) is True and not is_met[code]
    ]


def demand_in(description: str, where: str) -> Finding | None:
    """Return the finding for the demand that a refusal names, or None."""
    demand = next((each for each in _DEMANDS if each.words.search(description)), None)
    return None if demand is None else _finding(demand, where)


def _finding(demand: _Demand, where: str) -> Finding:
    return Finding(
        f"demand.{demand.code}",
        f"The provider demands {demand.name}.",
        f"{demand.settings} Or switch that off for the app in {where}. (Keycloak: the client's"
        f" {demand.at_keycloak}.)",
    )
