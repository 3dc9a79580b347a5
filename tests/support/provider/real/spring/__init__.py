"""Spring Authorization Server, set up as `docs/howto/providers/spring.rst` says.

`.ci/optional spring` builds it of the two files beside this one. Its person and its clients are
properties of Spring Boot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from tests.support.provider.browser_forms import Arrival
from tests.support.provider.real.documented import Page
from tests.support.provider.real.server import CACHE, Person, Server, free_port

_PROGRAM = CACHE / "spring" / "provider-1.jar"
_CLIENT = "spring.security.oauth2.authorizationserver.client"


class Spring(Server):
    """Run the server, inside a `with` block. `clients` are changed properties, by client id."""

    person = Person("ada", "ada@example.org", [])

    def __init__(self, site: str, clients: Mapping[str, Mapping[str, str]]) -> None:
        if not _PROGRAM.is_file():
            raise RuntimeError(f"{_PROGRAM} is missing: run .ci/optional spring")
        port = free_port()
        base_url = f"http://127.0.0.1:{port}"
        self.page = Page("spring", provider=base_url, site=site)
        written = dict(
            line.split("=", 1) for line in self.page.text("properties").splitlines() if line
        )
        properties = {
            **written,
            "server.port": port,
            "server.address": "127.0.0.1",
            "spring.security.user.name": "ada",
            "spring.security.user.password": self.password("ada"),
        }
        for client_id, changes in clients.items():
            for name, value in written.items():
                properties[name.replace(f"{_CLIENT}.website.", f"{_CLIENT}.{client_id}.")] = value
            named = {
                "registration.client-id": client_id,
                "registration.client-secret": f"{{noop}}{self._secret(client_id)}",
                **changes,
            }
            properties |= {f"{_CLIENT}.{client_id}.{name}": each for name, each in named.items()}
        super().__init__(
            [
                *("java", "-Xmx300m", "-XX:TieredStopAtLevel=1", "-jar", _PROGRAM),
                *(f"--{name}={value}" for name, value in properties.items()),
            ],
            base_url=base_url,
            issuer=base_url,
            probe=f"{base_url}/.well-known/openid-configuration",
            end_session=f"{base_url}/connect/logout",
        )

    def app(self, client_id: str = "website", **changes: Any) -> dict[str, Any]:
        return super().app(client_id, **{"APP_SECRET": self._secret(client_id), **changes})

    def _secret(self, client_id: str) -> str:
        """Return a client's secret: no two may have the same."""
        secret: str = self.page.app()["APP_SECRET"]
        return secret if client_id == "website" else f"{secret}-of-{client_id}"

    def sign_in(
        self, authorization_url: str, session: requests.Session, *, login: str, allow: bool = True
    ) -> Arrival:
        # Whoever does not ask for a page is refused, and not asked to sign in.
        session.headers["Accept"] = "text/html"
        return super().sign_in(authorization_url, session, login=login, allow=allow)
