"""What all tests share: the settings, a provider that runs, a visitor, and a clean slate."""

import os
import re
from collections.abc import Generator, Iterator

import django
import pytest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
# Here and not later, so that conftest files below may import models.
django.setup()

from django.core.cache import cache  # noqa: E402 # Django had to be set up first

from django_genauth import conf  # noqa: E402 # likewise
from django_genauth.sessions import registry  # noqa: E402 # likewise
from tests.support.console import SECRET  # noqa: E402 # likewise
from tests.support.kept import allauth, social_auth  # noqa: E402, F401 # likewise; they are fixtures
from tests.support.provider.scripted import CLIENT_ID, CLIENT_SECRET, ScriptedProvider  # noqa: E402 # likewise
from tests.support.site.visitor import Visitor  # noqa: E402 # likewise
from tests.support.threads import threads  # noqa: E402, F401 # likewise; it is a fixture
from tests.support.turns import turn  # noqa: E402 # likewise


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let each worker of pytest-xdist set Django up by this file, as the main process did.

    With the variable inherited, pytest-django would ask for `tests.settings` before this file is
    read, and only then is `tests` found: it is not on the path, lest the checkout hide the wheel.
    """
    del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object | None:
    """Let one worker have all tests of a provider that takes long to start."""
    if config.getvalue("dist") != "loadscope":
        return None
    # Here, as nothing of pytest-xdist is there without it.
    from tests.support.schedule import OneWorkerForAProvider

    return OneWorkerForAProvider(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test that is marked `serial` while the other workers of pytest-xdist wait."""
    if not hasattr(item.config, "workerinput"):
        return (yield)
    with turn(alone="serial" in item.keywords):
        return (yield)


@pytest.fixture(autouse=True)
def _clean_slate() -> Iterator[None]:
    """Forget clients and cached documents: a later provider may get an earlier one's port."""
    yield
    conf._loaded.clear()
    registry._to_be_noted_at.clear()
    cache.clear()


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    """Run an honest provider whose ID tokens are RS256."""
    with ScriptedProvider(client_id=CLIENT_ID, client_secret=CLIENT_SECRET) as running:
        yield running


@pytest.fixture
def app(provider: ScriptedProvider, settings: pytest.FixtureRequest) -> dict[str, object]:
    """Point the site's default app at the provider, and return its settings to be changed."""
    values: dict[str, object] = {
        "APP_ID": CLIENT_ID,
        "APP_SECRET": CLIENT_SECRET,
        "APP_HOST": provider.base_url,
        "ALLOW_INSECURE_HTTP": True,
        "ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256",
    }
    settings.GENAUTH = {"default": values}  # type: ignore[attr-defined] # pytest-django's
    return values


@pytest.fixture
def session_middleware(settings: pytest.FixtureRequest) -> None:
    """Have the middleware that follows SESSION_POLICY, and sessions whose key changes."""
    settings.MIDDLEWARE = [  # type: ignore[attr-defined] # pytest-django's
        *settings.MIDDLEWARE,  # type: ignore[attr-defined] # likewise
        "django_genauth.middleware.GenAuthSessionMiddleware",
    ]


@pytest.fixture
def console(app: dict[str, object]) -> None:
    """Let GenAuth's console call the site."""
    app["WEBHOOK_TOKEN"] = SECRET


@pytest.fixture
def visitor(provider: ScriptedProvider, app: dict[str, object], db: None) -> Visitor:
    """Come to the site with an empty browser."""
    return Visitor(provider)


@pytest.fixture
def refusals(caplog: pytest.LogCaptureFixture) -> "Refusals":
    """Read the codes of the refusals that were logged."""
    return Refusals(caplog)


class Refusals:
    """Look at the log as an administrator does."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    @property
    def codes(self) -> list[str]:
        """Return the codes, in order."""
        found = (re.search(r"refused: code=(\S+)", message) for message in self._caplog.messages)
        return [match.group(1) for match in found if match]

    @property
    def text(self) -> str:
        """Return all that was logged."""
        return self._caplog.text


@pytest.fixture
def renewing(app: dict[str, object], session_middleware: None) -> None:
    """Have the middleware, SESSION_POLICY `refresh`, and a refresh token with each login."""
    app |= {"SCOPE": "openid offline_access", "SESSION_POLICY": "refresh"}


@pytest.fixture
def member(renewing: None, visitor: Visitor) -> Visitor:
    """Sign in at a site that renews sessions, with an access token that runs out at once."""
    visitor.provider.access_token_ttl = 0
    visitor.sign_in()
    visitor.provider.access_token_ttl = 3600
    visitor.provider.forget_requests()
    return visitor
