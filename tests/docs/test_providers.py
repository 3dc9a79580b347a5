"""Each provider has a page of the same parts, whose settings are run in `tests/interop`.

Those of providers that the tests themselves run stand in `tests/interop/real`.
"""

import re

import pytest

from tests.interop.descriptions import DESCRIPTIONS
from tests.support.pages import PAGES, taken

DIRECTORY = "docs/howto/providers/"
PARTS = ["What to click there", "Settings", "What works", "What does not"]

for name in DESCRIPTIONS:
    # Those that add to GENAUTH, too.
    taken("python", f"howto/providers/{name}.rst", "GENAUTH")


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_a_page_has_the_parts_of_all_pages(name):
    headings = re.findall(r"^(\S.*)\n---+$", PAGES[f"{DIRECTORY}{name}.rst"], re.MULTILINE)

    assert [heading for heading in headings if heading in PARTS] == PARTS


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_a_page_says_what_was_tried_how_and_when(name):
    fields = re.findall(r"^:(\w+): (.*(?:\n +.*)*)", PAGES[f"{DIRECTORY}{name}.rst"], re.MULTILINE)

    assert [label for label, _ in fields] == ["Version", "Tried"]
    assert re.match(r"(scripted|(in part )?at the real)\b", fields[1][1])
    assert re.search(r"on \d+ \w+ 20\d\d", " ".join(fields[1][1].split()))
