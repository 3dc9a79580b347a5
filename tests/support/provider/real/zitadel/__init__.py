"""zitadel/oidc, the library that Zitadel is made of, with a client as Zitadel's page has it.

`.ci/optional zitadel` builds it of the files beside this one. It has no console: what is chosen
there stands in `clients` here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.support.provider.real.documented import Page
from tests.support.provider.real.server import CACHE, Person, Server, free_port

_PROGRAM = CACHE / "zitadel" / "zitadel"


class Zitadel(Server):
    """Run the library's example, inside a `with` block. `clients` are changes, by client id."""

    person = Person("test-user@localhost", "test-user@zitadel.ch", [])

    def __init__(self, site: str, clients: Mapping[str, Mapping[str, Any]]) -> None:
        if not _PROGRAM.is_file():
            raise RuntimeError(f"{_PROGRAM} is missing: run .ci/optional zitadel")
        # Its person is of that host.
        base_url = f"http://localhost:{free_port()}"
        self.page = Page("zitadel", provider=base_url, site=site)
        client = {
            "client_secret": self.page.app()["APP_SECRET"],
            "redirect_uris": [f"{site}/genauth/callback/"],
            "post_logout_redirect_uris": [f"{site}/genauth/logout/"],
        }
        known = {"website": {}, **clients}
        super().__init__(
            [_PROGRAM],
            base_url=base_url,
            issuer=base_url,
            probe=f"{base_url}/.well-known/openid-configuration",
            end_session=f"{base_url}/end_session",
            environment={
                "ISSUER": base_url,
                "CLIENTS": json.dumps(
                    [{"client_id": name, **client, **changes} for name, changes in known.items()]
                ),
            },
        )

    def password(self, login: str) -> str:
        return "verysecure"
