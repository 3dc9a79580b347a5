"""Each code of the reference of errors has an anchor, to which the page of DEBUG leads."""

import importlib.util

import pytest
from docutils import nodes

from tests.support.pages import ROOT

_SPEC = importlib.util.spec_from_file_location("anchors", ROOT / "docs/extensions/anchors.py")
anchors = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(anchors)


class Builder:
    """Stand for Sphinx, which says what page it reads."""

    def __init__(self, page):
        self.env, self.docname = self, page


def a_page(*texts):
    term = nodes.term("", "", *(nodes.literal("", text) for text in texts))
    return nodes.container("", term), term


def test_a_term_is_found_by_each_of_its_codes():
    page, term = a_page("id_token.iss", "access_denied")

    anchors.name_terms(Builder("reference/errors"), page)

    assert term["ids"] == ["id_token.iss", "access_denied"]


def test_what_is_no_code_is_no_anchor():
    page, term = a_page("ConfigurationError", "a.b.c", "two words")

    anchors.name_terms(Builder("reference/errors"), page)

    assert term["ids"] == []


def test_other_pages_keep_their_own():
    page, term = a_page("id_token.iss")

    anchors.name_terms(Builder("reference/settings"), page)

    assert term["ids"] == []


@pytest.mark.django_db
def test_the_page_of_debug_leads_to_the_code(visitor, app, settings):
    settings.DEBUG = True
    app["ID_TOKEN_SIGNED_RESPONSE_ALG"] = "ES256"

    response = visitor.sign_in()

    assert 'reference/errors.html#id_token.alg">' in response.content.decode()
