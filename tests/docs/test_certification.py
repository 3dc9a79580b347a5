"""The page on the OpenID Foundation's tests names tests that are there, and all of them."""

import ast
import re

import pytest

from tests.support import ROOT

PAGE = (ROOT / "docs/topics/certification.rst").read_text("utf-8")
ROWS = re.findall(
    r"\* - ``(?P<module>[\w-]+)``\n +- ``(?P<path>[\w/.]+)::(?P<test>\w+)(?:\[(?P<row>\w+)\])?``",
    PAGE,
)


def names_in(path):
    """Return the tests of a file, and the ids of the rows of their tables."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)} | {
        keyword.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "id" and isinstance(keyword.value, ast.Constant)
    }


@pytest.mark.parametrize(("module", "path", "test", "row"), ROWS, ids=[row[0] for row in ROWS])
def test_a_test_that_the_page_names_is_there(module, path, test, row):
    assert {test, row or test} <= names_in(path)


def test_the_page_names_each_module_once():
    modules = [module for module, *_ in ROWS]

    assert len(modules) == len(set(modules)) > 40


@pytest.mark.parametrize("path", sorted({path for _, path, _, _ in ROWS}))
def test_the_page_names_each_test(path):
    tests = {name for name in names_in(path) if name.startswith("test_")}

    assert tests == {name for row in ROWS for name in row[2:] if name and row[1] == path}
