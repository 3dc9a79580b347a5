"""Gives each error code of the reference an anchor, to which messages of the app lead.

The code is the anchor: reference/errors.html#id_token.alg.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes

_PAGE = "reference/errors"
_CODE = re.compile(r"[a-z_]+(\.\w+)?")


def codes(term: nodes.term) -> list[str]:
    """Return the codes that a term of the page names."""
    texts = [literal.astext() for literal in term.findall(nodes.literal)]
    return [text for text in texts if _CODE.fullmatch(text)]


def name_terms(app: Any, document: nodes.document) -> None:
    """Let the terms of the page be found by their codes."""
    if app.env.docname == _PAGE:
        for term in document.findall(nodes.term):
            term["ids"].extend(codes(term))


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-read", name_terms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
