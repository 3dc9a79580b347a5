"""Faults of the transport that no honest server makes, for `ScriptedProvider.lie(fault=...)`.

Each is a function of the wire and of the answer that would have been true; the connection ends
after it. Lies that are well-formed HTTP need no fault: they are another status, header or body.
"""

from __future__ import annotations

import zlib
from functools import lru_cache

from tests.support.provider.server import Answer, Fault, Wire

_MEGABYTE = 1024 * 1024
# zlib's names for the two formats: 15 alone is the one that HTTP calls deflate, 16 more is gzip.
_WINDOW_BITS = {"deflate": 15, "gzip": 31}


def close(wire: Wire, answer: Answer) -> None:
    """Close the connection instead of answering."""


def reset(wire: Wire, answer: Answer) -> None:
    """Reset the connection instead of answering."""
    wire.reset()


def hang(wire: Wire, answer: Answer) -> None:
    """Never answer."""
    wire.wait()


def hang_in_head(wire: Wire, answer: Answer) -> None:
    """Send the first half of the head and then nothing more."""
    wire.send(answer.head[: len(answer.head) // 2])
    wire.wait()


def hang_in_body(wire: Wire, answer: Answer) -> None:
    """Send the head and the first half of the body and then nothing more."""
    wire.send(answer.head + answer.body[: len(answer.body) // 2])
    wire.wait()


def reset_in_body(wire: Wire, answer: Answer) -> None:
    """Reset the connection after the first half of the body."""
    wire.send(answer.head + answer.body[: len(answer.body) // 2])
    wire.reset()


def short_body(wire: Wire, answer: Answer) -> None:
    """Close after half of the body that Content-Length promises."""
    wire.send(answer.head + answer.body[: len(answer.body) // 2])


def short_chunk(wire: Wire, answer: Answer) -> None:
    """Close in the middle of a chunk."""
    head = answer.with_headers(Transfer_Encoding="chunked").head
    promised = f"{len(answer.body):x}\r\n".encode("ascii")
    wire.send(_without_length(head) + promised + answer.body[: len(answer.body) // 2])


def no_last_chunk(wire: Wire, answer: Answer) -> None:
    """Send the whole body as one chunk and close without the chunk that ends it."""
    head = _without_length(answer.with_headers(Transfer_Encoding="chunked").head)
    wire.send(head + f"{len(answer.body):x}\r\n".encode("ascii") + answer.body + b"\r\n")


def endless_headers(wire: Wire, answer: Answer) -> None:
    """Send header after header for ever."""
    wire.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        wire.wait(0)
        wire.send(b"X-Endless: again\r\n" * 512)


def endless_continue(wire: Wire, answer: Answer) -> None:
    """Send `100 Continue` for ever."""
    while True:
        wire.wait(0)
        wire.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 512)


def raw(data: bytes) -> Fault:
    """Send these bytes, which need not be HTTP, and close."""

    def fault(wire: Wire, answer: Answer) -> None:
        wire.send(data)

    return fault


def drip(*, bytes_per_second: float = 1, whole: bool = False) -> Fault:
    """Send the true body byte by byte, and the head too where `whole` is set."""

    def fault(wire: Wire, answer: Answer) -> None:
        slow = answer.body
        if whole:
            slow = answer.head + slow
        else:
            wire.send(answer.head)
        for position in range(len(slow)):
            wire.send(slow[position : position + 1])
            wire.wait(1 / bytes_per_second)

    return fault


def oversize(*, megabytes: int = 64, announced: bool = True) -> Fault:
    """Send a JSON object of that size, with Content-Length where `announced`, else chunked."""

    def fault(wire: Wire, answer: Answer) -> None:
        size = megabytes * _MEGABYTE
        block = b" " * 65536
        if announced:
            wire.send(answer.with_headers(Content_Length=str(size + 2)).head + b"{")
        else:
            head = answer.with_headers(Transfer_Encoding="chunked").head
            wire.send(_without_length(head) + b"1\r\n{\r\n")
            block = b"10000\r\n" + block + b"\r\n"
        for _ in range(size // 65536):
            wire.wait(0)
            wire.send(block)
        wire.send(b"}" if announced else b"1\r\n}\r\n0\r\n\r\n")

    return fault


def bomb(*, megabytes: int = 64, coding: str = "gzip") -> Fault:
    """Send a JSON object that is small on the wire and that size once decompressed.

    `coding` is "gzip", "deflate", or "gzip, gzip" for one inside the other.
    """

    def fault(wire: Wire, answer: Answer) -> None:
        body = _compressed(megabytes, coding)
        head = answer.with_headers(Content_Encoding=coding, Content_Length=str(len(body))).head
        wire.send(head + body)

    return fault


@lru_cache(maxsize=8)
def _compressed(megabytes: int, coding: str) -> bytes:
    # In blocks: a test of the client's memory shares this process.
    first, *more = (_WINDOW_BITS[one] for one in coding.split(", "))
    packer = zlib.compressobj(wbits=first)
    parts = [packer.compress(b"{")]
    parts += [packer.compress(b" " * 65536) for _ in range(megabytes * _MEGABYTE // 65536)]
    body = b"".join([*parts, packer.compress(b"}"), packer.flush()])
    for bits in more:
        body = zlib.compress(body, wbits=bits)
    return body


def _without_length(head: bytes) -> bytes:
    lines = head.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.startswith(b"Content-Length:"))
