"""How a sweep over all grants grows: its memory with the table, its rate with the workers.

`python -m benchmarks.sweep [--grants N]`, with PostgreSQL on 127.0.0.1. Ends with 1 where a bound
is not kept. The provider answers in 20 ms, in a process of its own, and so does each sweep.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import django
from django.conf import settings

from tests.support.tables import Verdict, show

_DATABASE = "genauth_sweep_benchmark"
_SECONDS = 0.02
_FEW = 1_000
_WORKERS = 8
_BATCH = 1_000
# Of the rate that so many workers would have who never wait for each other.
_LEAST = 0.9
_MOST_MEGABYTES = 30


def main() -> int:
    """Measure, print the table; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweep", description=__doc__)
    parser.add_argument("--grants", type=int, default=100_000, help="of the large table")
    many = parser.parse_args().grants
    with _provider() as base_url:
        configure(base_url)
        from django.db import connection

        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            fill(_FEW)
            one = _run(base_url, workers=1)
            few = _run(base_url, workers=_WORKERS)
            fill(many)
            large = _run(base_url, workers=_WORKERS)
        finally:
            connection.creation.destroy_test_db(_DATABASE, verbosity=0)
    rows = [
        (f"{count:,} grants, {workers} workers", f"{each['rate']:.1f}", f"{each['megabytes']:.1f}")
        for count, workers, each in (
            (_FEW, 1, one),
            (_FEW, _WORKERS, few),
            (many, _WORKERS, large),
        )
    ]
    show("genauth_introspect --all", ("", "tokens a second", "MB at most"), rows)
    verdicts = [
        Verdict("rate of one worker to a worker's of 8", one["rate"] / few["rate"] * 8, 1 / _LEAST),
        Verdict("MB more", large["megabytes"] - few["megabytes"], _MOST_MEGABYTES),
    ]
    sys.stdout.write("\n" + "".join(f"{verdict}\n" for verdict in verdicts))
    return 0 if all(verdict.is_good for verdict in verdicts) else 1


def configure(base_url: str) -> None:
    """Set up a site with its database and its provider."""
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": os.environ.get("PGDATABASE", "postgres"),
                "HOST": os.environ.get("PGHOST", "127.0.0.1"),
                "USER": os.environ.get("PGUSER", "postgres"),
                "TEST": {"NAME": _DATABASE},
            }
        },
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django_genauth",
        ],
        GENAUTH={
            "default": {
                "APP_ID": "5f17a529f64fb009b794a2ff",
                "APP_SECRET": "2f5a8c1e7b9d4036a1c2e3f405162738",
                "APP_HOST": base_url,
                "DISCOVERY": False,
                "ALLOW_INSECURE_HTTP": True,
            }
        },
        SECRET_KEY="a-secret-key-that-protects-nothing",  # noqa: S106 # it protects nothing
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()


def fill(count: int) -> None:
    """Add users with a grant each until there are so many."""
    from django.contrib.auth.models import User

    from django_genauth.conf import get_app
    from django_genauth.grants import rows as grant_rows
    from django_genauth.models import Grant, Identity

    for start in range(Grant.objects.count(), count, _BATCH):
        numbers = range(start, min(start + _BATCH, count))
        users = User.objects.bulk_create(User(username=f"user-{number}") for number in numbers)
        identities = Identity.objects.bulk_create(
            Identity(user=user, issuer="https://acme.genauth.ai/oidc", subject=f"{user.pk:024x}")
            for user in users
        )
        rows = [Grant(identity=identity, app="default") for identity in identities]
        for row in rows:
            tokens = {
                "access_token": f"access-{row.identity_id}-" + "a" * 700,
                "refresh_token": f"refresh-{row.identity_id}-" + "r" * 40,
                "id_token": "i" * 900,
                "expires_at": time.time(),
            }
            for name, value in grant_rows.columns(row, tokens, get_app()).items():
                setattr(row, name, value)
        Grant.objects.bulk_create(rows)


def sweep(base_url: str, workers: str) -> None:
    """Be the process that sweeps, and say how fast that was."""
    configure(base_url)
    from django.core.management import call_command
    from django.db import connection

    connection.settings_dict["NAME"] = _DATABASE
    begun = time.monotonic()
    call_command("genauth_introspect", "--all", "--workers", workers, "--format", "json")
    sys.stderr.write(json.dumps(time.monotonic() - begun) + "\n")


def _run(base_url: str, *, workers: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.sweep", "--sweep", base_url, str(workers)]
    with subprocess.Popen(  # noqa: S603 # our own command, no shell
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        # The lines are read as a script would, without keeping them.
        done = sum(1 for _ in process.stdout or ())
        *_, seconds = (process.stderr or sys.stdin).read().splitlines()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"the sweep ended with {process.returncode}")
    return {"rate": done / float(seconds), "megabytes": usage.ru_maxrss / 1024}


@contextmanager
def _provider() -> Iterator[str]:
    """Run the provider, and yield its address."""
    processes = get_context("spawn")
    ours, theirs = processes.Pipe()
    process = processes.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    yield f"http://127.0.0.1:{ours.recv()}"
    process.terminate()
    process.join()


def serve(announce: Connection[Any, Any]) -> None:
    """Answer every request with an active token, 20 ms after it came."""
    body = b'{"active":true,"exp":1900000000}'
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]
                await reader.readexactly(int(length or 0))
                await asyncio.sleep(_SECONDS)
                writer.write(answer % (len(body), body))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def listen() -> None:
        server = await asyncio.start_server(speak, "127.0.0.1", 0)
        announce.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(listen())


if __name__ == "__main__":
    if sys.argv[1:2] == ["--sweep"]:
        sweep(*sys.argv[2:])
    else:
        sys.exit(main())
