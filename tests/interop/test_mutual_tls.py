"""Mutual TLS (RFC 8705) at oidc-provider 9: who the client is, and tokens of its certificate."""

import hashlib
import ssl
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from django_genauth.client import AuthenticationClient
from django_genauth.protocol.client_keys import certificate_key
from django_genauth.protocol.errors import OAuthError
from tests.support.provider.node_provider import NodeProvider, machine
from tests.support.provider.tls import authority

pytestmark = pytest.mark.providers

METHODS = ["tls_client_auth", "self_signed_tls_client_auth"]


@pytest.fixture(scope="module")
def files() -> tuple[str, str]:
    """Return the paths of the client's certificate and key."""
    return authority().client_certificate("the-client")


@pytest.fixture(scope="module")
def provider(files: tuple[str, str]) -> Iterator[NodeProvider]:
    """Run a provider that speaks https, and knows the client by its certificate."""
    authority().server_context()
    server, bundle = str(authority().last_server_file), str(authority().bundle)
    known = {"jwks": {"keys": [certificate_key(Path(files[0]).read_bytes())]}}
    by_name = {"tls_client_auth_subject_dn": "CN=the-client"}
    clients = [
        {
            **machine(method, "unused"),
            **(known if method.startswith("self") else by_name),
            "token_endpoint_auth_method": method,
            "tls_client_certificate_bound_access_tokens": True,
        }
        for method in METHODS
    ]
    for each in clients:
        del each["client_secret"]
    with NodeProvider(9, clients, tls={"cert": server, "key": server, "ca": bundle}) as running:
        yield running


def a_client(provider: NodeProvider, method: str, certificate: tuple[str, str]) -> Any:
    return AuthenticationClient(
        app_id=method,
        app_host=provider.base_url,
        ca_bundle=str(authority().bundle),
        client_certificate=certificate,
        token_endpoint_auth_method=method,
        introspection_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
    )


def thumbprint(path: str) -> str:
    octets = ssl.PEM_cert_to_DER_cert(Path(path).read_text())
    return urlsafe_b64encode(hashlib.sha256(octets).digest()).rstrip(b"=").decode()


@pytest.mark.parametrize("method", METHODS)
def test_the_token_of_a_certificate_is_bound_to_it(provider, files, method):
    client = a_client(provider, method, files)

    tokens = client.client_credentials("")

    state = client.introspect(tokens.access_token)
    assert state["active"] is True
    assert state["cnf"] == {"x5t#S256": thumbprint(files[0])}


@pytest.mark.parametrize("method", METHODS)
def test_another_certificate_is_refused(provider, method):
    client = a_client(provider, method, authority().client_certificate("another"))

    with pytest.raises(OAuthError) as caught:
        client.client_credentials("")

    assert caught.value.error == "invalid_client"
