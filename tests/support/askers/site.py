"""A site of several processes with a database of its own, on whatever server DATABASE names."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


class Site:
    """Run processes that ask; `start` one, and read what came of it with `result`."""

    def __init__(
        self, folder: Path, app: dict[str, Any], *, prepare: str = "prepare", **grant: Any
    ) -> None:
        name = f"genauth_askers_{secrets.token_hex(4)}"
        on_disk = os.environ.get("DATABASE", "sqlite") == "sqlite"
        self.database = str(folder / f"{name}.sqlite3") if on_disk else name
        self._prepare = prepare
        self._task = {"app": app, "database": self.database, **grant}

    def __enter__(self) -> Site:
        result(self.start(self._prepare))
        return self

    def __exit__(self, *_: object) -> None:
        result(self.start("destroy"))

    def start(self, what: str, **task: Any) -> subprocess.Popen[str]:
        """Start a process."""
        environment = {
            **os.environ,
            "DATABASE_TEST_NAME": self.database,
            "ASKERS_TASK": json.dumps({"at": 0, "threads": 1, **self._task, **task}),
        }
        command = [sys.executable, "-m", "tests.support.askers", what]
        errors = subprocess.PIPE if what == "manage" else None
        return subprocess.Popen(  # noqa: S603 # this interpreter, and a name of our own
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment
        )

    def manage(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a management command."""
        return self.start("manage", arguments=arguments)

    def ask(self, processes: int, **task: Any) -> list[tuple[str, float]]:
        """Let processes ask at one instant, a while from now, and return what each thread got."""
        at = time.time() + 2 + processes / 2
        running = [self.start("ask", at=at, **task) for _ in range(processes)]
        return [(answer, took) for each in running for answer, took in result(each)]

    def state(self) -> tuple[str, str | None, bool]:
        """Return the grant's state, its access token, and whether somebody holds the lease."""
        state, token, leased = result(self.start("state"))
        return state, token, leased


def result(process: subprocess.Popen[str]) -> Any:
    """Wait for a process, and return what it printed."""
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return json.loads(output)
