"""The page on the FAPI 2.0 profiles names tests that are there; its settings are enough."""

import ast
import re

import pytest
from django.core.checks import run_checks

from django_genauth.conf import get_client
from django_genauth.protocol.client_keys import generate_key
from tests.support import ROOT
from tests.support.pages import taken, values_of

PAGE = (ROOT / "docs/topics/fapi.rst").read_text("utf-8")
ROWS = re.findall(r"     - ``(?P<path>[\w/.]+)::(?P<test>\w+)``", PAGE)
(SETTINGS,) = taken("python", "topics/fapi")


def test_each_clause_has_a_test():
    assert len(ROWS) == PAGE.count("   * - ") - len(("Clause", "Part"))


@pytest.mark.parametrize(("path", "test"), ROWS, ids=[row[1] for row in ROWS])
def test_a_test_that_the_page_names_is_there(path, test):
    tree = ast.parse((ROOT / path).read_text("utf-8"))

    assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_settings_of_the_page_are_enough(settings):
    settings.GENAUTH = values_of(SETTINGS)["GENAUTH"]
    settings.GENAUTH["default"]["CLIENT_KEYS"] = [generate_key("ES256")[0]]

    registration = get_client().registration

    assert run_checks(tags=["genauth"]) == []
    assert registration.pushed_authorization is registration.dpop is True
