"""Show django_genauth at work: the example site and the stand-in provider, both on this machine.

`python testproject/demo.py` runs them until Ctrl-C; with `--check` a visitor without a browser
signs in and out, and the exit status says whether that worked.
"""

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from visitor import Machine, walk_through

_HERE = Path(__file__).resolve().parent
_USERNAME = "ada"


class _Ended(Exception):
    """Say which process ended when it should not have."""


@dataclass(frozen=True)
class _Demo:
    site: str
    password: str
    machine: Machine
    processes: tuple[subprocess.Popen[str], ...]


def main() -> int:
    """Start both, then wait or check; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="sign in and out without a browser")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with _demo() as demo:
            if options.check:
                return 0 if _is_walked_through(demo) else 1
            _wait(demo)
    except _Ended as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stdout.write("\nStopped.\n")
    return 0


@contextmanager
def _demo() -> Iterator[_Demo]:
    """Run provider and site; their files are in one temporary directory, which goes with them."""
    with tempfile.TemporaryDirectory(prefix="genauth-demo-") as directory:
        shared = {**os.environ, "TMPDIR": directory}
        with _running("-m", "provider", environment=shared) as provider:
            about = json.loads(_first_line(provider, "The provider"))
            environment = {
                **shared,
                "DJANGO_SETTINGS_MODULE": "website.settings",
                "WEBSITE_DATABASE": str(Path(directory) / "website.sqlite3"),
                "WEBSITE_SECRET_KEY": secrets.token_urlsafe(48),
                "GENAUTH_APP_ID": about["client_id"],
                "GENAUTH_APP_SECRET": about["client_secret"],
                "GENAUTH_APP_HOST": about["base_url"],
            }
            with _running("manage.py", "migrate", "-v0", environment=environment) as migration:
                if migration.wait():
                    raise _Ended("The site's database could not be made.")
            with _running("server.py", environment=environment) as site:
                address = _first_line(site, "The site")
                try:
                    machine = Machine(
                        token_endpoint=f"{about['issuer']}/token",
                        access_key=about["access_key"],
                        secret_key=about["secret_key"],
                    )
                    password = about["passwords"][_USERNAME]
                    yield _Demo(address, password, machine, (provider, site))
                finally:
                    # tox repeats the signal within half a second; the clearing up goes on.
                    signal.signal(signal.SIGINT, signal.SIG_IGN)
                    signal.signal(signal.SIGTERM, signal.SIG_IGN)


@contextmanager
def _running(*arguments: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # noqa: S603 - this Python and files of this directory
        [sys.executable, *arguments],
        cwd=_HERE,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def _first_line(process: subprocess.Popen[str], name: str) -> str:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise _Ended(f"{name} ended before it could be asked anything.")
    return line.strip()


def _is_walked_through(demo: _Demo) -> bool:
    return walk_through(demo.site, _USERNAME, demo.password, demo.machine)


def _wait(demo: _Demo) -> None:
    form = " ".join(f"-d {name}={value}" for name, value in demo.machine.form.items())
    sys.stdout.write(
        f"\n  Open       {demo.site}/"
        f"\n  Sign in    {_USERNAME}"
        f"\n  Password   {demo.password}"
        "\n\n  A program calls the site's API with an access token, which it gets by its own keys:"
        f"\n\n    curl -s {form} {demo.machine.token_endpoint}"
        f'\n    curl -H "Authorization: Bearer ACCESS_TOKEN" {demo.site}/api/me/'
        "\n\n  Ctrl-C stops the site and the provider.\n"
    )
    sys.stdout.flush()
    while all(process.poll() is None for process in demo.processes):
        time.sleep(0.2)
    raise _Ended("The site or the provider ended by itself.")


if __name__ == "__main__":
    sys.exit(main())
