"""What a provider's page says: the settings of the site, and the provider's own.

A page's examples name the provider as its APP_HOST does, and the site `https://YOUR-SITE`. Here
they are run with the addresses that the test has, and nothing else in them is changed.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from tests.support.pages import examples, values_of

_SITE = "https://YOUR-SITE"


class Page:
    """Read a page of `docs/howto/providers/`."""

    def __init__(self, name: str, *, provider: str, site: str) -> None:
        self._path = f"howto/providers/{name}"
        (block,) = examples("python", self._path, "GENAUTH = {")
        self._app = values_of(block)["GENAUTH"]["default"]
        self._addresses = {self._app["APP_HOST"]: provider, _SITE: site}

    def app(self) -> dict[str, Any]:
        """Return the app that the page's settings describe, reached without https."""
        return {**self.here(self._app), "ALLOW_INSECURE_HTTP": True}

    def inside(self, provider: str) -> dict[str, Any]:
        """Return the app of a site that reaches the provider by another address than people do."""
        (block,) = examples("python", self._path, '["DISCOVERY"]')
        genauth = values_of(block, GENAUTH={"default": self.app()})["GENAUTH"]
        path = urlsplit(genauth["default"]["DISCOVERY"]).path
        return {**genauth["default"], "DISCOVERY": f"{provider}{path}"}

    def document(self, words: str = "") -> Any:
        """Return the JSON of the page that has these words."""
        (block,) = examples("json", self._path, words)
        return self.here(json.loads(block.text))

    def text(self, language: str, words: str = "") -> str:
        """Return the page's example in a language that has these words."""
        (block,) = examples(language, self._path, words)
        return str(self.here(block.text))

    def here(self, value: Any) -> Any:
        """Put the addresses of the test in the place of the page's, however deep they stand."""
        if isinstance(value, dict):
            return {name: self.here(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.here(each) for each in value]
        if isinstance(value, str):
            for written, real in self._addresses.items():
                value = value.replace(written, real)
        return value
