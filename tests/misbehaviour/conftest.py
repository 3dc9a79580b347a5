"""What a refusal is: no session, no account, one line in the log, a page, and nothing more asked.

After each test here, and whatever it was about, nothing secret shows anywhere.
"""

import logging
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse

from django_genauth.models import Grant, Identity
from django_genauth.signals import login_failed
from tests.conftest import Refusals
from tests.misbehaviour.watcher import (
    Everything,
    Watcher,
    held_by,
    secrets_of,
    shown_in_pages,
)
from tests.support.provider.scripted import ScriptedProvider
from tests.support.site.visitor import Visitor


@pytest.fixture
def app(app: dict[str, object], settings: pytest.FixtureRequest) -> dict[str, object]:
    """Wait no longer than a test has time for, on a site that is watched."""
    app["TIMEOUT"] = 1
    settings.MIDDLEWARE = [  # type: ignore[attr-defined] # pytest-django's
        "tests.misbehaviour.watcher.Watcher",
        *settings.MIDDLEWARE,  # type: ignore[attr-defined] # likewise
    ]
    return app


@pytest.fixture(autouse=True)
def nothing_secret_shows(
    provider: ScriptedProvider, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """Log everything that anybody logs, and look for secrets wherever one could have gone."""
    caplog.set_level(logging.DEBUG)
    for name in logging.root.manager.loggerDict:
        if logging.getLogger(name).level > logging.DEBUG:
            caplog.set_level(logging.DEBUG, logger=name)
    log = Everything()
    logging.root.addHandler(log)
    errors: list[BaseException] = []

    def receive(error: BaseException, **_: object) -> None:
        errors.append(error)

    Watcher.forget()
    login_failed.connect(receive)
    yield
    login_failed.disconnect(receive)
    logging.root.removeHandler(log)
    secrets = secrets_of(provider)
    shown = {
        "a page": list(shown_in_pages()),
        "the log": log.texts,
        "an error": [text for error in errors for text in held_by(error)],
        "an address": [request.target for request in provider.requests],
    }
    leaks = {
        (place, secret)
        for place, texts in shown.items()
        for secret in secrets
        if any(secret in text for text in texts)
    }
    assert not leaks


@pytest.fixture
def is_refused(
    visitor: Visitor, provider: ScriptedProvider, refusals: Refusals
) -> Callable[..., None]:
    """Check that nothing came of a login, that the reason is the right one, and who was asked."""

    def check(response: HttpResponse, status: int, code: str, *, asked: str) -> None:
        assert (response.status_code, refusals.codes) == (status, [code])
        assert " ".join(map(str, provider.asked)) == asked
        assert not visitor.is_signed_in
        assert not get_user_model().objects.exists()
        assert not Identity.objects.exists()
        assert not Grant.objects.exists()

    return check
