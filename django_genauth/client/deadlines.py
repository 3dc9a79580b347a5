"""Connections whose every wait ends at the deadline of the request that uses them.

The time-outs of the HTTP library start again with every byte; the deadline of a request does not.
What is sent and what an answer may be is decided in `transport`.
"""

from __future__ import annotations

import http.client
import io
import logging
import socket
import threading
import time
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class CurrentRequest(threading.local):
    """Hold the deadline, in monotonic seconds, of the one request that this thread is sending."""

    deadline: float = 0.0

    def remaining(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline of the request has passed")
        return left


current = CurrentRequest()


def _without_query(record: logging.LogRecord) -> bool:
    """Take the queries out of what the HTTP library logs of our requests at DEBUG.

    GenAuth's interface that validates a token takes it in the address.
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

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(current.remaining())
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _DeadlineResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_DeadlineReader(self.fp.detach(), sock))


class _DeadlineHTTPConnection(HTTPConnection):
    response_class = _DeadlineResponse

    def _new_conn(self) -> socket.socket:
        return _limited(super()._new_conn())


class _DeadlineHTTPSConnection(HTTPSConnection):
    response_class = _DeadlineResponse

    def _new_conn(self) -> socket.socket:
        return _limited(super()._new_conn())


def _limited(sock: socket.socket) -> socket.socket:
    # The TLS handshake comes next, and gets what connecting has left of the time.
    sock.settimeout(current.remaining())
    return sock


class _DeadlineHTTPConnectionPool(HTTPConnectionPool):
    ConnectionCls = _DeadlineHTTPConnection


class _DeadlineHTTPSConnectionPool(HTTPSConnectionPool):
    ConnectionCls = _DeadlineHTTPSConnection


class DeadlineAdapter(HTTPAdapter):
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
