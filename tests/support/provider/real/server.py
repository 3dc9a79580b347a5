"""A provider's own server, on a loopback port: started, taken away and brought back, ended."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests

from tests.support import ROOT
from tests.support.provider.browser_forms import Arrival, Browser
from tests.support.provider.processes import ProviderProcess
from tests.support.provider.real.documented import Page

# Where scripts of .ci/ keep the providers that they bring.
CACHE = Path(os.environ.get("GENAUTH_TESTS_CACHE", ROOT / ".cache"))
# Kills the server, and itself, when the pipe closes that is its standard input, so that it outlives
# nobody; and itself, when the server ends. What the server prints goes where its log is.
_WATCHED = 'trap : TERM; { "$@"; kill -KILL 0; } >&2 </dev/null & read -r _; kill -KILL 0'


@dataclass(frozen=True)
class Person:
    """Describe somebody whom the provider knows, and the groups that its page's settings bring."""

    login: str
    email: str
    groups: list[str]


class Server(ProviderProcess):
    """Run a command that listens at `base_url` some time later, inside a `with` block.

    `page` is the page of the documentation that it is set up after, `person` who signs in there.
    """

    page: Page
    person: Person
    # Keycloak needs forty on a quiet machine.
    _start_seconds = 240

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        base_url: str,
        issuer: str,
        probe: str,
        end_session: str,
        directory: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            ["sh", "-c", _WATCHED, "sh", *command], directory=directory, environment=environment
        )
        self.announcement = {"base_url": base_url, "issuer": issuer}
        self._probe = probe
        self._end_session = end_session

    def app(self, client_id: str = "website", **changes: Any) -> dict[str, Any]:
        """Return what a site writes into GENAUTH for a client, by the page and with changes."""
        return {**self.page.app(), "APP_ID": client_id, **changes}

    def enter(self, browser: Browser, next_url: str = "/") -> requests.Response:
        """Sign the person in, from the site's login page to its callback; return its answer."""
        begun = browser.begin(next_url)
        return browser.follow(self.sign_in(begun, browser.session, login=self.person.login))

    def leave(self, browser: Browser, id_token: str) -> Arrival:
        """Sign out at the provider, as another of the person's sites asks for it."""
        address = f"{self._end_session}?{urlencode({'id_token_hint': id_token})}"
        return self.sign_out(address, browser.session)

    def add_key(self) -> None:
        """Sign with a new key from now on."""
        raise NotImplementedError

    @contextmanager
    def away(self) -> Iterator[None]:
        """Answer nobody, as a machine that hangs, inside a `with` block."""
        os.killpg(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self._process.pid, signal.SIGCONT)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Refuse every connection, as a server that is being replaced, inside a `with` block."""
        self.stop()
        try:
            yield
        finally:
            self.__enter__()

    def _announced(self) -> dict[str, Any]:
        while self._process.poll() is None:
            if self._answers():
                return self.announcement
            time.sleep(0.1)
        raise ValueError("the server ended")

    def _answers(self) -> bool:
        with requests.Session() as asking:
            # A proxy of the environment does not reach loopback.
            asking.trust_env = False
            try:
                return asking.get(self._probe, timeout=5).ok
            except requests.RequestException:
                return False


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
