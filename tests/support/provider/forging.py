"""The honest provider, made to forge tokens and authorization responses, with a record of states.

Lies about whole answers, and sockets, stand in `scripted`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django_genauth.testing.provider.authorization import (
    AuthorizationRequest,
    FrontChannelResponse,
)
from django_genauth.testing.provider.honest import Endpoint, HonestProvider
from django_genauth.testing.provider.keys import SigningKey
from django_genauth.testing.provider.messages import Answer, Request
from django_genauth.testing.provider.mint import Protocol, TokenKind
from tests.support.provider.authorization import Override, override
from tests.support.provider.encrypting import FalseEncryption
from tests.support.provider.tokens import HONEST, Forgery, write_jwt


class ForgingProvider(HonestProvider):
    """Forge what `forgeries` and `false_encryptions` name, by the kind of token.

    `states` are those that browsers came with.
    """

    def __init__(
        self, client_id: str, client_secret: str | None, alg: str, protocol: Protocol
    ) -> None:
        super().__init__(client_id, client_secret, alg, protocol)
        self.forgeries: dict[TokenKind, Forgery] = {}
        self.false_encryptions: dict[TokenKind, FalseEncryption] = {}
        self.states: list[str] = []

    @property
    def routes(self) -> dict[str, tuple[Endpoint, Callable[[Request], Answer]]]:
        """Return each endpoint's name and function, by path."""
        return {
            urlsplit(url).path: (endpoint, partial(self.answer, endpoint))
            for endpoint, url in self.addresses.items()
        }

    def respond(
        self,
        authorization_url: str,
        *,
        sub: str = "user-1",
        claims: Mapping[str, Any] | None = None,
        **overrides: Override,
    ) -> FrontChannelResponse:
        """Sign a person in, and change what the browser then carries.

        An override replaces a parameter of the response (text), repeats it (a list), removes it
        (None), makes it of the honest value (a function), or adds one.
        """
        response = super().respond(authorization_url, sub=sub, claims=claims)
        pairs = override(dict(response.pairs), overrides)
        return FrontChannelResponse(response.redirect_uri, response.mode, pairs)

    def read(self, authorization_url: str) -> AuthorizationRequest:
        """Check the request of an address, and remember its state."""
        request = super().read(authorization_url)
        self.states.append(request.state)
        return request

    def sign(
        self, kind: TokenKind, claims: Mapping[str, Any], key: SigningKey, *, typ: str = "JWT"
    ) -> str:
        """Write a token of a kind, with what is wrong with it."""
        return write_jwt(claims, key, typ=typ, lie=self.forgeries.get(kind, HONEST))

    def encrypted(self, kind: TokenKind, token: str) -> str:
        """Return a token as it goes to the client, with what is wrong with its encryption."""
        how, lie = self.encryptions.get(kind), self.false_encryptions.get(kind)
        if how is None or lie is None:
            return super().encrypted(kind, token)
        return lie.write(token, how)
