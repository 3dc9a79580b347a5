"""The pictures of the documentation are there, small, and described in words."""

import re

import pytest

from tests.support import ROOT
from tests.support.pages import PAGES

PICTURES = sorted((ROOT / "docs" / "pictures").iterdir())
SHOWN = [
    (page, *found)
    for page, text in PAGES.items()
    for found in re.findall(r"(?:figure|image):: (\S*/pictures/\S+)\n(.*)\n", text)
]


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_is_small_and_shown_by_a_page(picture):
    assert picture.stat().st_size < 30_000
    assert any(path.endswith(f"/pictures/{picture.name}") for _, path, _ in SHOWN)


@pytest.mark.parametrize(("page", "path", "below"), SHOWN)
def test_what_a_page_shows_is_there_and_in_words(page, path, below):
    assert (ROOT / "docs" / path.removeprefix("docs/").lstrip("/")).is_file()
    assert re.fullmatch(r" +:alt: .{20,}", below)
