"""The places in which threads of this process wait for a provider, for tests that fill them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from django_genauth.client.bulkhead import MOST_WAITING, threads


@contextmanager
def taken_places(but: int = 0) -> Iterator[int]:
    """Take all of them, but so many; yield how many there were."""
    with ExitStack() as places:
        yield sum(places.enter_context(threads.waiting()) for _ in range(MOST_WAITING - but))


@pytest.fixture
def places() -> None:
    """Wait until nobody waits any more since the tests before this one."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        with taken_places() as free:
            if free == MOST_WAITING:
                return
        time.sleep(0.02)
    raise AssertionError("threads of earlier tests still wait")
