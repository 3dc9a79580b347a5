"""The live site of *Deploy*: its files, as they stand on the page, and what they start.

Replaced are names of hosts, ports and paths, and nothing else.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.load.crowd import browser
from tests.load.servers import free_port, own_postgres, own_redis
from tests.support.pages import Block, examples
from tests.support.provider.scripted import CLIENT_ID, CLIENT_SECRET, ScriptedProvider
from tests.support.provider.tls import authority

# In seconds: so long a server may take to be there.
_PATIENCE = 60
_PAGE = "howto/deploy"
# What has no place in the page's file, as it stands in nginx's own.
_NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {text}
}}
"""
# Likewise; the page's file begins with Caddy's own settings.
_CADDY = "{{\nadmin off\nhttp_port {plain}\nhttps_port {tls}\n{text}"
# startproject's, and what `install` adds; the provider is at hand.
_PROVIDER = """
GENAUTH["default"] |= {values!r}
DATABASES = {{}}
"""


def file_of(caption: str) -> Block:
    """Return the file of the page that has this name."""
    (block,) = (each for each in _FILES if each.caption and each.caption.endswith(caption))
    return block


_FILES = [
    block
    for language in ("docker", "ini", "nginx", "python", "text", "yaml")
    for block in examples(language, _PAGE)
]


class Deployed:
    """Hold a live site: its address, its folder, and the provider where its people sign in."""

    def __init__(self, folder: Path, provider: ScriptedProvider) -> None:
        self.folder = folder
        self.provider = provider
        self.plain, self.tls, self._inner = free_port(), free_port(), free_port()
        self.address = f"https://localhost:{self.tls}"
        self.environment: dict[str, str] = {
            **os.environ,
            # Caddy keeps what it knows there.
            "XDG_DATA_HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
        }

    def manage(self, line: str) -> str:
        """Run a command of the site; return what it says of mistakes."""
        command = [sys.executable, "manage.py", *shlex.split(line)]
        return subprocess.run(  # noqa: S603 # our own
            command,
            cwd=self.folder,
            env=self.environment,
            stderr=subprocess.PIPE,
            text=True,
            check=True,
        ).stderr

    def browser(self) -> requests.Session:
        """Open an empty browser that trusts the site's certificate."""
        person = browser()
        person.verify = str(self.provider.ca_bundle)
        return person

    def sign_in(self, person: requests.Session, **more: Any) -> requests.Response:
        """Take all steps of a login, and return the answer to the callback."""
        return self.get(person, self.provider.authorize(self.begin(person), **more))

    def begin(self, person: requests.Session) -> str:
        """Ask for the login, and return where it leads."""
        begun = self.get(person, f"{self.address}/genauth/login/")
        return begun.headers["Location"]

    def sign_out(self, person: requests.Session) -> requests.Response:
        """Sign out, as a form of the site does."""
        token = self.session_of(person).json()["csrf_token"]
        return person.post(
            f"{self.address}/genauth/logout/",
            headers={"Origin": self.address, "X-CSRFToken": token},
            allow_redirects=False,
        )

    def session_of(self, person: requests.Session) -> requests.Response:
        """Ask who is signed in."""
        return self.get(person, f"{self.address}/genauth/session/")

    @staticmethod
    def get(person: requests.Session, url: str, **more: Any) -> requests.Response:
        """Ask for a page, and follow no redirect."""
        return person.get(url, allow_redirects=False, timeout=_PATIENCE, **more)

    def log(self, name: str) -> str:
        """Return what stands in the log of the proxy (`site.log`) or of the site (`stderr`)."""
        return (self.folder / name).read_text("utf-8")

    def here(self, text: str) -> str:
        """Return a file's text for this machine."""
        certificate = str(authority().last_server_file)
        for theirs, ours in (
            ("https://www.example.org", self.address),
            ("www.example.org {", f"localhost {{\n tls {certificate} {certificate}"),
            ("/etc/letsencrypt/live/www.example.org/fullchain.pem", certificate),
            ("/etc/letsencrypt/live/www.example.org/privkey.pem", certificate),
            ("www.example.org", "localhost"),
            ("listen 80;", f"listen {self.plain};"),
            ("listen 443 ", f"listen {self.tls} "),
            ("127.0.0.1:8000", f"127.0.0.1:{self._inner}"),
            ("--port 8000", f"--port {self._inner}"),
            ("/srv/site/.venv/bin", str(Path(sys.executable).parent)),
            ("/srv/site", str(self.folder)),
            ("/var/log/nginx", str(self.folder)),
            ("/var/log/caddy", str(self.folder)),
        ):
            text = text.replace(theirs, ours)
        return text


@contextmanager
def deployed(folder: Path, *, proxy: str, server: str) -> Iterator[Deployed]:
    """Run the page's files with one of its two proxies, and one of its two servers."""
    with ExitStack() as running:
        provider = running.enter_context(
            ScriptedProvider(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, tls=True)
        )
        authority().server_context(("localhost",))
        # Not above: this file is also collected where the library is not installed.
        import psycopg

        port, _ = running.enter_context(own_postgres())
        redis, _ = running.enter_context(own_redis())
        with psycopg.connect(
            host="127.0.0.1", port=port, user="postgres", dbname="postgres", autocommit=True
        ) as database:
            database.execute("CREATE ROLE site LOGIN")
            database.execute("CREATE DATABASE site OWNER site")
        site = Deployed(folder, provider)
        _make_project(site)
        site.environment |= {
            "DJANGO_SETTINGS_MODULE": "mysite.live",
            "SECRET_KEY": "of-a-site-that-lives-for-a-minute-and-protects-nothing-at-all",
            "GENAUTH_APP_SECRET": CLIENT_SECRET,
            "PGHOST": "127.0.0.1",
            "PGPORT": str(port),
            "REDIS_URL": redis,
        }
        site.manage("migrate -v0")
        site.manage("collectstatic --no-input -v0")
        for command in (_server(site, server), _proxy(site, proxy)):
            running.enter_context(_started(site, command))
        _wait_for(site, status=requests.codes.ok)
        yield site


@contextmanager
def proxy_alone(folder: Path, proxy: str) -> Iterator[Deployed]:
    """Run one of the proxies in front of a site that is not there."""
    with ScriptedProvider(tls=True) as provider:
        authority().server_context(("localhost",))
        site = Deployed(folder, provider)
        with _started(site, _proxy(site, proxy)):
            _wait_for(site, status=requests.codes.bad_gateway)
            yield site


@contextmanager
def _started(site: Deployed, command: list[str]) -> Iterator[None]:
    with (site.folder / "stderr").open("a") as log:
        process = subprocess.Popen(  # noqa: S603 # the page's
            command, cwd=site.folder, env=site.environment, stdout=log, stderr=log
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def _make_project(site: Deployed) -> None:
    """Make the project that `install` describes, and put the page's files beside it."""
    subprocess.run(  # noqa: S603 # Django's own
        [sys.executable, "-m", "django", "startproject", "mysite", str(site.folder)], check=True
    )
    settings, urls = (site.folder / "mysite" / name for name in ("settings.py", "urls.py"))
    provider = {
        "APP_ID": CLIENT_ID,
        "APP_HOST": site.provider.base_url,
        "CA_BUNDLE": str(site.provider.ca_bundle),
        "ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256",
    }
    added = [
        *(block.text for block in examples("python", "install") if block.caption != "urls.py"),
        _PROVIDER.format(values=provider),
    ]
    settings.write_text("\n".join([settings.read_text("utf-8"), *added]), "utf-8")
    (addresses,) = examples("python", "install", "urlpatterns")
    urls.write_text(f"{urls.read_text('utf-8')}\n{addresses.text}", "utf-8")
    for caption in ("mysite/live.py", "gunicorn.conf.py"):
        (site.folder / caption).write_text(site.here(file_of(caption).text), "utf-8")


def _server(site: Deployed, server: str) -> list[str]:
    unit = {"gunicorn": "site.service", "uvicorn": "uvicorn.conf"}[server]
    line = re.findall(r"^ExecStart=(.+)", file_of(unit).text, re.MULTILINE)[-1]
    return shlex.split(site.here(line))


def _proxy(site: Deployed, proxy: str) -> list[str]:
    page, frame, command = {
        "nginx": ("nginx/conf.d/site.conf", _NGINX, "nginx -p {folder} -c {file}"),
        "caddy": ("Caddyfile", _CADDY, "caddy run --adapter caddyfile --config {file}"),
    }[proxy]
    text = site.here(file_of(page).text).removeprefix("{\n")
    file = site.folder / f"{proxy}.conf"
    file.write_text(
        frame.format(folder=site.folder, text=text, plain=site.plain, tls=site.tls), "utf-8"
    )
    return shlex.split(command.format(folder=site.folder, file=file))


def _wait_for(site: Deployed, *, status: int) -> None:
    ends = time.monotonic() + _PATIENCE
    with site.browser() as person:
        while True:
            try:
                answer = site.get(person, f"{site.address}/genauth/health/")
            except requests.ConnectionError:
                answer = None
            if answer is not None and answer.status_code == status:
                return
            if time.monotonic() > ends:
                raise RuntimeError(f"The site is not there: {site.log('stderr')}")
            time.sleep(0.1)
