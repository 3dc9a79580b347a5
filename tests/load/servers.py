"""PostgreSQL and Redis of a test's own, which can be killed without anybody else's noticing.

What they keep is gone with the test. How the site is run stands in `running`.
"""

from __future__ import annotations

import glob
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# In seconds: so long a server may take to be there.
_PATIENCE = 60


class OwnServer:
    """Run a server that can be killed, and started again as it was."""

    def __init__(self, command: list[str], *, is_there: Callable[[], object], **more: Any) -> None:
        self._command = command
        self._is_there = is_there
        self._more = more
        self.start()

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        self._process = subprocess.Popen(  # noqa: S603 # our own servers
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self._more
        )
        # Not above: these files are also collected where the libraries are not installed.
        import psycopg
        import redis

        ends = time.monotonic() + _PATIENCE
        while True:
            try:
                self._is_there()
            except (psycopg.Error, redis.RedisError):
                if time.monotonic() > ends or self._process.poll() is not None:
                    raise
                time.sleep(0.05)
            else:
                return

    def stop(self, how: signal.Signals) -> None:
        """Send it a signal that ends it, and wait for its end."""
        self._process.send_signal(how)
        self._process.wait(_PATIENCE)


@contextmanager
def own_redis() -> Iterator[tuple[str, OwnServer]]:
    """Run a Redis that keeps nothing on disk; yield its address, and what stops it."""
    port = free_port()
    address = f"redis://127.0.0.1:{port}/0"
    server = OwnServer(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
        is_there=lambda: _ping(address),
        cwd=tempfile.gettempdir(),
    )
    try:
        yield address, server
    finally:
        server.stop(signal.SIGKILL)


@contextmanager
def own_postgres() -> Iterator[tuple[int, OwnServer]]:
    """Run a PostgreSQL whose user is `postgres`; yield its port, and what stops it."""
    port = free_port()
    # Not below pytest's own folder, which no other user may enter.
    with tempfile.TemporaryDirectory() as folder:
        more: dict[str, Any] = {"cwd": folder}
        if os.geteuid() == 0:
            # It refuses to be run by root.
            more.update(user="postgres", group="postgres", extra_groups=[])
            shutil.chown(folder, "postgres", "postgres")
        initdb = [_binary("initdb"), "-D", f"{folder}/data", "-U", "postgres", "-A", "trust"]
        subprocess.run([*initdb, "--no-sync"], check=True, capture_output=True, **more)  # noqa: S603 # our own
        data = ["-D", f"{folder}/data", "-k", folder, "-h", "127.0.0.1", "-p", str(port)]
        server = OwnServer(
            # What is committed outlives the server's own end, though not the machine's.
            [_binary("postgres"), *data, "-c", "fsync=off", "-c", "max_connections=100"],
            is_there=lambda: _connect(port),
            **more,
        )
        try:
            yield port, server
        finally:
            server.stop(signal.SIGQUIT)


def _connect(port: int) -> None:
    import psycopg

    psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres").close()


def _ping(address: str) -> None:
    import redis

    redis.Redis.from_url(address).ping()


def _binary(name: str) -> str:
    """Return where a program of PostgreSQL's is: Debian keeps them out of PATH."""
    found = shutil.which(name) or max(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), default="")
    if not Path(found).is_file():
        raise FileNotFoundError(f"{name} of PostgreSQL is not installed")
    return found


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
