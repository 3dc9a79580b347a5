"""Changes of good things: of JSON documents, of signed tokens, and of octets.

What is changed is known only when a login is under way, so each change is a function of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from tests.protocol.strategies import texts, values
from tests.support.provider.keys import base64url, base64url_decode

# What programs take for something else than it is.
_ODD = st.sampled_from(
    [None, True, False, 0, -1, 1, "", " ", "null", [], {}, [[]], [None], "\x00", "\ud800", 10**400]
)
_PLACES = st.floats(0, 1)

# Texts that a browser can send.
unicode_texts = texts.map(lambda text: text.encode("utf-8", "replace").decode())


def edits_of(*members: str) -> st.SearchStrategy[dict[str, Any]]:
    """Make up new values for one or more of these members."""
    return st.dictionaries(st.sampled_from(members), values | _ODD, min_size=1, max_size=3)


def edited(document: Mapping[str, Any], edits: Mapping[str, Any]) -> bytes:
    """Return a document with other members, with the NaN and the like that Python writes."""
    return json.dumps({**document, **edits}).encode()


@st.composite
def octet_changes(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """Flip a bit, or cut, repeat, put in or take out octets."""
    first, second = sorted([draw(_PLACES), draw(_PLACES)])
    put = draw(st.binary(min_size=1, max_size=20))
    times = draw(st.integers(2, 50))
    kind = draw(st.sampled_from(["flip", "cut", "repeat", "put", "take"]))
    bit = 1 << draw(st.integers(0, 7))

    def change(good: bytes) -> bytes:
        start, end = int(first * (len(good) - 1)), int(second * len(good))
        before, between, behind = good[:start], good[start:end], good[end:]
        return {
            "flip": before + bytes([good[start] ^ bit]) + good[start + 1 :],
            "cut": before,
            "repeat": before + between * times + behind,
            "put": before + put + good[start:],
            "take": before + behind,
        }[kind]

    return change


@st.composite
def token_changes(draw: st.DrawFn) -> Callable[[str, str], str]:
    """Flip a bit of a token's segments, or swap them, also with those of another token."""
    place, other_place = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    order = draw(st.permutations(range(3)))
    kind = draw(st.sampled_from(["flip", "swap", "foreign", "order", "text"]))
    text = draw(texts)
    where, bit = draw(_PLACES), 1 << draw(st.integers(0, 7))

    def flipped(segment: str) -> str:
        octets = bytearray(base64url_decode(segment))
        octets[int(where * (len(octets) - 1))] ^= bit
        return base64url(bytes(octets))

    def change(good: str, other: str) -> str:
        segments = good.split(".")
        new = {
            "flip": flipped(segments[place]),
            "swap": segments[other_place],
            "foreign": other.split(".")[place],
            "order": segments[place],
            "text": text,
        }[kind]
        segments[place] = new
        return ".".join(segments[each] for each in (order if kind == "order" else range(3)))

    return change
