"""What these tests are made of: apps as GenAuth's console makes them, a login without a site."""

from __future__ import annotations

from typing import Any, Final

import pytest
import requests

from django_genauth.client import AuthenticationClient
from django_genauth.protocol.tokens import TokenSet
from tests.support.provider.browser_forms import Arrival
from tests.support.provider.node_provider import Major, NodeProvider, client, machine

CALLBACK = "https://site.example/callback/"
SIGNED_OUT = "https://site.example/signed-out/?from=provider&to=nowhere"
# What a login is begun with, and what its answer is therefore checked against.
ASKED: Final = {"state": "the state", "nonce": "the nonce"}
EXPECTED: Final = {"expected_state": "the state", "expected_nonce": "the nonce"}
# An app whose id is an address can ask for a token for itself (RFC 8707).
RESOURCE = "https://api.example/"
KINDS: Final[dict[str, dict[str, Any]]] = {
    "post": {},
    "basic": {"token_endpoint_auth_method": "client_secret_basic"},
    "public": {"token_endpoint_auth_method": "none"},
    "RS256": {"id_token_signed_response_alg": "RS256"},
    RESOURCE: {},
}
V9 = pytest.param(9, id="oidc-provider 9")
V6 = pytest.param(6, id="oidc-provider 6")
VERSIONS = [V9, V6]


def node(major: Major, **options: Any) -> NodeProvider:
    """Make a provider that knows an app of every kind, a machine, and a person."""
    back = {"post_logout_redirect_uris": [SIGNED_OUT]}
    apps = [client(kind, CALLBACK, **back, **metadata) for kind, metadata in KINDS.items()]
    people = {"ada": {"email": "ada@example.org"}}
    return NodeProvider(
        major, [*apps, machine("access-key", "secret-key")], people=people, **options
    )


def app_of(provider: NodeProvider, kind: str, **changes: Any) -> AuthenticationClient:
    """Make the client of one app, which shows who it is in the same way everywhere."""
    app = {name.lower(): value for name, value in provider.app(kind).items()}
    method = app["token_endpoint_auth_method"]
    return AuthenticationClient(
        secret=app.pop("app_secret"),
        redirect_uri=CALLBACK,
        introspection_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        **(app | changes),
    )


def sign_in(
    provider: NodeProvider, app: AuthenticationClient, session: requests.Session, **request: Any
) -> tuple[Arrival, str]:
    """Sign in at the provider; return what the browser brings, and the code verifier."""
    verifier = app.generate_code_challenge()
    url = app.build_authorize_url(
        **ASKED,
        code_challenge=app.get_code_challenge_digest(code_challenge=verifier),
        **request,
    )
    return provider.sign_in(url, session, login="ada"), verifier


def tokens_of(
    provider: NodeProvider, app: AuthenticationClient, session: requests.Session, **request: Any
) -> TokenSet:
    """Sign in at the provider, and exchange the code."""
    arrival, verifier = sign_in(provider, app, session, **request)
    return app.authorization_code_grant(arrival.url, pkce_code_verifier=verifier, **EXPECTED)
