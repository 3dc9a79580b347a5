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
    with (
        running_provider() as (app, tell),
        running_site_at(app, folder, threads=threads) as address,
    ):
        yield address, tell


@contextmanager
def running_provider(*, token_ttl: int = 3600) -> Iterator[tuple[dict[str, str], Told]]:
    """Run the provider; yield the environment that names its app, and what tells it what to do.

    `token_ttl` is how many seconds an access token lives.
    """
    with _started("provider_server.py", str(token_ttl)) as provider:
        assert provider.stdin
        assert provider.stdout
        try:
            yield json.loads(provider.stdout.readline()), Told(provider)
        finally:
            provider.stdin.close()


@contextmanager
def running_site_at(app: dict[str, str], folder: Path, **more: object) -> Iterator[str]:
    """Run a site that signs people in by an app of the provider; yield its address.

    What `more` names, such as `threads`, the site reads as SITE_THREADS.
    """
    environment = {
        **os.environ,
        **app,
        "SITE_DATABASE": str(folder / "site.sqlite3"),
        **{f"SITE_{name.upper()}": str(value) for name, value in more.items()},
    }
    with (
        (folder / "log").open("w") as log,
        _started("site_server.py", env=environment, stderr=log) as site,
    ):
        assert site.stdout
        try:
            yield site.stdout.readline().strip()
        finally:
            site.terminate()


def _started(program: str, *arguments: str, **more: object) -> subprocess.Popen[str]:
    return subprocess.Popen(  # type: ignore[call-overload] # noqa: S603 # our own programs
        [sys.executable, str(FOLDER / program), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **more,
    )
