"""Connections whose every wait ends at the deadline of the request that uses them.

The time-outs of the HTTP library start again with every byte; the deadline of a request does not.
Whether a connection may be used again is decided here too. What is sent, and which answers are
accepted, is decided in `transport`.
"""

from __future__ import annotations

import http.client
import io
import logging
import math
import re
import socket
import ssl
import threading
import time
from typing import Any, Final

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NameResolutionError, NewConnectionError

from django_genauth.client.addresses import connect

# In seconds. A connection that was idle for longer is not used again: the provider may be about to
# close it, or a firewall, a NAT or a load balancer has forgotten it and drops what is sent. Usual
# servers close after 5 seconds (Node, Apache, uvicorn) or later; those on the way forget after
# minutes. A handshake more now and then is cheaper than a login that fails.
IDLE: Final = 4
# How much earlier than the provider's own `Keep-Alive: timeout`, as requests take their time.
_MARGIN: Final = 1
_KEEP_ALIVE_TIMEOUT: Final = re.compile(r"\btimeout\s*=\s*\"?([0-9]{1,6})", re.IGNORECASE)


class CurrentRequest(threading.local):
    """Hold what is known of the one request that this thread is sending.

    `deadline` is in monotonic seconds. `has_connected` says that a new connection was opened, and
    `has_answer` that a byte came back.
    """

    deadline: float = 0.0
    has_connected: bool = False
    has_answer: bool = False
    _first_byte_by: float = 0.0

    def begin(self, seconds: float, *, is_repeatable: bool) -> None:
        """Start a request that may take so many seconds.

        One that is repeatable waits for the first byte on a connection that was used before for
        three quarters of them, so that a quarter is left for a new connection.
        """
        now = time.monotonic()
        self.deadline = now + seconds
        self.has_connected = self.has_answer = False
        self._first_byte_by = now + seconds * 3 / 4 if is_repeatable else self.deadline

    def remaining(self) -> float:
        """Return the seconds that are left. Raises TimeoutError when there are none."""
        is_live = self.has_connected or self.has_answer
        ends = self.deadline if is_live else self._first_byte_by
        left = ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline of the request has passed")
        return left

    def met_stale_connection(self) -> bool:
        """Tell whether a connection that was used before failed without a byte of an answer."""
        return not self.has_connected and not self.has_answer


current = CurrentRequest()


def _without_query(record: logging.LogRecord) -> bool:
    """Remove the queries from what the HTTP library logs of our requests at DEBUG.

    GenAuth's endpoint that validates a token takes it in the address.
    """
    if current.deadline and isinstance(record.args, tuple):
        record.args = tuple(
            each.partition("?")[0] if isinstance(each, str) else each for each in record.args
        )
    return True


logging.getLogger("urllib3.connectionpool").addFilter(_without_query)


class _DeadlineReader(io.RawIOBase):
    """Read from a socket, waiting no longer than the request may still live.

    A socket's own time-out starts again with every byte, so that a provider which sends one byte
    a second would hold a worker for ever.
    """

    def __init__(self, stream: io.RawIOBase, sock: socket.socket) -> None:
        self._stream = stream
        self._sock = sock
        self.is_at_end = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.is_at_end:
            return None
        self._sock.settimeout(current.remaining())
        count = self._stream.readinto(buffer)
        current.has_answer = current.has_answer or bool(count)
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()


class _DeadlineResponse(http.client.HTTPResponse):
    """An answer that is read before its deadline, without those that come ahead of it."""

    # When the answer had been read to its end with no byte behind it, in monotonic seconds.
    _ended_clean = -math.inf

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._reader = _DeadlineReader(self.fp.detach(), sock)
        self.fp = io.BufferedReader(self._reader)

    def _read_status(self) -> tuple[str, int, str]:
        """Read over interim answers (RFC 9110 15.2), be they the provider's or a proxy's.

        The standard library does so for 100 alone, and takes a 103 for the answer; the answer
        itself would then be given to the next request, which may be somebody else's.
        """
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc] # not in its stubs
            if status == http.client.SWITCHING_PROTOCOLS:
                # RFC 9110 15.2.2: only for a request with Upgrade, which none of ours has.
                raise http.client.HTTPException("the provider switches to another protocol")
            if status >= http.client.OK:
                return version, status, reason
            http.client._read_headers(self.fp)  # type: ignore[attr-defined] # not in its stubs

    def begin(self) -> None:
        """Read the head. A connection with two statements of the length is used no more."""
        super().begin()
        if self.chunked and "Content-Length" in self.headers:
            # RFC 9112 6.3: where this answer ends, somebody on the way may see otherwise.
            self.will_close = True

    def _close_conn(self) -> None:
        # Called at the answer's end. What is in the buffer then belongs to no request.
        self._reader.is_at_end = True
        if not self.fp.peek(1):
            self._ended_clean = time.monotonic()
        super()._close_conn()  # type: ignore[misc] # not in its stubs

    def is_reusable(self) -> bool:
        """Tell whether the connection on which this answer came is good for another request."""
        announced = _KEEP_ALIVE_TIMEOUT.search(self.headers.get("Keep-Alive", ""))
        idle = min(IDLE, int(announced[1]) - _MARGIN) if announced else IDLE
        return time.monotonic() < self._ended_clean + idle


class _DeadlineHTTPConnection(HTTPConnection):
    _answer: _DeadlineResponse | None = None

    def response_class(self, *args: Any, **kwargs: Any) -> _DeadlineResponse:  # type: ignore[override] # called as one
        self._answer = _DeadlineResponse(*args, **kwargs)
        return self._answer

    @property
    def is_connected(self) -> bool:
        """Tell whether the pool may use this connection again."""
        if isinstance(self.sock, ssl.SSLSocket) and self.sock.pending():
            # Bytes that TLS has decrypted already are not seen in the socket.
            return False
        is_reusable = self._answer is not None and self._answer.is_reusable()
        return is_reusable and super().is_connected

    def _new_conn(self) -> socket.socket:
        current.has_connected = True
        try:
            sock = connect(self._dns_host, self.port, current.remaining)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError:
            raise
        except OSError as error:
            raise NewConnectionError(self, str(error)) from error
        for option in self.socket_options or ():
            sock.setsockopt(*option)
        # So that the system finds out about a connection that is dead.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        # The TLS handshake comes next, and gets what connecting has left of the time.
        sock.settimeout(max(current.deadline - time.monotonic(), 0.001))
        return sock


class _DeadlineHTTPSConnection(_DeadlineHTTPConnection, HTTPSConnection):
    pass


class _DeadlineHTTPConnectionPool(HTTPConnectionPool):
    ConnectionCls = _DeadlineHTTPConnection


class _DeadlineHTTPSConnectionPool(HTTPSConnectionPool):
    ConnectionCls = _DeadlineHTTPSConnection


class DeadlineAdapter(HTTPAdapter):
    """Send requests over the connections above, directly and through proxies."""

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """Leave the answer as it came: cookies, encodings and histories are not for us."""
        response = Response()
        response.raw = resp
        return response

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._use_deadlines(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        return self._use_deadlines(super().proxy_manager_for(*args, **kwargs))

    @staticmethod
    def _use_deadlines(manager: Any) -> Any:
        manager.pool_classes_by_scheme = {
            "http": _DeadlineHTTPConnectionPool,
            "https": _DeadlineHTTPSConnectionPool,
        }
        return manager
