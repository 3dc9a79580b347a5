"""Ory Hydra, set up as `docs/howto/providers/ory-hydra.rst` says.

`.ci/optional hydra` builds it. The login and consent app, which Hydra wants, is played here: it
says yes to everything.
"""

from __future__ import annotations

import json
import shlex
import subprocess
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from tests.support.provider.browser_forms import Arrival
from tests.support.provider.real.documented import Page
from tests.support.provider.real.server import CACHE, Person, Server, free_port

_PROGRAM = CACHE / "hydra" / "hydra"
_PAGES = "/pages-of-the-login-and-consent-app"


class Hydra(Server):
    """Run Hydra with its database in memory, inside a `with` block."""

    person = Person("ada", "ada@example.org", [])

    def __init__(self, site: str) -> None:
        if not _PROGRAM.is_file():
            raise RuntimeError(f"{_PROGRAM} is missing: run .ci/optional hydra")
        port, admin = free_port(), free_port()
        base_url = f"http://127.0.0.1:{port}"
        self.page = Page("ory-hydra", provider=base_url, site=site)
        self._admin = f"http://127.0.0.1:{admin}"
        self._session = requests.Session()
        self._session.trust_env = False
        self._secrets: dict[str, tuple[str, str]] = {}
        environment = {
            "DSN": "memory",
            "SECRETS_SYSTEM": "a secret of a test that is long enough",
            "SERVE_PUBLIC_HOST": "127.0.0.1",
            "SERVE_PUBLIC_PORT": str(port),
            "SERVE_ADMIN_HOST": "127.0.0.1",
            "SERVE_ADMIN_PORT": str(admin),
            "SQA_OPT_OUT": "true",
            "URLS_SELF_ISSUER": base_url,
            **{f"URLS_{page}": f"{base_url}{_PAGES}" for page in ("LOGIN", "CONSENT", "LOGOUT")},
        }
        super().__init__(
            [_PROGRAM, "serve", "all", "--dev"],
            base_url=base_url,
            issuer=base_url,
            probe=f"{base_url}/health/ready",
            end_session=f"{base_url}/oauth2/sessions/logout",
            environment=environment,
        )

    def app(self, client_id: str = "website", **changes: Any) -> dict[str, Any]:
        # Hydra makes up the ids and the secrets.
        own_id, secret = self._secrets[client_id]
        return {**super().app(own_id), "APP_SECRET": secret, **changes}

    def register(self, client_id: str, *changes: str) -> None:
        """Make a client by the page's command, with further options."""
        command = self.page.text("console", "create client").replace("\\\n", "").strip()
        # The prompt and the program's name go.
        options = shlex.split(command.removeprefix("$ "))[1:]
        made = subprocess.run(  # noqa: S603 - the page's own command
            [_PROGRAM, *options, "--endpoint", self._admin, "--format", "json", *changes],
            check=True,
            capture_output=True,
        )
        client = json.loads(made.stdout)
        self._secrets[client_id] = client["client_id"], client.get("client_secret", "")

    def sign_in(
        self, authorization_url: str, session: requests.Session, *, login: str, allow: bool = True
    ) -> Arrival:
        return self._walk(authorization_url, session, login)

    def pass_through(self, authorization_url: str, session: requests.Session) -> Arrival:
        return self._walk(authorization_url, session, None)

    def sign_out(self, logout_url: str, session: requests.Session) -> Arrival:
        return self._walk(logout_url, session, None)

    def _walk(self, url: str, session: requests.Session, login: str | None) -> Arrival:
        while url.startswith(f"{self.base_url}/"):
            asked = {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}
            if url.startswith(f"{self.base_url}{_PAGES}"):
                url = self._agree(asked, login)
                continue
            answer = session.get(url, allow_redirects=False, timeout=20)
            if not answer.is_redirect:
                # Its page for who has signed out, and said no way back.
                if answer.ok:
                    break
                raise RuntimeError(f"Hydra answered {answer.status_code}: {answer.text}")
            url = urljoin(url, answer.headers["Location"])
        return Arrival(url)

    def _agree(self, asked: dict[str, str], login: str | None) -> str:
        """Answer a page for the person, and return where Hydra sends the browser next."""
        (kind,) = [name.removesuffix("_challenge") for name in asked if name.endswith("_challenge")]
        url = f"{self._admin}/admin/oauth2/auth/requests/{kind}"
        challenge = {f"{kind}_challenge": asked[f"{kind}_challenge"]}
        request = self._session.get(url, params=challenge, timeout=20).json()
        if kind == "login" and not request["skip"] and login is None:
            raise RuntimeError("the provider asks for the password")
        answers: dict[str, dict[str, Any]] = {
            "login": {"subject": request.get("subject") or login, "remember": True},
            "consent": {
                "grant_scope": request.get("requested_scope"),
                "session": {"id_token": {"email": self.person.email}},
            },
            "logout": {},
        }
        answer = self._session.put(
            f"{url}/accept", params=challenge, json=answers[kind], timeout=20
        )
        answer.raise_for_status()
        return str(answer.json()["redirect_to"])
