"""Hostile input that hypothesis makes up: JSON values, texts, and changes to good members.

`HIDDEN` stands in many of the texts, so that a test can look for it where nothing may show.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

HIDDEN = "hidden-away"

# Without a database: an example that was found belongs into a test, not into a directory.
# However slow the machine is, and the first example, for which tables of characters are read.
hostile = settings(
    max_examples=100,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)

# Every code point, halves of surrogate pairs and NUL among them.
texts = st.text(st.characters(exclude_categories=())) | st.sampled_from(
    ["", HIDDEN, f"https://{HIDDEN}.example/", f"{HIDDEN}\ud800", f" {HIDDEN}\x00", "none", "AQAB"]
)
numbers = (
    st.integers()
    | st.floats()
    | st.sampled_from([0, -1, 1e300, 10**4000, -(10**4000), 253_402_300_800, 1_800_000_000])
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
honest_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
parameters = st.dictionaries(texts, texts, max_size=6)


def changes(names: Iterable[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Make up values for some of these members, and for some that nobody knows."""
    return st.dictionaries(st.sampled_from(sorted(names)) | texts, values, max_size=4)


def as_json(value: object) -> bytes:
    """Write a value as JSON, or nearly: Python writes NaN and Infinity too."""
    return json.dumps(value).encode()


bodies = (
    st.binary()
    | values.map(as_json)
    | texts.map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.builds(lambda text, cut: as_json(text)[:cut], values, st.integers(0, 60))
)
