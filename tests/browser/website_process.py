"""The example site as a process of its own, in a database of its own.

What people do there stands in `person`, the provider in `tests.support.provider.standin`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support import ROOT
from tests.support.provider.standin import StandIn

_TESTPROJECT = ROOT / "testproject"
_START_SECONDS = 60


class Website:
    """Serve the example site on a free loopback port, inside a `with` block.

    `settings` may be a module of this directory. `directory` takes the database.
    """

    def __init__(
        self,
        provider: StandIn,
        directory: Path,
        *,
        settings: str = "website.settings",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.url = ""
        self._environment = {
            **os.environ,
            # This directory and not the checkout, whose django_genauth would hide the wheel's.
            "PYTHONPATH": str(Path(__file__).parent),
            "DJANGO_SETTINGS_MODULE": settings,
            "WEBSITE_DATABASE": str(directory / "website.sqlite3"),
            "GENAUTH_APP_ID": provider.client_id,
            "GENAUTH_APP_SECRET": provider.client_secret or "",
            "GENAUTH_APP_HOST": provider.base_url,
            **(environment or {}),
        }

    def __enter__(self) -> Self:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v0"],
            cwd=_TESTPROJECT,
            env=self._environment,
            check=True,
        )
        self._process = subprocess.Popen(
            [sys.executable, "server.py"],
            cwd=_TESTPROJECT,
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        too_late = threading.Timer(_START_SECONDS, self._process.kill)
        too_late.start()
        self.url = self._process.stdout.readline().strip() if self._process.stdout else ""
        too_late.cancel()
        if not self.url:
            self._end()
            raise RuntimeError("The site did not start; its last words are on standard error.")
        return self

    def start_command(
        self, *arguments: str, settings: str, environment: Mapping[str, str]
    ) -> subprocess.Popen[str]:
        """Start a command of the site, whose three streams are text, with settings of its own."""
        return subprocess.Popen(  # noqa: S603 # the command is the tests' own
            [sys.executable, "manage.py", *arguments],
            cwd=_TESTPROJECT,
            env={**self._environment, "DJANGO_SETTINGS_MODULE": settings, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        # `with` closes the pipe and waits.
        with self._process:
            self._process.terminate()
