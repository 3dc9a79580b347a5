"""What the package imports is what setup.cfg declares, and the tests run with what was built."""

import ast
import os
import sys
from configparser import ConfigParser
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import django_genauth
from tests.support import ROOT

SETUP = ConfigParser(interpolation=None)
SETUP.read(ROOT / "setup.cfg", "utf-8")


def imported() -> set[str]:
    """Return the distributions whose modules the package imports, wherever it does."""
    sources = [path.read_text("utf-8") for path in (ROOT / "django_genauth").rglob("*.py")]
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    modules = {name.partition(".")[0] for name in names}
    # Type checkers alone know the last.
    foreign = modules - sys.stdlib_module_names - {"django_genauth", "_typeshed"}
    return {packages_distributions()[module][0].lower() for module in foreign}


def declared(section: str, option: str) -> set[str]:
    """Return the distributions that an option of setup.cfg names."""
    return {Requirement(line).name for line in SETUP[section][option].split("\n") if line}


def test_what_is_imported_is_declared():
    # pytest is there for whoever switches its plugin on.
    extras = ("cli", "drf", "ninja")
    optional = {name for extra in extras for name in declared("options.extras_require", extra)}
    optional.add("pytest")

    assert imported() == declared("options", "install_requires") | optional


@pytest.mark.parametrize("line", SETUP["options"]["install_requires"].strip().split("\n"))
def test_each_dependency_has_a_lowest_version(line):
    assert [each.operator for each in Requirement(line).specifier] == [">="]


@pytest.mark.skipif("TOX_ENV_NAME" not in os.environ, reason="only tox builds and installs a wheel")
def test_the_checkout_does_not_hide_the_wheel():
    assert Path(django_genauth.__file__).parent != ROOT / "django_genauth"
