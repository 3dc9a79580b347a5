"""The browser, the provider, the sites, and the person who uses them."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.person import Person
from tests.browser.website_process import Website
from tests.support.provider.standin import StandIn

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# By module: while playwright runs, Django refuses to use its database in this thread.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Run the system's Chromium."""
    # Not above: these files are also collected where playwright is not installed.
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        pytest.fail("There is no chromium on the path. On Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


# By package: processes of their own disturb nobody, and take a second or two to start.
@pytest.fixture(scope="package")
def standin() -> Iterator[StandIn]:
    """Run the stand-in for GenAuth."""
    with a_standin() as running:
        yield running


def a_standin() -> StandIn:
    """Return a stand-in that knows the pages of all sites here."""
    # It does not compare the port of a loopback address, so the sites may start later.
    pages = "http://127.0.0.1/genauth"
    return StandIn(
        [f"{pages}/{app}callback/" for app in ("", "invited/", "fragment/", "posted/")],
        post_logout_redirect_uris=[f"{pages}/logout/"],
    )


@pytest.fixture(scope="package")
def example_site(standin: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """Run the example site, where the pages of the app have the site's looks."""
    with Website(standin, tmp_path_factory.mktemp("example")) as running:
        yield running


@pytest.fixture(scope="package")
def left_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """Run the example site after its provider was stopped."""
    with a_standin() as stopped:
        directory = tmp_path_factory.mktemp("left-alone")
    with Website(stopped, directory) as running:
        yield running


@pytest.fixture(scope="package")
def bare_site(standin: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """Run a site where the pages of the app are as they are shipped."""
    directory = tmp_path_factory.mktemp("bare")
    with socket.socket() as silent:
        # Bound, so that nobody else gets the port, and not listening.
        silent.bind(("127.0.0.1", 0))
        environment = {"SILENT_APP_HOST": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        with Website(
            standin, directory, settings="bare_settings", environment=environment
        ) as running:
            yield running


@pytest.fixture(scope="module", params=[True, False], ids=["with scripts", "without scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Tell whether the browser runs JavaScript: each test is run with and without."""
    return bool(request.param)


@pytest.fixture(scope="module")
def context(chromium: Browser, scripts: bool) -> Iterator[BrowserContext]:
    """Open a browser profile; making one for each test would double the time they take."""
    with chromium.new_context(java_script_enabled=scripts) as opened:
        yield opened


@pytest.fixture
def person(context: BrowserContext, site: Website, standin: StandIn) -> Iterator[Person]:
    """Come to the `site` of the test with an empty browser, which must not complain of a page."""
    context.clear_cookies()
    visitor = Person(context, site.url, standin)
    yield visitor
    visitor.close_tabs()
    assert visitor.complaints == []


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder for pictures; GENAUTH_SCREENSHOTS names one that stays."""
    named = os.environ.get("GENAUTH_SCREENSHOTS")
    directory = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    directory.mkdir(parents=True, exist_ok=True)
    return directory
