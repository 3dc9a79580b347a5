"""LemonLDAP::NG's portal of Debian's package, set up as `docs/howto/providers/lemonldap.rst` says.

`.ci/providers` brings it. Its people are those of its demonstration, whose passwords are their
names.
"""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jwcrypto.jwk import JWK

from tests.support.provider.real.documented import Page
from tests.support.provider.real.server import Person, Server, free_port

_FRESH = Path("/var/lib/lemonldap-ng/conf/lmConf-1.json")
_INI = """
[all]
logLevel = warn
checkTime = 1
[configuration]
type = File
dirName = {folder}/conf
[portal]
staticPrefix = /static
templateDir = /usr/share/lemonldap-ng/portal/templates
languages = en
"""


class LemonLDAP(Server):
    """Run the portal, inside a `with` block. `clients` are options by client id."""

    person = Person("dwho", "dwho@badwolf.org", ["timelords", "users"])

    def __init__(self, site: str, clients: Mapping[str, Mapping[str, Any]]) -> None:
        if not _FRESH.is_file():
            raise RuntimeError(f"LemonLDAP::NG is missing ({_FRESH}): run .ci/providers")
        base_url = f"http://127.0.0.1:{free_port()}"
        self.page = Page("lemonldap", provider=base_url, site=site)
        self._folder = tempfile.TemporaryDirectory(prefix="genauth-tests-lemonldap-")
        folder = Path(self._folder.name)
        for each in ("conf", "sessions/lock", "psessions/lock", "cache"):
            (folder / each).mkdir(parents=True)
        (folder / "lemonldap-ng.ini").write_text(_INI.format(folder=folder))
        self._number = 0
        self._conf = self._merged(base_url, clients)
        self._save()
        port = base_url.rpartition(":")[2]
        super().__init__(
            [
                *("plackup", "--host", "127.0.0.1", "--port", port),
                *("-MLemonldap::NG::Portal::Main", "-e", "Lemonldap::NG::Portal::Main->run({})"),
            ],
            base_url=base_url,
            issuer=f"{base_url}/",
            probe=f"{base_url}/.well-known/openid-configuration",
            end_session=f"{base_url}/oauth2/logout",
            environment={"LLNG_DEFAULTCONFFILE": str(folder / "lemonldap-ng.ini")},
        )

    def password(self, login: str) -> str:
        return login

    def add_key(self) -> None:
        with self.stopped():
            self._conf |= _new_key(self._number + 1)
            self._save()

    def close(self) -> None:
        """End the process and delete its files."""
        self.stop()
        self._folder.cleanup()

    def _merged(self, base_url: str, clients: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        folder = self._folder.name
        conf: dict[str, Any] = json.loads(_FRESH.read_text())
        written = self.page.document()
        for name, value in written.items():
            conf[name] = copy.deepcopy(value)
        for client_id, options in clients.items():
            for name in ("oidcRPMetaDataExportedVars", "oidcRPMetaDataOptionsExtraClaims"):
                conf[name][client_id] = written[name]["website"]
            conf["oidcRPMetaDataOptions"][client_id] = {
                **written["oidcRPMetaDataOptions"]["website"],
                "oidcRPMetaDataOptionsClientID": client_id,
                **options,
            }
        storage = {"Directory": f"{folder}/sessions", "LockDirectory": f"{folder}/sessions/lock"}
        conf["globalStorageOptions"] |= storage
        conf["persistentStorageOptions"] = {
            name: value.replace("/sessions", "/psessions") for name, value in storage.items()
        }
        conf["localSessionStorageOptions"]["cache_root"] = f"{folder}/cache"
        # A host that is an address is the domain of its cookies; no mail is sent here.
        quiet = {"portalDisplayRegister": 0, "portalDisplayResetPassword": 0}
        return {
            **conf,
            **quiet,
            **_new_key(1),
            "portal": f"{base_url}/",
            "domain": "127.0.0.1",
            "securedCookie": 0,
        }

    def _save(self) -> None:
        self._number += 1
        self._conf["cfgNum"] = self._number
        file = Path(self._folder.name) / "conf" / f"lmConf-{self._number}.json"
        file.write_text(json.dumps(self._conf))


def _new_key(number: int) -> dict[str, Any]:
    key = JWK.generate(kty="RSA", size=2048)
    return {
        "oidcServicePrivateKeySig": key.export_to_pem(private_key=True, password=None).decode(),
        "oidcServicePublicKeySig": key.export_to_pem().decode(),
        "oidcServiceKeyIdSig": f"key-{number}",
    }
