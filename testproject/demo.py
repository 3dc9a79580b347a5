"""Show django_genauth at work: the example site and the stand-in provider, both on this machine.

`python testproject/demo.py` runs them until Ctrl-C; with `--check` a visitor without a browser
tries what the home page says, and the exit status says whether that worked.
"""

# ruff: noqa: E402 - a signal that comes while Python imports the rest ends quietly, too.

import signal
import sys
from types import FrameType
from typing import Any, Final, NoReturn

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    """End by an exception, which clears up; tox repeats the signal within half a second."""
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(0)


for _signal in _SIGNALS:
    signal.signal(_signal, _stop)

import argparse
import json
import os
import secrets
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_ABOUT = {
    "ada": "An editor, with a full profile: staff here",
    "grace": "A member, whose e-mail address is not verified",
    "blank": "Somebody of whom the provider says nothing",
    "void": "The same, and another person",
}


class _Ended(Exception):
    """Say which process ended when it should not have."""


@dataclass(frozen=True)
class _Demo:
    site: str
    # What the provider announced: addresses, keys, passwords.
    about: dict[str, Any]
    shown: dict[str, Any]
    processes: tuple[subprocess.Popen[str], ...]


def main() -> int:
    """Start both, then wait or check; return the exit status."""
    options = _parse_arguments()
    try:
        with _demo(options) as demo:
            if options.check:
                return 0 if _is_walked_through(demo) else 1
            _wait(demo)
    except _Ended as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except SystemExit:
        sys.stdout.write("\nStopped.\n")
        return 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="try everything without a browser")
    parser.add_argument("--password", help="of everybody; without it, each has their own")
    parser.add_argument(
        "--user", action="append", default=[], metavar="NAME", help="add a person; may be repeated"
    )
    parser.add_argument(
        "--claim",
        action="append",
        default=[],
        type=_claim,
        metavar="NAME=JSON",
        help="give this claim to each --user, or to everybody where there is none; may be repeated:"
        """ --claim roles='["editors"]'""",
    )
    return parser.parse_args()


def _claim(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not NAME=JSON. A text stands in quotes: --claim team='\"blue\"'"
        ) from None


def _people_of(options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Return the claims that are added, by user name."""
    people: dict[str, dict[str, Any]] = {"ada": {"roles": ["editors"]}}
    for username in options.user:
        people[username] = {"name": username.capitalize(), "given_name": username.capitalize()}
    for username in options.user or _ABOUT:
        people[username] = {**people.get(username, {}), **dict(options.claim)}
    return people


@contextmanager
def _demo(options: argparse.Namespace) -> Iterator[_Demo]:
    """Run provider and site; their files are in one temporary directory, which goes with them."""
    with tempfile.TemporaryDirectory(prefix="genauth-demo-") as directory:
        shared = {**os.environ, "TMPDIR": directory}
        people = ["--people", json.dumps(_people_of(options))]
        password = ["--password", options.password] if options.password else []
        pages = ["callback/", "club/callback/"]
        uris = [f"--redirect-uri=http://127.0.0.1/genauth/{page}" for page in pages]
        provider_command = ["-m", "provider", *uris, *people, *password]
        with _running(*provider_command, environment=shared) as provider:
            about = json.loads(_first_line(provider, "The provider"))
            shown = _shown(about)
            environment = {
                **shared,
                "DJANGO_SETTINGS_MODULE": "website.demo_settings",
                "WEBSITE_DATABASE": str(Path(directory) / "website.sqlite3"),
                "WEBSITE_SECRET_KEY": secrets.token_urlsafe(48),
                "WEBSITE_DEMO": json.dumps(shown),
                "GENAUTH_APP_ID": about["client_id"],
                "GENAUTH_APP_SECRET": about["client_secret"],
                "GENAUTH_APP_HOST": about["base_url"],
            }
            with _running("manage.py", "migrate", "-v0", environment=environment) as migration:
                if migration.wait():
                    raise _Ended("The site's database could not be made.")
            with _running("server.py", environment=environment) as site:
                yield _Demo(_first_line(site, "The site"), about, shown, (provider, site))


def _shown(about: dict[str, Any]) -> dict[str, Any]:
    """Return what the home page and the terminal say."""
    form = {
        "grant_type": "client_credentials",
        "client_id": about["access_key"],
        "client_secret": about["secret_key"],
        "scope": "reports:read",
        "resource": "https://reading-room.example/api",
    }
    values = " ".join(f"-d {name}={value}" for name, value in form.items())
    return {
        "people": [
            {
                "username": username,
                "password": password,
                "about": _ABOUT.get(username, "Added on the command line"),
            }
            for username, password in about["passwords"].items()
        ],
        "status_url": f"{about['base_url']}/status",
        "token_endpoint": f"{about['issuer']}/token",
        "token_form": form,
        "token_command": f"curl -s {values} {about['issuer']}/token",
    }


@contextmanager
def _running(*arguments: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = None
    try:
        with _signals_held_back():
            process = subprocess.Popen(  # noqa: S603 - this Python and files of this directory
                [sys.executable, *arguments],
                cwd=_HERE,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                text=True,
                # Ctrl-C is for this process alone, which ends the others in their order.
                process_group=0,
            )
        yield process
    finally:
        if process is not None:
            with process:
                process.terminate()


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Wait with a signal until a process has started; else nobody would end that process."""
    arrived: list[int] = []
    handlers = {each: signal.signal(each, lambda n, _: arrived.append(n)) for each in _SIGNALS}
    try:
        yield
    finally:
        for each, handler in handlers.items():
            signal.signal(each, handler)
    if arrived:
        _stop(arrived[0], None)


def _first_line(process: subprocess.Popen[str], name: str) -> str:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise _Ended(f"{name} ended before it could be asked anything.")
    return line.strip()


def _is_walked_through(demo: _Demo) -> bool:
    # It brings `requests`, which nobody needs who only looks.
    from visitor import walk_through

    return walk_through(demo.site, demo.shown, demo.about["passwords"])


def _wait(demo: _Demo) -> NoReturn:
    people = demo.shown["people"]
    width = max(len(person["username"]) for person in people)
    long = max(len(person["password"]) for person in people)
    rows = [f"{'USER':{width}}  {'PASSWORD':{long}}"] + [
        f"{person['username']:{width}}  {person['password']:{long}}  {person['about']}"
        for person in people
    ]
    table = "".join(f"\n    {row.rstrip()}" for row in rows)
    sys.stdout.write(
        f"\n  Open {demo.site}/ and sign in. That page says what to try.\n{table}"
        f"\n\n  The provider down, and up again: {demo.shown['status_url']}"
        "\n\n  A program calls the site's API with an access token, which it gets by its own keys:"
        f"\n\n    {demo.shown['token_command']}"
        f'\n    curl -H "Authorization: Bearer ACCESS_TOKEN" {demo.site}/api/me/'
        "\n\n  Ctrl-C stops the site and the provider.\n"
    )
    sys.stdout.flush()
    while all(process.poll() is None for process in demo.processes):
        time.sleep(0.2)
    raise _Ended("The site or the provider ended by itself.")


if __name__ == "__main__":
    sys.exit(main())
