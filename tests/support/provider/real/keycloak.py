"""Keycloak, with the realm and the client of `docs/howto/providers/keycloak.rst`.

`.ci/providers` brings it. Its database is in memory, its administrator's password is no secret.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, Self

import requests

from tests.support.provider.real.documented import Page
from tests.support.provider.real.server import CACHE, Person, Server, free_port

VERSION = "26.7.3"
REALM = "staff"
_ADMINISTRATOR = "admin"
# H2 takes one of the names in Keycloak's own migrations for a word of SQL.
_DATABASE = "jdbc:h2:mem:keycloak;NON_KEYWORDS=VALUE;DB_CLOSE_DELAY=-1"

# Ada is in two groups of one name, and one that contains others.
PEOPLE: dict[str, dict[str, Any]] = {
    "ada": {
        "email": "ada@example.org",
        "firstName": "Ada",
        "lastName": "Lovelace",
        "groups": ["/hr/editors", "/it/editors", "/it"],
        "realmRoles": ["default-roles-staff", "reviewer"],
    },
    "grace": {"email": "grace@example.org", "firstName": "Grace", "lastName": "Hopper"},
}


def home() -> Path:
    """Return where Keycloak was unpacked and built."""
    folder = CACHE / f"keycloak-{VERSION}"
    if not (folder / "lib" / "quarkus" / "build-system.properties").is_file():
        raise RuntimeError(f"Keycloak is missing in {folder}: run .ci/providers")
    return folder


class Keycloak(Server):
    """Run Keycloak with one realm and the site's client in it, inside a `with` block."""

    person = Person("ada", "ada@example.org", ["editors", "it"])

    def __init__(self, site: str) -> None:
        base_url = f"http://127.0.0.1:{free_port()}"
        self.page = Page("keycloak", provider=base_url, site=site)
        self._keys = 0
        self._admin = requests.Session()
        self._admin.trust_env = False
        listen = {
            "http-enabled": "true",
            "http-host": "127.0.0.1",
            "http-port": base_url.rpartition(":")[2],
            # People come by this address. The site may come by another name of this machine.
            "hostname": base_url,
            "hostname-backchannel-dynamic": "true",
            "db-url": _DATABASE,
            # Kept connections to the site would outlive its browsers.
            "spi-connections-http-client--default--reuse-connections": "false",
        }
        super().__init__(
            [
                home() / "bin" / "kc.sh",
                "start",
                "--optimized",
                *(f"--{name}={value}" for name, value in listen.items()),
            ],
            base_url=base_url,
            issuer=f"{base_url}/realms/{REALM}",
            probe=f"{base_url}/realms/master",
            end_session=f"{base_url}/realms/{REALM}/protocol/openid-connect/logout",
            environment={
                # Code that is compiled well is compiled long, and these tests are soon over.
                "JAVA_OPTS_APPEND": "-XX:TieredStopAtLevel=1",
                "KC_BOOTSTRAP_ADMIN_USERNAME": _ADMINISTRATOR,
                "KC_BOOTSTRAP_ADMIN_PASSWORD": _ADMINISTRATOR,
            },
        )

    def __enter__(self) -> Self:
        super().__enter__()
        self.administer("POST", "", self._realm())
        return self

    def register(
        self, client_id: str, *, attributes: dict[str, str] | None = None, **changes: Any
    ) -> str:
        """Make a client that is as the page says, but for what is named; return its own id."""
        client = self._client(client_id)
        client["attributes"] |= attributes or {}
        return self.administer("POST", f"/{REALM}/clients", client | changes)["id"]

    def administer(self, method: str, path: str, document: Any = None) -> Any:
        """Ask the administrators' API for something, and return the JSON that it answers."""
        answer = self._admin.request(
            method,
            f"{self.base_url}/admin/realms{path}",
            json=document,
            headers={"Authorization": f"Bearer {self._token()}"},
            timeout=60,
        )
        answer.raise_for_status()
        if "Location" in answer.headers:
            return {"id": answer.headers["Location"].rpartition("/")[2]}
        return answer.json() if answer.content else None

    def add_key(self) -> None:
        self._keys += 1
        key = {
            "name": f"key {self._keys} of a test",
            "providerId": "rsa-generated",
            "providerType": "org.keycloak.keys.KeyProvider",
            # The highest one signs.
            "config": {"priority": [str(100 + self._keys)], "algorithm": ["RS256"]},
        }
        self.administer("POST", f"/{REALM}/components", key)

    def _token(self) -> str:
        answer = self._admin.post(
            f"{self.base_url}/realms/master/protocol/openid-connect/token",
            data={
                "client_id": "admin-cli",
                "grant_type": "password",
                "username": _ADMINISTRATOR,
                "password": _ADMINISTRATOR,
            },
            timeout=60,
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def _client(self, client_id: str) -> dict[str, Any]:
        written: dict[str, Any] = copy.deepcopy(self.page.document('"clientId"'))
        changed = json.loads(json.dumps(written).replace('"website"', json.dumps(client_id)))
        return {**changed, "secret": self.page.app()["APP_SECRET"]}

    def _realm(self) -> dict[str, Any]:
        return {
            "realm": REALM,
            "enabled": True,
            "sslRequired": "none",
            # The page recommends it.
            "revokeRefreshToken": True,
            # What is there by itself takes a second for each login.
            "passwordPolicy": "hashAlgorithm(pbkdf2-sha256) and hashIterations(1)",
            "roles": {"realm": [{"name": "reviewer"}]},
            "groups": [
                {"name": "hr", "subGroups": [{"name": "editors"}]},
                {"name": "it", "subGroups": [{"name": "editors"}]},
            ],
            "users": [
                {
                    "username": name,
                    "enabled": True,
                    "emailVerified": True,
                    "credentials": [{"type": "password", "value": self.password(name)}],
                    **person,
                }
                for name, person in PEOPLE.items()
            ],
            "clients": [self._client("website")],
        }
