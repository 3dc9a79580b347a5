"""Environments of tox that look for their mark in some folders alone miss no test."""

import re

import pytest

from tests.support import ROOT

SETTINGS = (ROOT / "tox.ini").read_text("utf-8")


def places_of(mark):
    """Return the paths where the environment for a mark looks for tests."""
    (places,) = re.findall(rf'-m "?{mark}\b[^{{]*\{{posargs:(.+)\}}', SETTINGS)
    return tuple(places.split())


def files_with(mark):
    """Return the files of tests that have a mark."""
    files = ((path, path.read_text("utf-8")) for path in (ROOT / "tests").rglob("*.py"))
    return {path.relative_to(ROOT).as_posix() for path, text in files if f"mark.{mark}" in text}


@pytest.mark.parametrize("mark", ["browser", "load", "package", "providers"])
def test_a_mark_stands_where_its_environment_looks(mark):
    places = places_of(mark)

    assert {path for path in files_with(mark) if not path.startswith(places)} == set()
