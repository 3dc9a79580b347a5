"""The site under ASGI, with uvicorn in a process of its own: who waits keeps no other waiting."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.support import ROOT
from tests.support.provider.scripted import ScriptedProvider

SERVER = ROOT / "tests/support/site/asgi_server.py"
MANY = 50
# Of one request, in seconds; the provider may stay silent for as long, and the site for longer.
PATIENCE = 50


@pytest.fixture(scope="module")
def providers_server() -> Iterator[ScriptedProvider]:
    """Run the provider that the site knows."""
    with ScriptedProvider() as running:
        yield running


@pytest.fixture
def provider(providers_server: ScriptedProvider) -> Iterator[ScriptedProvider]:
    """Have the provider forget what other tests did."""
    providers_server.forget_requests()
    yield providers_server
    providers_server.tell_the_truth()


@pytest.fixture(scope="module")
def site(
    providers_server: ScriptedProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Run the site, whose warnings are errors as well; give its address."""
    environment = {
        **os.environ,
        "SITE_DATABASE": str(tmp_path_factory.mktemp("site") / "site.sqlite3"),
        "GENAUTH_APP_ID": providers_server.client_id,
        "GENAUTH_APP_SECRET": providers_server.client_secret or "",
        "GENAUTH_APP_HOST": providers_server.base_url,
    }
    command = [sys.executable, "-W", "error", str(SERVER)]
    with subprocess.Popen(  # noqa: S603 # our own program
        command, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        url = process.stdout.readline().strip() if process.stdout else ""
        yield url
        process.terminate()


@pytest.fixture
def browser() -> Iterator[requests.Session]:
    """Open an empty browser."""
    with a_browser() as opened:
        yield opened


def a_browser() -> requests.Session:
    session = requests.Session()
    # A proxy of the environment does not reach loopback.
    session.trust_env = False
    return session


def sign_in(browser: requests.Session, site: str, provider: ScriptedProvider, sub: str) -> str:
    """Take all steps of a login, and return what the page for signed-in people says."""
    begun = browser.get(
        f"{site}/genauth/login/?next=/members/", allow_redirects=False, timeout=PATIENCE
    )
    callback = provider.authorize(begun.headers["Location"], sub=sub)
    return browser.get(callback, timeout=PATIENCE).text


def sign_in_somebody(site: str, provider: ScriptedProvider, sub: str) -> str:
    """Do the same in a browser of their own."""
    with a_browser() as browser:
        return sign_in(browser, site, provider, sub)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("what was waited for did not happen")
        time.sleep(0.01)


def test_fifty_people_sign_in_at_once(site, provider):
    provider.lie("token", delay=0.1)

    with ThreadPoolExecutor(MANY) as people:
        names = set(
            people.map(
                lambda number: sign_in_somebody(site, provider, f"user-{number}"), range(MANY)
            )
        )

    assert len(names) == MANY
    assert {name.partition(" ")[0] for name in names} == {"user:"}


def test_while_the_provider_is_silent_the_other_pages_answer(site, provider, browser):
    speaks_again = threading.Event()
    provider.lie("token", until=speaks_again)

    with ThreadPoolExecutor(1) as people:
        waiting = people.submit(sign_in_somebody, site, provider, "user-1")
        wait_until(lambda: bool(provider.requests_to("token")))
        page = browser.get(site, timeout=PATIENCE)
        was_waiting = not waiting.done()
        speaks_again.set()

    assert (page.text, was_waiting) == ("user: AnonymousUser", True)
    assert waiting.result().startswith("user: ")


def test_while_the_provider_is_silent_for_one_person_others_sign_in(site, provider, browser):
    speaks_again = threading.Event()
    provider.lie("token", until=speaks_again, times=1)

    with ThreadPoolExecutor(1) as people:
        waiting = people.submit(sign_in_somebody, site, provider, "user-1")
        wait_until(lambda: bool(provider.requests_to("token")))
        page = sign_in(browser, site, provider, "user-2")
        was_waiting = not waiting.done()
        speaks_again.set()

    assert (page.partition(" ")[0], was_waiting) == ("user:", True)
    assert waiting.result() != page


def test_a_person_signs_out(site, provider, browser):
    sign_in(browser, site, provider, "user-1")
    browser.get(f"{site}/genauth/logout/", timeout=PATIENCE)
    token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}

    signed_out = browser.post(
        f"{site}/genauth/logout/", token, allow_redirects=False, timeout=PATIENCE
    )

    assert signed_out.headers["Location"].startswith(f"{provider.base_url}/oidc/session/end?")
    assert browser.get(site, timeout=PATIENCE).text == "user: AnonymousUser"


def test_a_bad_answer_is_refused(site, browser):
    response = browser.get(f"{site}/genauth/callback/?state=x&code=y", timeout=PATIENCE)

    assert response.status_code == 400
    assert "Sign-in did not work" in response.text
