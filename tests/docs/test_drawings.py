"""The drawings of the documentation are made of lines of text, and say all of them."""

import importlib.util
import re
from xml.etree import ElementTree as ET

import pytest

from tests.support.pages import PAGES, ROOT

_FILE = ROOT / "docs" / "extensions" / "sequence.py"
_SPEC = importlib.util.spec_from_file_location("sequence", _FILE)
sequence = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(sequence)

LANES = ["Browser", "Your site", "Provider"]
DRAWN = re.compile(r"^\.\. sequence:: .*\n   :lanes: (.*)\n\n((?:   .*\n)+)", re.MULTILINE)
DRAWINGS = [
    pytest.param(*found, id=page) for page, text in PAGES.items() for found in DRAWN.findall(text)
]


def words_of(drawing):
    texts = [each.text for each in ET.fromstring(drawing).iter("text")]  # noqa: S314 # our own
    return " ".join(" ".join(texts).split())


def test_a_message_goes_from_one_lane_to_another():
    assert sequence.steps(LANES, ["Browser -> Your site: GET /members/"]) == [
        sequence.Step(0, 1, "GET /members/")
    ]


def test_what_happens_in_a_lane_is_a_note():
    assert sequence.steps(LANES, ["", "Provider: asks who it is: by a password"]) == [
        sequence.Step(2, None, "asks who it is: by a password")
    ]


@pytest.mark.parametrize(
    "line", ["Browser -> Nobody: GET /", "Nobody: sleeps", "Browser -> Your site"]
)
def test_a_line_that_is_no_step_is_refused(line):
    with pytest.raises(ValueError, match=r"no lane|neither"):
        sequence.steps(LANES, [line])


def test_a_long_text_is_wrapped_and_none_of_it_is_lost():
    text = "a message of many words that no phone shows beside two lanes"
    drawing = sequence.svg("A title", LANES, [sequence.Step(0, 1, text)])

    assert text in words_of(drawing)
    assert drawing.count("<text") > len(LANES) + 1


def test_what_html_would_read_as_its_own_is_escaped():
    drawing = sequence.svg('"<&', ["<b>"], [sequence.Step(0, None, "a < b & c")])

    assert ET.fromstring(drawing).get("aria-label") == '"<&'  # noqa: S314 # our own
    assert "a < b & c" in words_of(drawing)


def test_a_drawing_names_no_colour_so_that_dark_pages_can_be_read():
    drawing = sequence.svg("A title", LANES, [sequence.Step(2, 0, "302")])

    assert not re.search(r"(?:fill|stroke)=|#[0-9a-f]{3}", drawing)


@pytest.mark.parametrize(("lanes", "lines"), DRAWINGS)
def test_the_drawings_of_the_pages_are_drawn(lanes, lines):
    names = [name.strip() for name in lanes.split(",")]

    drawing = sequence.svg("", names, sequence.steps(names, lines.splitlines()))

    assert all(name in words_of(drawing) for name in names)


def test_a_login_a_refresh_a_sign_out_and_an_api_request_are_drawn():
    assert len(DRAWINGS) >= 4
