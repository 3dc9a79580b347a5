"""Connect to a host within one time limit, which covers the name's look-up and all addresses.

The system's look-up takes no time limit, and `socket.create_connection` gives the whole time to
each address in turn. What is sent over the connection is not known here.
"""

from __future__ import annotations

import os
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

# The arguments of a socket and of its connect, as getaddrinfo() returns them.
_Address = tuple[Any, ...]

# In seconds, the Connection Attempt Delay of RFC 8305 5 and 8: how long an address is waited for
# before the next one is tried beside it.
_ATTEMPT_DELAY: Final = 0.25
# A look-up cannot be stopped: its thread stays until the system gives up, with usual settings after
# ten to thirty seconds. More than so many threads are never spent on that in one process.
MOST_LOOKUPS: Final = 16


class _Slots:
    """Count the look-ups under way in this process. A forked process has none at first."""

    def __init__(self) -> None:
        self._open()

    def get(self) -> threading.Semaphore:
        if self._process != os.getpid():
            self._open()
        return self._free

    def _open(self) -> None:
        self._free = threading.Semaphore(MOST_LOOKUPS)
        self._process = os.getpid()


_slots = _Slots()


def connect(host: str, port: int, remaining: Callable[[], float]) -> socket.socket:
    """Return a socket that is connected to one of the host's addresses.

    `remaining` returns the seconds left, and raises TimeoutError when there are none. Raises
    OSError for a host that cannot be found (`socket.gaierror`) or reached.
    """
    return _first_to_connect(_look_up(host.strip("[]"), port, remaining), remaining)


def _look_up(host: str, port: int, remaining: Callable[[], float]) -> list[_Address]:
    free = _slots.get()
    if not free.acquire(timeout=remaining()):
        raise TimeoutError("too many look-ups of host names are under way")
    lookup = _Lookup(host, port, done=free.release)
    try:
        lookup.start()
    except RuntimeError:
        free.release()
        raise OSError("no thread could be started for the look-up of a host name") from None
    lookup.join(remaining())
    if lookup.is_alive():
        raise TimeoutError("the look-up of the host name timed out")
    if lookup.error is not None:
        raise lookup.error
    return lookup.addresses


class _Lookup(threading.Thread):
    """Look up a name in a thread of its own, which the caller need not wait for."""

    def __init__(self, host: str, port: int, *, done: Callable[[], None]) -> None:
        super().__init__(name=f"genauth look-up of {host}", daemon=True)
        self._host = host
        self._port = port
        self._done = done
        self.addresses: list[_Address] = []
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self.addresses = socket.getaddrinfo(self._host, self._port, 0, socket.SOCK_STREAM)
        except Exception as error:  # noqa: BLE001 # raised again, in the caller's thread
            self.error = error
        finally:
            self._done()


def _first_to_connect(addresses: list[_Address], remaining: Callable[[], float]) -> socket.socket:
    """Try the addresses in turn, each a little later than the one before (RFC 8305 5).

    All of them are tried well before the time is over, also where it is short.
    """
    untried = deque(addresses)
    delay = min(_ATTEMPT_DELAY, remaining() / (len(addresses) + 1))
    failure = OSError("the host has no address")
    with selectors.DefaultSelector() as attempts:
        try:
            while untried or attempts.get_map():
                if untried:
                    try:
                        attempts.register(_begin(untried.popleft()), selectors.EVENT_WRITE)
                    except OSError as error:
                        failure = error
                        continue
                for key, _ in attempts.select(min(delay, remaining()) if untried else remaining()):
                    sock: socket.socket = key.fileobj  # type: ignore[assignment] # as registered
                    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    attempts.unregister(sock)
                    if code == 0:
                        return sock
                    sock.close()
                    failure = OSError(code, os.strerror(code))
            raise failure
        finally:
            for key in list(attempts.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr] # as registered


def _begin(address: _Address) -> socket.socket:
    """Return a socket that is about to connect to an address."""
    family, kind, protocol, _, where = address
    sock = socket.socket(family, kind, protocol)
    sock.setblocking(False)
    try:
        with suppress(BlockingIOError):
            sock.connect(where)
    except BaseException:
        sock.close()
        raise
    return sock
