"""A provider in a process of its own: started, signed in at as a person does, ended.

Which command that is stands in `standin` and `node_provider`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from tests.support.provider.browser_forms import Arrival, Browser, walk


class ProviderProcess:
    """Run a command that prints one line of JSON when it listens, inside a `with` block.

    `announcement` is that line, with `base_url` and `issuer` in it. The process is ended by
    SIGTERM. Its standard input is a pipe that closes even when the tests are killed: a command that
    watches it outlives nobody.
    """

    _start_seconds = 60

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        directory: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._command = [str(part) for part in command]
        self._directory = directory
        self._environment = {**os.environ, **(environment or {})}
        self.announcement: dict[str, Any] = {}

    @property
    def base_url(self) -> str:
        """Return the address that the site's APP_HOST has to be."""
        return str(self.announcement["base_url"])

    @property
    def issuer(self) -> str:
        """Return the issuer identifier."""
        return str(self.announcement["issuer"])

    def password(self, login: str) -> str:
        """Return a person's password; here, where the pages take any, any."""
        return f"password of {login}"

    def sign_in(
        self,
        authorization_url: str,
        session: requests.Session,
        *,
        login: str,
        allow: bool = True,
    ) -> Arrival:
        """Sign in and agree (or decline) on the provider's pages; return what comes back."""
        arrival = walk(
            session,
            authorization_url,
            home=self.base_url,
            login=login,
            password=self.password(login),
            allow=allow,
        )
        return self._elsewhere(arrival)

    def pass_through(self, authorization_url: str, session: requests.Session) -> Arrival:
        """Return what comes back for a person whom the provider still knows.

        Raises RuntimeError where it asks for the password.
        """
        return self._elsewhere(walk(session, authorization_url, home=self.base_url))

    def sign_out(self, logout_url: str, session: requests.Session) -> Arrival:
        """Agree to sign out; return where the browser was sent, or the provider's last page."""
        return walk(session, logout_url, home=self.base_url)

    def _tell(self, command: str) -> Any:
        """Write a command to the process that reads such, and return the JSON that it answers."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the process has no pipes")
        self._process.stdin.write(f"{command}\n".encode())
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def _elsewhere(self, arrival: Arrival) -> Arrival:
        if arrival.url.startswith(f"{self.base_url}/"):
            raise RuntimeError(f"the sign-in ended at {arrival.url}")
        return arrival

    @property
    def log(self) -> str:
        """Return what the process, while it runs, wrote on standard error so far."""
        # The process writes at this file's position, which reading in the usual way would move.
        descriptor = self._errors.fileno()
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode("utf-8", "replace")

    def __enter__(self) -> Self:
        # A file: a pipe that nobody reads would stop a talkative process.
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen(  # noqa: S603 - the command is the tests' own
            self._command,
            cwd=self._directory,
            env=self._environment,
            # What the command starts is stopped with it.
            process_group=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        too_late = threading.Timer(self._start_seconds, self._kill)
        too_late.start()
        try:
            self.announcement = self._announced()
        except ValueError:
            self._kill()
            self._process.wait()
            reason = self.log
            self.stop()
            raise RuntimeError(f"{self._command[0]} did not start:\n{reason}") from None
        finally:
            too_late.cancel()
        return self

    def _announced(self) -> dict[str, Any]:
        """Wait until the process listens, and return what it says; ValueError if it ended."""
        line = self._process.stdout.readline() if self._process.stdout else b""
        announcement: dict[str, Any] = json.loads(line)
        return announcement

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process, also before the `with` block does."""
        self._process.terminate()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._kill()
            self._process.wait()
        self._errors.close()

    def _kill(self) -> None:
        """Kill the process and all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)


def sign_in(browser: Browser, provider: ProviderProcess, login: str = "ada") -> requests.Response:
    """Sign in from the site's login page to its callback; return what that answers."""
    arrival = provider.sign_in(browser.begin(), browser.session, login=login)
    return browser.follow(arrival)
