"""What a provider is sent and what it answers, as values; how they travel is not known here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, kw_only=True)
class Request:
    """Describe a request that arrived; `target` is the path with the query.

    `certificate` is the client's, as DER, where the connection showed one.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    certificate: bytes | None = None

    @property
    def query(self) -> dict[str, str]:
        """Return the query's parameters."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Return the form's parameters in their order, repeated ones too."""
        return parse_qsl(self.body.decode("ascii"), keep_blank_values=True)

    @property
    def form(self) -> dict[str, str]:
        """Return the form's parameters."""
        return dict(self.pairs)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Describe a response."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def json(cls, value: Any, *, status: int = 200) -> Self:
        """Answer with JSON that nobody may keep, as RFC 6749 5.1 asks for."""
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        body = json.dumps(value, separators=(",", ":")).encode("utf-8")
        return cls(status=status, headers=headers, body=body)

    def with_headers(self, **headers: str) -> Self:
        """Return the answer with more headers, `_` standing for `-`."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **more})
