"""The pages of the documentation, and the examples in them.

A file of tests that runs examples takes them at its head, by `taken`. What nobody has taken is
found by `tests/docs/test_examples`.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.support import ROOT

PATHS = [*ROOT.glob("*.rst"), *sorted(ROOT.glob("docs/**/*.rst"))]
PAGES = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in PATHS}
_HEADING = re.compile(r"^(?P<title>\S.*)\n(?P<line>[=\-^])(?P=line)+$", re.MULTILINE)
# A directive, or a paragraph that ends in two colons, as pages have it that are read on a forge.
BLOCK = re.compile(
    r"^(?P<margin> *)(?:\.\. code-block:: (?P<language>\S+)\n"
    r"(?:(?P=margin) +:caption: (?P<caption>.*)\n)?|(?!\.\. )\S.*::\n)\n"
    r"(?P<text>(?:(?P=margin) +.*\n|\n)+)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """Hold an example. Its language is `literal` where the page names none."""

    page: str
    section: str
    language: str
    caption: str | None
    text: str

    def __str__(self) -> str:
        """Name it, as the id of a test."""
        return f"{self.page}: {self.text.strip().splitlines()[0][:50]}"


def _blocks(page: str, text: str) -> Iterator[Block]:
    for found in BLOCK.finditer(text):
        *_, heading = _HEADING.finditer(text, 0, found.start())
        yield Block(
            page=page,
            section=heading["title"],
            language=found["language"] or "literal",
            caption=found["caption"],
            text=textwrap.dedent(found["text"]),
        )


BLOCKS = [block for page, text in PAGES.items() for block in _blocks(page, text)]
TAKEN: set[Block] = set()


def examples(language: str, page: str = "", words: str = "") -> list[Block]:
    """Return the examples in a language, all or those of a page and with certain words."""
    return [
        block
        for block in BLOCKS
        if block.language == language and page in block.page and words in block.text
    ]


def taken(language: str, page: str = "", words: str = "") -> list[Block]:
    """Return the same, and note that a test runs them."""
    found = examples(language, page, words)
    TAKEN.update(found)
    return found


def values_of(block: Block, **names: Any) -> dict[str, Any]:
    """Run an example, and return its names and what they stand for."""
    names.setdefault("__name__", "documented")
    exec(compile(block.text, block.page, "exec"), names)  # noqa: S102 # our own documentation
    return names
