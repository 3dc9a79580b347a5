"""PyPI's `mcp` as a client of the site: it finds the provider by itself, and signs a person in.

Only tests of its environment have the package, so it is imported where it is used.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from tests.support.provider.processes import ProviderProcess

REDIRECT_URI = "http://127.0.0.1/mcp-client/"
_REDIRECT_URIS: Any = [REDIRECT_URI]


class Client:
    """A client that is registered at a provider beforehand, and a person who uses it."""

    def __init__(self, provider: ProviderProcess, client_id: str, login: str = "ada") -> None:
        self.addresses: list[str] = []
        self._provider, self._client_id, self._login = provider, client_id, login
        self._tokens: Any = None
        self._browser = requests.Session()
        self._browser.trust_env = False

    def call_tool(self, server: str, name: str) -> tuple[list[str], str]:
        """Return the tools that a server has, and what one of them answers."""
        return asyncio.run(self._call_tool(server, name))

    async def _call_tool(self, server: str, name: str) -> tuple[list[str], str]:
        import httpx2
        import mcp
        from mcp.client.streamable_http import streamable_http_client

        async with (
            httpx2.AsyncClient(auth=self._authorization(server), trust_env=False) as http,
            mcp.Client(streamable_http_client(server, http_client=http)) as client,
        ):
            tools = await client.list_tools()
            result = await client.call_tool(name, {})
        return [tool.name for tool in tools.tools], result.content[0].text

    def _authorization(self, server: str) -> Any:
        from mcp.client.auth import OAuthClientProvider
        from mcp.shared.auth import OAuthClientMetadata

        metadata = OAuthClientMetadata(
            redirect_uris=_REDIRECT_URIS, token_endpoint_auth_method="none"
        )
        return OAuthClientProvider(server, metadata, self, self._sign_in, self._come_back)

    async def _sign_in(self, address: str) -> None:
        self.addresses.append(address)
        self._arrival = await asyncio.to_thread(
            self._provider.sign_in, address, self._browser, login=self._login
        )

    async def _come_back(self) -> Any:
        from mcp.client.auth import AuthorizationCodeResult

        answer = dict(parse_qsl(urlsplit(self._arrival.url).query))
        return AuthorizationCodeResult(
            code=answer["code"], state=answer["state"], iss=answer.get("iss")
        )

    # Where the client keeps what it knows: its registration is there from the beginning.

    async def get_client_info(self) -> Any:
        """Return the registration."""
        from mcp.shared.auth import OAuthClientInformationFull

        return OAuthClientInformationFull(
            client_id=self._client_id,
            redirect_uris=_REDIRECT_URIS,
            token_endpoint_auth_method="none",
        )

    async def set_client_info(self, info: Any) -> None:
        """Refuse to be registered anew."""
        raise AssertionError("the client is registered already")

    async def get_tokens(self) -> Any:
        """Return the tokens, if there are any."""
        return self._tokens

    async def set_tokens(self, tokens: Any) -> None:
        """Keep the tokens."""
        self._tokens = tokens
