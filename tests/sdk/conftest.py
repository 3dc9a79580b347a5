"""A provider for what both protocols have."""

from collections.abc import Iterator

import pytest

from tests.provider.scripted import ScriptedProvider


@pytest.fixture(params=["oidc", "oauth"])
def either(request: pytest.FixtureRequest) -> Iterator[ScriptedProvider]:
    """Run a provider of either protocol."""
    with ScriptedProvider(protocol=request.param) as running:
        yield running
