"""What the tests of the transport share: a transport, requests, a tunnel, and a deaf listener."""

from __future__ import annotations

import select
import socket
import socketserver
import threading
from typing import Any

from django_genauth.client.transport import Transport
from django_genauth.protocol.messages import HttpRequest
from tests.support.provider.scripted import ScriptedProvider

# Faults are waited for as long as this, in seconds, so that the tests are quick.
TIMEOUT = 0.4
# What a request may take on top of it: the time in which the machine notices.
GRACE = 1.0


def a_transport(**changes: Any) -> Transport:
    """Make a transport that may speak to a provider without TLS."""
    values: dict[str, Any] = {
        "timeout": 5,
        "max_response_bytes": 100_000,
        "ca_bundle": None,
        "proxies": {},
        "allow_insecure_http": True,
    }
    return Transport(**(values | changes))


def keys_request(provider: ScriptedProvider) -> HttpRequest:
    """Ask for the provider's keys."""
    return HttpRequest(method="GET", url=f"{provider.issuer}/.well-known/jwks.json")


def token_request(provider: ScriptedProvider) -> HttpRequest:
    """Send a secret to the token endpoint, which refuses the rest of it."""
    return HttpRequest(
        method="POST",
        url=f"{provider.issuer}/token",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=b"client_secret=the-client-secret&code=the-code",
    )


class DeafListener:
    """Listen with a full queue, so that nobody gets through, inside a `with` block."""

    def __enter__(self) -> DeafListener:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self._sockets = [self._listener]
        for _ in range(3):
            caller = socket.socket()
            caller.setblocking(False)
            caller.connect_ex(self._listener.getsockname())
            self._sockets.append(caller)
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._sockets:
            each.close()

    @property
    def address(self) -> str:
        """Return the host and the port."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def make_room(self) -> None:
        """Let the next one into the queue, where nobody speaks to them."""
        self._sockets.append(self._listener.accept()[0])


class Tunnel(socketserver.ThreadingTCPServer):
    """Be a proxy that joins two sockets on CONNECT (RFC 9110 9.3.6), inside a `with` block.

    `targets` are the addresses that were asked for. What is `ahead` is sent before the answer.
    """

    daemon_threads = True

    def __init__(self, ahead: bytes = b"") -> None:
        super().__init__(("127.0.0.1", 0), _TunnelHandler)
        self.ahead = ahead
        self.targets: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._loop = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Tunnel:
        self._loop.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._loop.join()
        self.server_close()


class _TunnelHandler(socketserver.StreamRequestHandler):
    # A buffer would swallow the beginning of the TLS handshake.
    rbufsize = 0
    server: Tunnel

    def handle(self) -> None:
        words = self.rfile.readline().decode("ascii").split()
        while self.rfile.readline().strip():
            continue
        if words[:1] != ["CONNECT"]:
            return
        self.server.targets.append(words[1])
        host, _, port = words[1].rpartition(":")
        with socket.create_connection((host, int(port))) as upstream:
            answer = b"HTTP/1.1 200 Connection established\r\n\r\n"
            self.wfile.write(self.server.ahead + answer)
            _join(self.connection, upstream)


def _join(left: socket.socket, right: socket.socket) -> None:
    other = {left: right, right: left}
    while True:
        for ready in select.select([left, right], [], [])[0]:
            data = ready.recv(65_536)
            if not data:
                return
            other[ready].sendall(data)
