"""A site that `startproject` made, run in processes of its own, as its developer runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests


class Project:
    """Make a project in a directory, add to its files, and run its commands."""

    def __init__(self, directory: Path) -> None:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        del environment["DJANGO_SETTINGS_MODULE"]
        self._options: dict[str, Any] = {"cwd": directory, "env": environment, "text": True}
        self._directory = directory
        self._run("-m", "django", "startproject", "mysite", ".")

    def append(self, path: str, text: str) -> None:
        """Write behind what a file has, which may be new."""
        (self._directory / path).parent.mkdir(exist_ok=True)
        with (self._directory / path).open("a", encoding="utf-8") as file:
            file.write(f"\n{text}")

    def manage(self, *arguments: str) -> str:
        """Run a command, and return what it prints."""
        return self._run("manage.py", *arguments)

    @contextmanager
    def running(self) -> Iterator[str]:
        """Serve the site on a free port, and return its address."""
        command = [sys.executable, "manage.py", "runserver", "--noreload", "127.0.0.1:0"]
        streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(command, **streams, **self._options) as server:  # noqa: S603 # our own
            try:
                lines = (re.search(r"http://[\d.]+:\d+", line) for line in server.stdout)
                yield next(found[0] for found in lines if found)
            finally:
                server.terminate()

    def _run(self, *arguments: str) -> str:
        command = [sys.executable, *arguments]
        options = {"stdout": subprocess.PIPE, "check": True, "timeout": 60, **self._options}
        printed: str = subprocess.run(command, **options).stdout  # noqa: S603 # our own program
        return printed


def csrf_token(page: requests.Response) -> dict[str, str]:
    """Return the field that each form of a page has, to be sent along."""
    (token, *_) = re.findall(r'csrfmiddlewaretoken" value="(\w+)"', page.text)
    return {"csrfmiddlewaretoken": token}
