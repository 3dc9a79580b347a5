"""Everything in another database than the default one, or read from a replica that lags behind."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import django_genauth
from tests.support import ROOT

SOURCES = sorted(Path(django_genauth.__file__).parent.rglob("*.py"))
CALLS = [
    (source.name, call.func.attr, {keyword.arg for keyword in call.keywords})
    for source in SOURCES
    for call in ast.walk(ast.parse(source.read_text("utf-8")))
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
]


def happened(tmp_path, router, *, atomic):
    """Let a site with two databases do all that it does, and return what came of it."""
    # The root comes last, so that an installed package is found before the one beside the tests.
    program = (
        "import runpy, sys; sys.path.append(sys.argv.pop(1));"
        "runpy.run_module('tests.support.site.databases', run_name='__main__')"
    )
    finished = subprocess.run(  # noqa: S603 # our own program
        [sys.executable, "-P", "-c", program, str(ROOT), str(tmp_path), router, str(int(atomic))],
        env={**os.environ, "DATABASE": "sqlite", "CACHE": "locmem"},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout.splitlines()[-1])


@pytest.mark.parametrize("atomic", [True, False], ids=["ATOMIC_REQUESTS", "without"])
@pytest.mark.parametrize("router", ["AllElsewhere", "Replica"])
def test_a_site_with_two_databases_works(tmp_path, router, atomic):
    assert happened(tmp_path, router, atomic=atomic) == {
        "signed in": [302, 302],
        "inside": 200,
        "refused": [403, 1],
        "signed out by the provider": [200, 302],
        "told by the console": [200, "Bobby"],
        "sessions": 200,
        "deleted": [302, 0],
    }


@pytest.mark.parametrize("name", ["atomic", "on_commit"])
def test_each_transaction_names_its_database(name):
    unnamed = [file for file, called, names in CALLS if called == name and "using" not in names]

    assert unnamed == []
