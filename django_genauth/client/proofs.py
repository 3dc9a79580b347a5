"""Proofs of possession for requests to servers that want a nonce in them (RFC 9449 8, 9).

The nonces of all servers are kept for this process. What a proof says stands in `protocol.dpop`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from django_genauth.protocol.dpop import DpopKey, asks_for_nonce, nonce_of, with_proof
from django_genauth.protocol.messages import HttpRequest, HttpResponse

# A process speaks to a handful of servers; more are those of a site with many tenants.
_MOST_SERVERS: Final = 256


class ServerNonces:
    """Keep the newest nonce of each server, by its origin; those of the oldest servers go first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, str] = {}

    def get(self, url: str) -> str | None:
        """Return the nonce for a request to an address, or None where the server gave none."""
        return self._kept.get(origin_of(url))

    def learn(self, url: str, response: HttpResponse) -> None:
        """Keep the nonce of an answer, if it brings one (RFC 9449 8.2: a success may, too)."""
        nonce, origin = nonce_of(response), origin_of(url)
        if nonce is None or self._kept.get(origin) == nonce:
            return
        with self._lock:
            self._kept.pop(origin, None)
            self._kept[origin] = nonce
            if len(self._kept) > _MOST_SERVERS:
                del self._kept[next(iter(self._kept))]


nonces = ServerNonces()


def ask_with_proof(
    ask: Callable[[Callable[[str], HttpRequest]], HttpResponse],
    build: Callable[[str], HttpRequest],
    key: DpopKey,
    *,
    clock: Callable[[], float],
    access_token: str | None = None,
) -> HttpResponse:
    """Send a request with a proof, and once more where the server asks for its nonce.

    `ask` sends what a callable builds for the endpoint's address. A server that asks again has its
    refusal handed on, so that nobody goes round in circles.
    """
    address = ""

    def build_with_proof(url: str) -> HttpRequest:
        nonlocal address
        address = url
        return with_proof(
            build(url), key, now=clock(), access_token=access_token, nonce=nonces.get(url)
        )

    response = ask(build_with_proof)
    nonces.learn(address, response)
    if not asks_for_nonce(response):
        return response
    # The server has done nothing yet: the code or the refresh token is good still.
    response = ask(build_with_proof)
    nonces.learn(address, response)
    return response


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address, the port also where it is the scheme's own."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443}.get(parts.scheme, 80)
    return f"{parts.scheme}://{parts.hostname}:{port}"
