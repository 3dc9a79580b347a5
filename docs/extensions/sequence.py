"""The directive `sequence`: draws who sends what to whom, as SVG, from lines of text.

    .. sequence:: A login
       :lanes: Browser, Your site, Provider

       Browser -> Your site: GET /members/
       Your site: nobody is signed in

A line with an arrow is a message; one without is what happens in a lane. The drawing takes its
colours from the page, so that it can be read in dark mode, and wraps its words, so that it can be
read on a phone. Builders other than HTML show the lines.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from html import escape
from typing import Any, ClassVar, NamedTuple

from docutils import nodes
from docutils.parsers.rst import Directive, directives

# In units of the drawing, which is as wide as the page allows and never wider than drawn.
_GAP = 190
_MARGIN = 76
_LINE = 17
# How many characters fit between two lanes, and into a box over one.
_CHARACTERS = 26
_BOX_CHARACTERS = 22
_MESSAGE = re.compile(r"(?P<of>[^:>]+?) -> (?P<to>[^:>]+?): (?P<text>.+)")
_NOTE = re.compile(r"(?P<of>[^:>]+?): (?P<text>.+)")


class Step(NamedTuple):
    """A message from one lane to another, or what happens in a lane (`to` is None)."""

    of: int
    to: int | None
    text: str


def steps(lanes: list[str], lines: list[str]) -> list[Step]:
    """Read the lines; ValueError names one that is no step, or whose lane is unknown."""
    return [_step(lanes, line.strip()) for line in lines if line.strip()]


def _step(lanes: list[str], line: str) -> Step:
    found = _MESSAGE.fullmatch(line) or _NOTE.fullmatch(line)
    if found is None:
        raise ValueError(f"neither a message nor a note: {line}")
    named = found.groupdict()
    for lane in {named["of"], named.get("to") or named["of"]} - set(lanes):
        raise ValueError(f"no lane has the name {lane}")
    to = named.get("to")
    return Step(lanes.index(named["of"]), lanes.index(to) if to else None, named["text"])


def svg(title: str, lanes: list[str], drawn: list[Step]) -> str:
    """Return the drawing."""
    width = 2 * _MARGIN + _GAP * (len(lanes) - 1)
    parts, bottom = [], 46
    for step in drawn:
        part, bottom = _message(step, bottom) if step.to is not None else _note(step, bottom)
        parts.append(part)
    columns = "".join(_lane(name, index, bottom) for index, name in enumerate(lanes))
    return (
        f'<svg class="sequence" role="img" aria-label="{escape(title)}" viewBox="0 0 {width}'
        f' {bottom + 12}" style="max-width: {width}px">{columns}{"".join(parts)}</svg>'
    )


def _lane(name: str, index: int, bottom: int) -> str:
    x = _MARGIN + index * _GAP
    return (
        f'<line class="lane" x1="{x}" y1="32" x2="{x}" y2="{bottom + 8}"/>'
        f'<text class="name" x="{x}" y="20">{escape(name)}</text>'
    )


def _message(step: Step, top: int) -> tuple[str, int]:
    assert step.to is not None  # noqa: S101 # the caller has looked
    start, end = (_MARGIN + lane * _GAP for lane in (step.of, step.to))
    span = abs(step.to - step.of)
    lines = textwrap.wrap(step.text, _CHARACTERS * span)
    y = top + _LINE * len(lines) + 6
    head = -8 if end > start else 8
    return (
        _text(lines, (start + end) // 2, top + _LINE - 4)
        + f'<line class="message" x1="{start}" y1="{y}" x2="{end}" y2="{y}"/>'
        f'<path class="head" d="M{end} {y} l{head} -5 v10 z"/>',
        y + 12,
    )


def _note(step: Step, top: int) -> tuple[str, int]:
    x = _MARGIN + step.of * _GAP
    lines = textwrap.wrap(step.text, _BOX_CHARACTERS)
    height = _LINE * len(lines) + 8
    return (
        f'<rect class="note" x="{x - 74}" y="{top}" width="148" height="{height}" rx="4"/>'
        + _text(lines, x, top + _LINE),
        top + height + 10,
    )


def _text(lines: list[str], x: int, y: int) -> str:
    return "".join(
        f'<text x="{x}" y="{y + _LINE * number}">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )


class SequenceDirective(Directive):
    """Put the drawing into the page."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[Any] = {"lanes": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Return the drawing, and the lines for builders that show no SVG."""
        lanes = [name.strip() for name in self.options["lanes"].split(",")]
        try:
            drawn = steps(lanes, list(self.content))
        except ValueError as error:
            raise self.error(str(error)) from error
        return list(self._nodes(svg(self.arguments[0], lanes, drawn)))

    def _nodes(self, drawing: str) -> Iterator[nodes.Node]:
        yield nodes.raw("", drawing, format="html")
        for other in ("latex", "text", "man"):
            yield nodes.raw("", "\n".join(self.content), format=other)


def setup(app: Any) -> dict[str, bool]:
    """Register the directive with Sphinx."""
    app.add_directive("sequence", SequenceDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
