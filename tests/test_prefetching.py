"""What a process with PREFETCH has in memory before anybody signs in."""

import threading
import time

import pytest
from django.core.cache import cache
from django.core.signals import request_started
from django.test import Client

from django_genauth import conf
from django_genauth.conf import get_app
from django_genauth.prefetching import prefetch

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _new_process():
    """Be a process that has had no request yet."""
    request_started.connect(prefetch)
    yield
    request_started.disconnect(prefetch)


def request():
    """Come to a page that has nothing to do with signing in."""
    Client().get("/")


def loaded():
    """Wait until the thread has ended."""
    for thread in threading.enumerate():
        if thread.name == "genauth-prefetch":
            thread.join(5)


def test_the_first_request_has_the_documents_loaded(provider, app):
    app["PREFETCH"] = True

    request()

    loaded()
    state = get_app().client.provider.state()
    assert sorted(provider.asked) == ["discovery", "jwks"]
    assert state.configuration_age is not None
    assert state.keys_age is not None


def test_the_second_request_asks_nobody(provider, app):
    app["PREFETCH"] = True
    request()
    loaded()
    provider.forget_requests()
    conf._loaded.clear()
    cache.clear()

    request()

    loaded()
    assert provider.requests == []


def test_it_is_off_by_default(provider, app):
    request()

    loaded()
    assert provider.requests == []


def test_a_callable_may_say_no(provider, app):
    app["PREFETCH"] = lambda: False

    request()

    loaded()
    assert provider.requests == []


def test_the_request_does_not_wait_for_the_provider(provider, app):
    hangs = threading.Event()
    provider.lie("discovery", until=hangs)
    app["PREFETCH"] = True
    began = time.monotonic()

    request()

    took = time.monotonic() - began
    hangs.set()
    loaded()
    assert took < 1


def test_a_provider_that_does_not_answer_is_one_line_and_no_more(provider, app, caplog):
    provider.lie("discovery", status=503)
    app["PREFETCH"] = True

    request()

    loaded()
    (line,) = caplog.messages
    assert line.startswith(
        "The provider's documents were not loaded: code=provider_unavailable.status_503 app=default"
    )


def test_each_app_that_asks_for_it_is_loaded(provider, app, settings, caplog):
    broken = dict(app, PREFETCH=True, APP_HOST="nowhere")
    settings.GENAUTH = {"broken": broken, "default": dict(app, PREFETCH=True)}

    request()

    loaded()
    assert sorted(provider.asked) == ["discovery", "jwks"]
    assert caplog.records[0].app == "broken"
