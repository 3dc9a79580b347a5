"""The providers, each started once for all files here, and a person's browser."""

from collections.abc import Iterator

import pytest
import requests

from tests.client.sdk.providers.material import VERSIONS, node
from tests.support.provider.node_provider import NodeProvider


@pytest.fixture(scope="package", params=VERSIONS)
def provider(request: pytest.FixtureRequest) -> Iterator[NodeProvider]:
    """Run a provider that knows an app of every kind."""
    with node(request.param) as running:
        yield running


@pytest.fixture(scope="package", params=VERSIONS)
def provider_without_rotation(request: pytest.FixtureRequest) -> Iterator[NodeProvider]:
    """Run one where a refresh token may be used again."""
    with node(request.param, rotate_refresh_tokens=False) as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """Open a person's browser, empty."""
    with requests.Session() as opened:
        # A proxy of the environment does not reach loopback.
        opened.trust_env = False
        yield opened
