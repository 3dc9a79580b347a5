"""A site with the settings that a page shows, and a provider of this machine to sign in at."""

from __future__ import annotations

import json
import secrets
from contextlib import ExitStack
from typing import Any

import pytest

from tests.support.pages import Block, values_of
from tests.support.provider.scripted import CLIENT_ID, CLIENT_SECRET, ScriptedProvider
from tests.support.site.visitor import Visitor

# What examples read from the environment.
SECRETS = ("GENAUTH_TOKEN_KEY", "GENAUTH_WEBHOOK_TOKEN")


def genauth_of(
    block: Block, monkeypatch: pytest.MonkeyPatch, **names: Any
) -> dict[str, dict[str, Any]]:
    """Return GENAUTH as an example has it, with secrets in the environment."""
    for name in SECRETS:
        monkeypatch.setenv(name, secrets.token_urlsafe(32))
    genauth: dict[str, dict[str, Any]] = values_of(block, **names)["GENAUTH"]
    return genauth


class Sites:
    """Run a provider for each example that is applied, while a `with` block lasts."""

    def __init__(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self._settings = settings
        self._monkeypatch = monkeypatch
        self._running = ExitStack()

    def __enter__(self) -> Sites:
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def apply(
        self, block: Block, *, alias: str = "default", proxy: str | None = None, **environ: Any
    ) -> Visitor:
        """Return a visitor of a site that has the settings of an example.

        Of an app only those values are others that name its provider: id, secret and addresses.
        With `proxy` the provider speaks TLS.
        """
        genauth = genauth_of(block, self._monkeypatch)
        provider = self._running.enter_context(_provider_for(genauth[alias], tls=bool(proxy)))
        published = json.loads(provider.answer("discovery", None).body)
        values = {
            "APP_ID": CLIENT_ID,
            "APP_SECRET": CLIENT_SECRET,
            # Where there is an ISSUER, nobody looks for it at the host.
            "APP_HOST": "https://x.invalid" if "ISSUER" in genauth[alias] else provider.base_url,
            "ISSUER": provider.issuer,
            "ENDPOINTS": {name: published[name] for name in genauth[alias].get("ENDPOINTS", ())},
            "CA_BUNDLE": str(provider.ca_bundle),
            "PROXIES": {"https": proxy},
        }
        genauth[alias] |= {key: value for key, value in values.items() if key in genauth[alias]}
        genauth[alias]["ALLOW_INSECURE_HTTP"] = not proxy
        self._settings.GENAUTH = genauth
        return Visitor(provider, **environ)


def _provider_for(app: dict[str, Any], *, tls: bool) -> ScriptedProvider:
    is_public = "APP_SECRET" not in app
    # GenAuth signs as its console says; others sign with RS256, as the pages on them have it.
    of_the_console = app.get("ID_TOKEN_SIGNED_RESPONSE_ALG", "RS256" if is_public else "HS256")
    return ScriptedProvider(
        client_secret=None if is_public else CLIENT_SECRET,
        alg="RS256" if "ISSUER" in app else of_the_console,
        protocol=app.get("PROTOCOL", "oidc"),
        tls=tls,
    )
