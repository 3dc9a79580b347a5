"""What the tests of the documentation share: its pages, and the examples on them."""

import re
import textwrap
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).parents[1]
PATHS = [*ROOT.glob("*.rst"), *sorted(ROOT.glob("docs/**/*.rst"))]
PAGES = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in PATHS}
BLOCK = re.compile(
    r"^\.\. code-block:: (?P<language>\S+)\n(?: +:caption: (?P<caption>.*)\n)?\n"
    r"(?P<text>(?: +.*\n|\n)+)",
    re.MULTILINE,
)
BLOCKS = [
    SimpleNamespace(**found.groupdict() | {"text": textwrap.dedent(found["text"]), "page": page})
    for page, text in PAGES.items()
    for found in BLOCK.finditer(text)
]


def examples(language, page="", words=""):
    """Return the examples in a language, all or those of a page and with certain words."""
    return [
        block
        for block in BLOCKS
        if block.language == language and page in block.page and words in block.text
    ]


def values_of(block, **names):
    """Run an example, and return its names and what they stand for."""
    exec(block.text, names)  # noqa: S102 # our own documentation
    return names
