"""What is for tests stays out of a site that runs, and out of test runs that did not ask for it."""

import ast
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import django_genauth
from tests.support import ROOT

PACKAGE = Path(django_genauth.__file__).parent
IN_PRODUCTION = [
    module.name
    for module in pkgutil.walk_packages(django_genauth.__path__, "django_genauth.")
    if not module.name.startswith("django_genauth.testing")
]


def run(program, **environment):
    """Run a program in a process of its own, and return what it prints."""
    return subprocess.run(  # noqa: S603 # our own program
        [sys.executable, "-c", program],
        env={"PATH": os.defpath, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()


def test_a_site_that_runs_loads_nothing_for_tests():
    loaded = run(
        "import django, importlib, sys; django.setup();"
        f"[importlib.import_module(name) for name in {IN_PRODUCTION}];"
        "print(*sys.modules)",
        DJANGO_SETTINGS_MODULE="tests.settings",
    )

    assert "django_genauth.login.flow" in loaded
    assert [name for name in loaded if name.startswith(("django_genauth.testing", "pytest"))] == []


def test_it_can_be_imported_before_django_is_set_up():
    loaded = run("import sys, django_genauth.testing.pytest_plugin; print(*sys.modules)")

    assert "django_genauth.testing.fake" in loaded
    assert "django_genauth.models" not in loaded


def test_nothing_but_the_fake_takes_the_place_of_the_network():
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in ("override_client_extras", "_client_extras")
        if isinstance(node.value, ast.Name) and node.value.id == "conf"
    }

    assert users == {"testing/fake.py"}
