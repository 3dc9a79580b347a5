"""Each provider has a page of the same parts, whose settings are run in `tests/interop`.

Those of providers that the tests themselves run stand in `tests/interop/real`.
"""

import re

import pytest

from tests.interop.descriptions import DESCRIPTIONS
from tests.support.pages import PAGES, taken

DIRECTORY = "docs/howto/providers/"
NAMES = [
    path.removeprefix(DIRECTORY).removesuffix(".rst")
    for path in PAGES
    if path.startswith(DIRECTORY) and not path.endswith("/index.rst")
]
PARTS = ["At the provider", "Settings", "What works", "What does not", "How it was tried"]

for name in DESCRIPTIONS:
    # Those that add to GENAUTH, too.
    taken("python", f"howto/providers/{name}.rst", "GENAUTH")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_the_parts_of_all_pages(name):
    headings = re.findall(r"^(\S.*)\n---+$", PAGES[f"{DIRECTORY}{name}.rst"], re.MULTILINE)

    assert headings == PARTS


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_what_was_tried_how_and_when(name):
    tried = " ".join(PAGES[f"{DIRECTORY}{name}.rst"].partition("How it was tried\n")[2].split())

    assert re.search(r"\b(Scripted|Real)\b", tried)
    assert re.search(r"on \d+ \w+ 20\d\d", tried)
