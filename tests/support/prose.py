"""The sentences of a page of the documentation: what a reader reads, without code and headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, ClassVar

from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import Directive, directives, roles

from tests.support.pages import PAGES

# Sphinx's own parts, which docutils alone does not know. A role shows its text; one sort of
# directive holds paragraphs, the other holds none that a person wrote there.
_ROLES = ["doc", "ref", "confval", "class", "func", "meth", "mod", "attr", "term", "data", "exc"]
_WITH_PARAGRAPHS = ["confval", "function", "seealso", "glossary", "only"]
_WITHOUT = ["toctree", "code-block", "sequence"]
_AUTOMATIC = ["automodule", "autoclass", "autofunction", "autoexception", "autodata", "automethod"]
_TARGET = re.compile(r"\s*<[^>]*>$")
_END_OF_SENTENCE = re.compile(r"(?<=[.!?])[\")]*\s+")


class _Everything(dict[str, Any]):
    """Accept each option of a directive."""

    def __contains__(self, name: object) -> bool:
        return True

    def __getitem__(self, name: str) -> Any:
        return directives.unchanged

    def __bool__(self) -> bool:
        return True


class _WithParagraphs(Directive):
    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[Any] = _Everything()

    def run(self) -> list[nodes.Node]:
        """Read the directive's content as text of the page."""
        container = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, container)
        return [container]


class _Without(_WithParagraphs):
    def run(self) -> list[nodes.Node]:
        """Leave the directive's content out."""
        return []


def _show_text(name: str, raw: str, text: str, *_: Any, **__: Any) -> tuple[list[Any], list[Any]]:
    return [nodes.literal(raw, _TARGET.sub("", text))], []


for _name in _ROLES:
    roles.register_local_role(_name, _show_text)
for _name in _WITH_PARAGRAPHS:
    directives.register_directive(_name, _WithParagraphs)
for _name in [*_WITHOUT, *_AUTOMATIC]:
    directives.register_directive(_name, _Without)


@cache
def sentences(page: str) -> list[str]:
    """Return the sentences of the paragraphs of a page; of list items, table cells and notes too.

    A fragment of one or two words is no sentence. A directive or a role that is not known here
    raises SystemMessage, as its text would be passed over.
    """
    silent = {"report_level": 5, "halt_level": 3, "file_insertion_enabled": False}
    document = publish_doctree(PAGES[page], settings_overrides=silent)
    return [found for text in _paragraphs(document) for found in _split(text)]


def _paragraphs(document: nodes.document) -> Iterator[str]:
    for paragraph in document.findall(nodes.paragraph):
        if not isinstance(paragraph.parent, nodes.system_message):
            yield " ".join(paragraph.astext().split())


def _split(text: str) -> list[str]:
    return [each for each in _END_OF_SENTENCE.split(text) if len(each.split()) > 2]
