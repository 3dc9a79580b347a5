"""The fixture for pytest, which a site switches on by one line in its `conftest.py`.

Not an entry point: that would load in every run of pytest in the environment, of projects too that
never heard of this, and before the measuring of coverage begins.
"""

from collections.abc import Callable, Iterator

import pytest

from django_genauth.testing.fake import FakeGenAuth


@pytest.fixture
def genauth() -> Iterator[FakeGenAuth]:
    """Let a fake GenAuth stand in for the provider of every app while the test runs."""
    with FakeGenAuth() as fake:
        yield fake


@pytest.fixture
def genauth_bearer_token(genauth: FakeGenAuth) -> Callable[..., str]:
    """Issue access tokens for the site's API; see `FakeGenAuth.bearer_token`."""
    return genauth.bearer_token
