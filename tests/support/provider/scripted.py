"""A small OpenID provider in the test's own process, honest until it is told to lie.

Here are its life over a real socket, its record of requests, and the lies. What it answers when it
is honest stands in `django_genauth.testing.provider`, broken transports in `faults`, forged tokens
and responses in `forging`.
"""

from __future__ import annotations

import json
import secrets
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, get_args

from django_genauth.testing.provider.mint import Protocol, TokenKind
from tests.support.provider.authorization import Override
from tests.support.provider.forging import ForgingProvider
from tests.support.provider.honest import Endpoint
from tests.support.provider.keys import SigningKey
from tests.support.provider.server import Answer, Fault, Request, Server
from tests.support.provider.tls import authority
from tests.support.provider.tokens import Edit, Forgery

CLIENT_ID = "5f17a529f64fb009b794a2ff"
CLIENT_SECRET = secrets.token_hex(32)


@dataclass(kw_only=True)
class _Lie:
    """Say how an endpoint's answer differs from the truth; see `ScriptedProvider.lie`."""

    status: int | None
    headers: Mapping[str, str | None]
    body: bytes | None
    edit: Callable[[Any], Any] | None
    fault: Fault | None
    delay: float
    until: threading.Event | None
    when: Callable[[Request], bool]
    times: int | None

    def distort(self, answer: Answer) -> Answer:
        body = answer.body
        if self.edit is not None:
            edited = self.edit(json.loads(body))
            body = edited if isinstance(edited, bytes) else json.dumps(edited).encode("utf-8")
        headers = {**answer.headers, **self.headers}
        return replace(
            answer,
            status=answer.status if self.status is None else self.status,
            headers={name: value for name, value in headers.items() if value is not None},
            body=body if self.body is None else self.body,
        )


class ScriptedProvider(ForgingProvider):
    """Run a provider on a loopback port of its own, inside a `with` block.

    `alg` is the ID token's. `client_secret=None` makes a public client. `tls` is True for a
    certificate that `ca_bundle` vouches for, or a server context with a worse one. `requests` is
    what arrived, in order, and `connections` how many were opened.
    """

    def __init__(
        self,
        *,
        client_id: str = CLIENT_ID,
        client_secret: str | None = CLIENT_SECRET,
        alg: str = "RS256",
        protocol: Protocol = "oidc",
        tls: bool | ssl.SSLContext = False,
    ) -> None:
        super().__init__(client_id, client_secret, alg, protocol)
        self.ca_bundle: Path = authority().bundle
        self.requests: list[Request] = []
        self.connections = 0
        self._tls = authority().server_context() if tls is True else tls or None
        self._lies: dict[Endpoint, _Lie] = {}
        self._lock = threading.Lock()
        self._server: Server | None = None
        self._port = 0
        self._on_connect: Fault | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; after a `stop`, at the same address as before."""
        self._server = Server(self._respond, self._accept, port=self._port, tls=self._tls)
        self._port = self._server.port
        self.base_url = f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    def stop(self) -> None:
        """Refuse connections and end those that are open, with whatever hangs in them."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def present(self, tls: ssl.SSLContext | None) -> None:
        """Speak TLS with another certificate from now on, or none at all, at the same port."""
        self.stop()
        address = self.base_url
        self._tls = tls
        self.start()
        self.base_url = address

    def cut_connections(self) -> None:
        """Close the connections that are open, as a server may do with idle ones."""
        if self._server is not None:
            self._server.cut_connections()

    def authorize(
        self,
        authorization_url: str,
        *,
        sub: str = "user-1",
        claims: Mapping[str, Any] | None = None,
        **overrides: Override,
    ) -> str:
        """Sign a person in and return the callback's address; see `respond`.

        For `response_mode=form_post` take `respond(...)`, its `redirect_uri` and its `pairs`.
        """
        return self.respond(authorization_url, sub=sub, claims=claims, **overrides).url

    def requests_to(self, endpoint: Endpoint) -> list[Request]:
        """Return those of the requests that arrived at one endpoint."""
        path = next(path for path, (name, _) in self.routes.items() if name == endpoint)
        return [request for request in self.requests if request.path == path]

    @property
    def asked(self) -> list[Endpoint | None]:
        """Return the endpoint of each request that arrived, in order; None for no endpoint."""
        names = {path: name for path, (name, _) in self.routes.items()}
        return [names.get(request.path) for request in self.requests]

    def forget_requests(self) -> None:
        """Count requests and connections from here on."""
        self.requests.clear()
        self.connections = 0

    def lie(
        self,
        endpoint: Endpoint,
        *,
        status: int | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: bytes | None = None,
        edit: Callable[[Any], Any] | None = None,
        fault: Fault | None = None,
        delay: float = 0,
        until: threading.Event | None = None,
        when: Callable[[Request], bool] = lambda request: True,
        times: int | None = None,
    ) -> None:
        """Answer falsely at one endpoint, in place of any lie told there before.

        The true answer is made first (a code is used up, say), then changed: `status` and `body`
        replace, `headers` are added, replaced or (None) removed, `edit` takes the JSON and returns
        other JSON or raw bytes, `fault` (see `faults`) sends it as it likes. `delay` in seconds, or
        `until` an event, comes before it. Only requests that `when` picks are lied to, and only
        the first `times` of them.
        """
        if endpoint not in get_args(Endpoint):
            raise ValueError(f"{endpoint} is not one of {', '.join(get_args(Endpoint))}")
        self._lies[endpoint] = _Lie(
            status=status,
            headers=headers or {},
            body=body,
            edit=edit,
            fault=fault,
            delay=delay,
            until=until,
            when=when,
            times=times,
        )

    def lie_on_connect(self, fault: Fault) -> None:
        """Do this to every new connection, before TLS and before a request is read."""
        self._on_connect = fault

    def forge(
        self,
        token: TokenKind,
        *,
        header_edit: Edit | None = None,
        claims_edit: Edit | None = None,
        sign_with: SigningKey | Literal["provider", "nobody"] = "provider",
        token_edit: Callable[[str], str] | None = None,
    ) -> None:
        """Issue forged tokens of one kind from now on; see `tokens.Forgery`."""
        self.forgeries[token] = Forgery(
            header_edit=header_edit,
            claims_edit=claims_edit,
            sign_with=sign_with,
            token_edit=token_edit,
        )

    def tell_the_truth(self) -> None:
        """End every lie and every forgery."""
        self._lies.clear()
        self.forgeries.clear()
        self._on_connect = None

    def _accept(self) -> tuple[int, Fault | None]:
        self.connections += 1
        return self.connections, self._on_connect

    def _respond(self, request: Request, closing: threading.Event) -> tuple[Answer, Fault | None]:
        self.requests.append(request)
        endpoint, handler = self.routes.get(request.path, (None, None))
        if endpoint is None or handler is None:
            return Answer.json({"error": "not_found"}, status=404), None
        answer = Answer(**vars(handler(request)))
        lie = self._take_lie(endpoint, request)
        if lie is None:
            return answer, None
        closing.wait(lie.delay)
        while lie.until is not None and not (lie.until.wait(0.02) or closing.is_set()):
            continue
        return lie.distort(answer), lie.fault

    def _take_lie(self, endpoint: Endpoint, request: Request) -> _Lie | None:
        with self._lock:
            lie = self._lies.get(endpoint)
            if lie is None or not lie.when(request) or lie.times == 0:
                return None
            if lie.times is not None:
                lie.times -= 1
        return lie
