"""The HTTP side of the scripted provider: sockets, keep-alive, TLS, and a record of what arrived.

It knows no OAuth; what is answered is decided by the function that it is given.
"""

from __future__ import annotations

import socket
import socketserver
import ssl
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from django_genauth.testing.provider import messages


@dataclass(frozen=True, kw_only=True)
class Request(messages.Request):
    """Describe a request that arrived. `connection` counts the connections from 1."""

    connection: int

    @property
    def path(self) -> str:
        """Return the target without its query."""
        return urlsplit(self.target).path


@dataclass(frozen=True, kw_only=True)
class Answer(messages.Answer):
    """Describe a response; `Content-Length` and `Date` are added where they are not set."""

    @property
    def head(self) -> bytes:
        """Return the status line and the headers, with the empty line after them."""
        defaults = {"Date": formatdate(usegmt=True), "Content-Length": str(len(self.body))}
        try:
            reason = HTTPStatus(self.status).phrase
        except ValueError:
            reason = "Unknown"
        lines = [f"HTTP/1.1 {self.status} {reason}"]
        lines += [f"{name}: {value}" for name, value in {**defaults, **self.headers}.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


class Wire:
    """Be the server's end of one connection, for faults that no honest server makes."""

    def __init__(self, connection: socket.socket, closing: threading.Event) -> None:
        self._connection = connection
        self._closing = closing

    def send(self, data: bytes) -> None:
        """Send at once; raises OSError when the client has left."""
        self._connection.sendall(data)

    def wait(self, seconds: float | None = None) -> None:
        """Wait, but raise ConnectionError as soon as the provider is stopped."""
        if self._closing.wait(seconds):
            raise ConnectionError("the provider is stopped")

    def reset(self) -> None:
        """Close with a TCP reset instead of an orderly end."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close()


# A fault is given the answer that would have been true, and the connection ends after it.
Fault = Callable[[Wire, Answer], None]
# Called for each new connection: its number, and a fault that takes the place of all service.
Accept = Callable[[], tuple[int, Fault | None]]
# Returning a fault beside the answer spoils its way to the client.
Respond = Callable[[Request, threading.Event], tuple[Answer, Fault | None]]


class Server(socketserver.ThreadingTCPServer):
    """Serve on a loopback port until `stop`, with one thread for each connection."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(
        self,
        respond: Respond,
        accept: Accept,
        *,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.respond = respond
        self.closing = threading.Event()
        self._accept = accept
        self._tls = tls
        self._live: set[socket.socket] = set()
        self._idle = threading.Condition()
        self._loop = threading.Thread(
            # As long as this, in seconds, takes each stop.
            target=self.serve_forever,
            kwargs={"poll_interval": 0.004},
            daemon=True,
        )
        self._loop.start()

    @property
    def port(self) -> int:
        """Return the port that it listens on."""
        return int(self.server_address[1])

    def stop(self) -> None:
        """Stop listening, wake what hangs, cut every connection, and wait for their threads."""
        self.closing.set()
        self.shutdown()
        self._loop.join()
        self.server_close()
        with self._idle:
            self.cut_connections()
            self._idle.wait_for(lambda: not self._live, timeout=5)

    def cut_connections(self) -> None:
        """Close every connection that is open, as a server does with idle ones."""
        with self._idle:
            for connection in self._live:
                # The base class's method: SSLSocket.shutdown would pull the TLS state away from
                # under the thread that is using it.
                try:
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
                except OSError:
                    continue

    def process_request(self, request: Any, client_address: Any) -> None:
        """Count the connection in the one thread that accepts, then hand it to its own."""
        with self._idle:
            self._live.add(request)
        super().process_request(request, (*client_address, *self._accept()))

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection, in its own thread, so that a slow handshake stops no other."""
        connection: socket.socket = request
        fault = client_address[3]
        try:
            if fault:
                fault(Wire(request, self.closing), Answer())
                return
            if self._tls:
                connection = self._tls.wrap_socket(
                    request, server_side=True, do_handshake_on_connect=False
                )
                with self._idle:
                    self._live.add(connection)
                connection.do_handshake()
            super().finish_request(connection, client_address)
        finally:
            connection.close()
            with self._idle:
                self._live -= {request, connection}
                self._idle.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print a failure of the provider itself; a client that left is none."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _no_certificate(binary: bool) -> None:
    """Stand for a connection without TLS."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            method=self.command,
            target=self.path,
            headers=self.headers,
            body=self.rfile.read(length),
            certificate=getattr(self.connection, "getpeercert", _no_certificate)(True),
            connection=self.client_address[2],  # put there by the server
        )
        answer, fault = self.server.respond(request, self.server.closing)
        if fault:
            self.close_connection = True
            fault(Wire(self.connection, self.server.closing), answer)
            return
        if answer.headers.get("Connection", "").lower() == "close":
            self.close_connection = True
        # One write: head and body in two packets would wait for the client's delayed ACK.
        self.wfile.write(answer.head + (b"" if self.command == "HEAD" else answer.body))

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = do_OPTIONS = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the record of requests tells more."""
