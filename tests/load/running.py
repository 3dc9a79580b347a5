"""Start the provider and the site, each in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.load.crowd import Told

FOLDER = Path(__file__).parent


@contextmanager
def running_site(folder: Path, *, threads: int = 8) -> Iterator[tuple[str, Told]]:
    """Run both; yield the site's address, and what tells the provider what to do."""

    def started(program: str, **more: object) -> subprocess.Popen[str]:
        return subprocess.Popen(  # type: ignore[call-overload] # noqa: S603 # our own programs
            [sys.executable, str(FOLDER / program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **more,
        )

    with started("provider_server.py") as provider, (folder / "log").open("w") as log:
        environment = {
            **os.environ,
            "SITE_DATABASE": str(folder / "site.sqlite3"),
            "SITE_THREADS": str(threads),
            **json.loads(provider.stdout.readline()),
        }
        with started("site_server.py", env=environment, stderr=log) as site:
            yield site.stdout.readline().strip(), Told(provider)
            site.terminate()
        provider.stdin.close()
