"""One provider and one site for all that hypothesis makes up, and how long it may do so.

GENAUTH_TESTS_FUZZ=long in the environment (`tox -e fuzz`) makes up more, for ten minutes at most.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.http import HttpResponse
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

from django_genauth import conf
from tests.misbehaviour.watcher import Everything, Watcher, secrets_of, shown_in_pages
from tests.support.provider.grants import Refused
from tests.support.provider.scripted import ScriptedProvider
from tests.support.site.visitor import Visitor

LONG = os.environ.get("GENAUTH_TESTS_FUZZ") == "long"
# In seconds, for each property: there are fewer than twenty-five.
_MOST = 30 if LONG else 2

# Without a database: an example that was found belongs into a test, not into a directory.
_PROFILE = settings(
    max_examples=5_000 if LONG else 25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def fuzzed(*made_up: SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Hold a property of a site against examples, until there were enough or the time is over."""

    def decorate(holds: Callable[..., None]) -> Callable[..., None]:
        @wraps(holds)
        def in_time(**arguments: Any) -> None:
            if not arguments["site"].is_closed:
                holds(**arguments)

        return _PROFILE(given(*made_up)(in_time))

    return decorate


class Site:
    """Let people sign in, and hold what came of it against what has to hold whatever happened."""

    def __init__(self, provider: ScriptedProvider, log: Everything) -> None:
        self.provider = provider
        self._log = log
        self._end = time.monotonic() + _MOST

    @property
    def is_closed(self) -> bool:
        """Tell whether the time is over."""
        return time.monotonic() > self._end

    def visitor(self) -> Visitor:
        """Come with an empty browser, to a provider that is honest and that nobody knows yet."""
        conf._loaded.clear()
        cache.clear()
        self.provider.tell_the_truth()
        self.provider.forget_requests()
        Watcher.forget()
        self._log.texts.clear()
        return Visitor(self.provider)

    def signed_in(self, visitor: Visitor) -> Any:
        """Take all the steps that there are, and return the last answer."""
        begun = visitor.client.get("/genauth/login/")
        if begun.status_code != 302:
            return begun
        try:
            callback = self.provider.authorize(begun["Location"])
        except Refused:
            # Led to another page than the provider's, nobody comes back.
            return begun
        return visitor.come_back(callback)

    def check(self, visitor: Visitor, response: HttpResponse, *, harmless: bool) -> None:
        """Check that nobody is signed in unless the change was harmless, and that nothing shows.

        A change that is harmless may be refused all the same, as one that nobody should make.
        """
        assert response.status_code in (200, 302, 400, 403, 502, 503)
        assert harmless or not visitor.is_signed_in
        assert visitor.is_signed_in == get_user_model().objects.exists()
        secrets = secrets_of(self.provider)
        shown = [*shown_in_pages(), *self._log.texts]
        assert not [each for each in secrets if any(each in text for text in shown)]
        get_user_model().objects.all().delete()


@pytest.fixture
def site(
    provider: ScriptedProvider, app: dict[str, Any], settings: Any, db: None
) -> Iterator[Site]:
    """Run a site whose pages and log are watched."""
    app["TIMEOUT"] = 2
    settings.MIDDLEWARE = ["tests.misbehaviour.watcher.Watcher", *settings.MIDDLEWARE]
    log = Everything()
    logging.root.addHandler(log)
    yield Site(provider, log)
    logging.root.removeHandler(log)
