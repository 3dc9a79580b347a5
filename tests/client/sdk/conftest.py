"""A provider for what both protocols have; and the stand-in, with what comes of a login there."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from django.http import HttpRequest

from django_genauth.client import AuthenticationClient
from django_genauth.protocol.tokens import TokenSet
from tests.support.provider.browser_forms import Arrival
from tests.support.provider.scripted import ScriptedProvider
from tests.support.provider.standin import StandIn

CALLBACK = "http://127.0.0.1/genauth/callback/"
BACK = "http://127.0.0.1/genauth/logout/"


@pytest.fixture(params=["oidc", "oauth"])
def either(request: pytest.FixtureRequest) -> Iterator[ScriptedProvider]:
    """Run a provider of either protocol."""
    with ScriptedProvider(protocol=request.param) as running:
        yield running


@pytest.fixture(
    scope="package",
    params=[pytest.param(False, id="confidential"), pytest.param(True, id="public")],
)
def standin(request: pytest.FixtureRequest) -> Iterator[StandIn]:
    """Run the stand-in: with HS256 ID tokens for a confidential client, RS256 for a public one."""
    with StandIn([CALLBACK], post_logout_redirect_uris=[BACK], public=request.param) as running:
        yield running


@pytest.fixture(params=["oidc", "oauth"])
def client(request: pytest.FixtureRequest, standin: StandIn) -> AuthenticationClient:
    """Make a client of either protocol."""
    return client_of(standin, protocol=request.param)


def client_of(standin: StandIn, **changes: Any) -> AuthenticationClient:
    """Make a client of the stand-in's app."""
    values: dict[str, Any] = {
        "app_id": standin.client_id,
        "secret": standin.client_secret,
        "app_host": standin.base_url,
        "redirect_uri": CALLBACK,
        "allow_insecure_http": True,
    }
    return AuthenticationClient(**(values | changes))


@pytest.fixture
def verifier(client: AuthenticationClient) -> str:
    """Make the code verifier of one login."""
    return client.generate_code_challenge()


@pytest.fixture
def come_back(
    client: AuthenticationClient, standin: StandIn, verifier: str
) -> Callable[..., Arrival]:
    """Send a person to the stand-in with a request that can be changed; they agree, or do not."""

    def sign_in(*, allow: bool = True, **changes: Any) -> Arrival:
        request = {
            "scope": "openid profile email offline_access"
            if client.registration.is_oidc
            else "user",
            "state": "the-state",
            "nonce": "the-nonce" if client.registration.is_oidc else None,
            "code_challenge": client.get_code_challenge_digest(code_challenge=verifier),
        }
        url = client.build_authorize_url(**(request | changes))
        with requests.Session() as session:
            # A proxy of the environment does not reach loopback.
            session.trust_env = False
            return standin.sign_in(url, session, login="ada", allow=allow)

    return sign_in


@pytest.fixture
def grant(client: AuthenticationClient, verifier: str) -> Callable[[str | HttpRequest], TokenSet]:
    """Check what came back, and exchange the code."""
    return lambda answer: client.authorization_code_grant(
        answer,
        pkce_code_verifier=verifier,
        expected_state="the-state",
        expected_nonce="the-nonce" if client.registration.is_oidc else None,
    )


@pytest.fixture
def tokens(
    come_back: Callable[..., Arrival], grant: Callable[[str | HttpRequest], TokenSet]
) -> TokenSet:
    """Sign a person in with all that can be granted."""
    return grant(come_back().url)
