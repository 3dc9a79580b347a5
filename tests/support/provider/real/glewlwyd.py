"""Glewlwyd of Debian's package, set up as `docs/howto/providers/glewlwyd.rst` says.

`.ci/providers` brings it. Its pages are scripts; the requests that these make are made here.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import requests
from jwcrypto.jwk import JWK

from tests.support.provider.browser_forms import Arrival
from tests.support.provider.real.documented import Page
from tests.support.provider.real.server import Person, Server, free_port

_TABLES = Path("/usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz")
_CONFIGURATION = """
port = {port}
bind_address = "127.0.0.1"
external_url = "http://127.0.0.1:{port}"
login_url = "login.html"
api_prefix = "api"
log_mode = "console"
log_level = "WARNING"
cookie_domain = "127.0.0.1"
cookie_secure = 0
admin_scope = "g_admin"
profile_scope = "g_profile"
admin_session_authentication = "cookie"
hash_algorithm = "SHA512"
user_module_path = "/usr/lib/glewlwyd/user"
client_module_path = "/usr/lib/glewlwyd/client"
user_auth_scheme_module_path = "/usr/lib/glewlwyd/scheme"
plugin_module_path = "/usr/lib/glewlwyd/plugin"
database = {{ type = "sqlite3"; path = "{folder}/database" }};
"""
_KEYS: dict[str, dict[str, Any]] = {
    "RS256": {"kty": "RSA", "size": 2048},
    "ES256": {"kty": "EC", "crv": "P-256"},
    "EdDSA": {"kty": "OKP", "crv": "Ed25519"},
}
# The administrator who is there when it was installed.
_ADMINISTRATOR = {"username": "admin", "password": "password"}
_LISTED = {"multiple": True, "read": True, "write": True}
_SINGLE = {"multiple": False, "read": True, "write": True}


class Glewlwyd(Server):
    """Run Glewlwyd with the site's client in it, inside a `with` block."""

    person = Person("ada", "ada@example.org", ["editors", "it"])

    def __init__(self, site: str) -> None:
        if shutil.which("glewlwyd") is None or not _TABLES.is_file():
            raise RuntimeError("Glewlwyd is missing: run .ci/providers")
        port = free_port()
        base_url = f"http://127.0.0.1:{port}"
        self.page = Page("glewlwyd", provider=base_url, site=site)
        self._keys = [_new_key(alg) for alg in _KEYS]
        self._admin = requests.Session()
        self._admin.trust_env = False
        self._folder = tempfile.TemporaryDirectory(prefix="genauth-tests-glewlwyd-")
        folder = Path(self._folder.name)
        (folder / "conf").write_text(_CONFIGURATION.format(port=port, folder=folder))
        with sqlite3.connect(folder / "database") as database:
            database.executescript(gzip.decompress(_TABLES.read_bytes()).decode())
        database.close()
        super().__init__(
            ["glewlwyd", f"--config-file={folder / 'conf'}"],
            base_url=base_url,
            issuer=f"{base_url}/api/oidc",
            probe=f"{base_url}/config",
            end_session=f"{base_url}/api/oidc/end_session",
        )

    def set_up(self) -> Self:
        """Do what the page says, as an administrator."""
        self._add_properties("user", groups=_LISTED)
        self._add_properties("client", sign_kid=_SINGLE, post_logout_redirect_uris=_LISTED)
        self.administer("POST", "mod/plugin/", self._plugin())
        ada = {
            "username": "ada",
            "password": self.password("ada"),
            "name": "Ada Lovelace",
            "email": "ada@example.org",
            "groups": ["editors", "it"],
            "scope": ["openid", "g_profile"],
            "enabled": True,
        }
        self.administer("POST", "user/", ada)
        self.register("website")
        return self

    def register(self, client_id: str, **changes: Any) -> None:
        """Make a client that is as the page says, but for what is named."""
        client = {**self.page.document('"client_id"'), "client_id": client_id}
        self.administer("POST", "client/", {**client, **changes})

    def administer(self, method: str, path: str, document: Any = None) -> Any:
        """Ask the administrators' API for something, and return the JSON that it answers."""
        api = f"{self.base_url}/api/"
        self._admin.post(f"{api}auth/", json=_ADMINISTRATOR, timeout=20).raise_for_status()
        answer = self._admin.request(method, api + path, json=document, timeout=20)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def sign_in(
        self,
        authorization_url: str,
        session: requests.Session,
        *,
        login: str,
        allow: bool = True,
    ) -> Arrival:
        page = self._get(session, authorization_url)
        if not page.startswith(f"{self.base_url}/login.html?"):
            return Arrival(page)
        given = {"username": login, "password": self.password(login)}
        self._send(session, "POST", "auth/", given)
        return self._go_on(session, page)

    def pass_through(self, authorization_url: str, session: requests.Session) -> Arrival:
        page = self._get(session, authorization_url)
        if not page.startswith(f"{self.base_url}/login.html?"):
            return Arrival(page)
        if not session.get(f"{self.base_url}/api/profile_list", timeout=20).ok:
            raise RuntimeError("the provider asks for the password")
        return self._go_on(session, page)

    def sign_out(self, logout_url: str, session: requests.Session) -> Arrival:
        page = self._get(session, logout_url)
        asked = {name: value for name, (value,) in parse_qs(urlsplit(page).query).items()}
        ended = f"oidc/session/{asked['sid']}"
        listed = session.get(f"{self.base_url}/api/{ended}/{asked['client_id']}", timeout=20).json()
        named = urlencode({"iss": listed["iss"], "sid": listed["sid"]})
        frames = [
            f"{client['frontchannel_logout_uri']}?{named}"
            for client in listed["client"]
            if "frontchannel_logout_uri" in client
        ]
        self._send(session, "DELETE", ended)
        self._send(session, "DELETE", "auth/")
        return Arrival(asked.get("callback_url", page), frames=tuple(frames))

    def add_key(self) -> None:
        self._keys.insert(0, _new_key("RS256", kid=f"RS256-{len(self._keys)}"))
        self.administer("PUT", "mod/plugin/oidc", self._plugin())
        self.administer("PUT", "mod/plugin/oidc/reset")

    def close(self) -> None:
        """End the process and delete its files."""
        self.stop()
        self._folder.cleanup()

    def _go_on(self, session: requests.Session, page: str) -> Arrival:
        """Agree to what the page asks for, and leave it."""
        asked = {name: value for name, (value,) in parse_qs(urlsplit(page).query).items()}
        grant = f"auth/grant/{asked['client_id']}"
        self._send(session, "PUT", grant, {"scope": asked["scope"]})
        return Arrival(self._get(session, asked["callback_url"] + "&g_continue"))

    def _get(self, session: requests.Session, url: str) -> str:
        answer = session.get(url, allow_redirects=False, timeout=20)
        if not answer.is_redirect:
            raise RuntimeError(f"the provider answered {answer.status_code}: {answer.text}")
        return urljoin(url, answer.headers["Location"])

    def _send(
        self, session: requests.Session, method: str, path: str, document: Any = None
    ) -> None:
        url = f"{self.base_url}/api/{path}"
        session.request(method, url, json=document, timeout=20).raise_for_status()

    def _plugin(self) -> dict[str, Any]:
        plugin: dict[str, Any] = self.page.document('"jwks-private"')
        plugin["parameters"] |= {
            "jwks-private": json.dumps({"keys": self._keys}),
            "client-sign_kid-parameter": "sign_kid",
        }
        return plugin

    def _add_properties(self, kind: str, **properties: dict[str, bool]) -> None:
        module = self.administer("GET", f"mod/{kind}/database")
        module["parameters"]["data-format"] |= properties
        self.administer("PUT", f"mod/{kind}/database", module)
        self.administer("PUT", f"mod/{kind}/database/reset")


def _new_key(alg: str, kid: str | None = None) -> Any:
    key = JWK.generate(kid=kid or alg, alg=alg, use="sig", **_KEYS[alg])
    return json.loads(key.export())
