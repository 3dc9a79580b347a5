"""The project's own stand-in for GenAuth, as a subprocess.

The stand-in itself is `testproject/provider`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Literal

from tests.support import ROOT
from tests.support.provider.processes import ProviderProcess

_TESTPROJECT = ROOT / "testproject"


class StandIn(ProviderProcess):
    """Run the stand-in on a loopback port of its own, inside a `with` block.

    The port of an http://127.0.0.1 redirect URI does not count, so that the site may start later.
    """

    def __init__(
        self,
        redirect_uris: Sequence[str],
        *,
        post_logout_redirect_uris: Sequence[str] = (),
        alg: Literal["HS256", "RS256"] = "HS256",
        public: bool = False,
    ) -> None:
        command = [sys.executable, "-m", "provider"]
        for uri in redirect_uris:
            command += ["--redirect-uri", uri]
        for uri in post_logout_redirect_uris:
            command += ["--post-logout-redirect-uri", uri]
        command += ["--public"] if public else ["--alg", alg]
        self._alg = "RS256" if public else alg
        super().__init__(command, directory=_TESTPROJECT)

    @property
    def client_id(self) -> str:
        """Return the client id, made anew at each start."""
        return str(self.announcement["client_id"])

    @property
    def client_secret(self) -> str | None:
        """Return the client secret, or None for a public client."""
        secret: str | None = self.announcement["client_secret"]
        return secret

    @property
    def access_key(self) -> str:
        """Return the access key of the machine, made anew at each start."""
        return str(self.announcement["access_key"])

    @property
    def secret_key(self) -> str:
        """Return the secret key that goes with it."""
        return str(self.announcement["secret_key"])

    def app(self) -> dict[str, Any]:
        """Return what a site has to write into GENAUTH for the client."""
        return {
            "APP_ID": self.client_id,
            "APP_SECRET": self.client_secret,
            "APP_HOST": self.base_url,
            "ALLOW_INSECURE_HTTP": True,
            "ID_TOKEN_SIGNED_RESPONSE_ALG": self._alg,
        }

    @property
    def passwords(self) -> dict[str, str]:
        """Return the passwords by login name of everybody who can sign in."""
        return dict(self.announcement["passwords"])

    def password(self, login: str) -> str:
        """Return a person's password."""
        return self.passwords[login]
