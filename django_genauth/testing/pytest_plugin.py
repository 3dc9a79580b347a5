"""The fixture for pytest, which a site switches on by one line in its `conftest.py`.

Not an entry point: that would load in every run of pytest in the environment, of projects too that
never heard of this, and before the measuring of coverage begins.
"""

from collections.abc import Iterator

import pytest

from django_genauth.testing.fake import FakeGenAuth


@pytest.fixture
def genauth() -> Iterator[FakeGenAuth]:
    """Let a fake GenAuth stand in for the provider of every app while the test runs."""
    with FakeGenAuth() as fake:
        yield fake
