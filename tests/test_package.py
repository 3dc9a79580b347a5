"""What is released: the sdist has all of the checkout, and the wheel made from it works elsewhere.

It needs a checkout with git, and `tox -e package`.
"""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.support import ROOT

pytestmark = pytest.mark.package

PROGRAMS = Path(sys.executable).parent
# What other environments are for, and this one itself.
WITHOUT = " and ".join(
    f"not {name}"
    for name in ("providers", "browser", "processes", "load", "standin", "demo", "package")
)

# The tests that read files of the checkout or start programs of it. All run with a wheel in the
# environments of each Python and Django, and that the sdist has every file is tested below.
READING = (
    "tests/docs",
    "tests/protocol/test_exports.py",
    "tests/testing",
    "tests/user_import",
    "tests/test_asgi.py",
    "tests/test_dependencies.py",
    "tests/test_messages.py",
    "tests/test_templates.py",
)

# Without what this run of the tests has set for itself.
INHERITED = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}


def run(*command, cwd=ROOT, **environment):
    """Return the exit status of a program of this environment, and what it says."""
    done = subprocess.run(  # noqa: S603 # our own commands
        [str(part) for part in command],
        cwd=cwd,
        env={**INHERITED, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


@pytest.fixture(scope="session")
def dist(tmp_path_factory):
    """Build the sdist from the checkout, and the wheel from the sdist."""
    directory = tmp_path_factory.mktemp("dist")
    status, said = run(PROGRAMS / "pyproject-build", "--outdir", directory)
    assert status == 0, said
    return directory


@pytest.fixture(scope="session")
def elsewhere(dist, tmp_path_factory):
    """Unpack the sdist in one directory, and the wheel in another."""
    directory = tmp_path_factory.mktemp("elsewhere")
    (sdist,), (wheel,) = dist.glob("*.tar.gz"), dist.glob("*.whl")
    with tarfile.open(sdist) as archive:
        # Python before 3.11.4 has no filters.
        filters: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(directory, **filters)  # noqa: S202 # ours
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(directory / "installed")  # noqa: S202 # ours
    (source,) = directory.glob("django_genauth-*")
    return source, directory / "installed"


def files_of_sdist(dist):
    """Return the paths of the files in the sdist, without what building it has added."""
    with tarfile.open(*dist.glob("*.tar.gz")) as archive:
        paths = {member.name.partition("/")[2] for member in archive if member.isfile()}
    return {path for path in paths if not path.startswith(("PKG-INFO", "django_genauth.egg-info/"))}


def files_of_wheel(dist):
    """Return the paths of the files in the wheel, without what describes it."""
    with zipfile.ZipFile(*dist.glob("*.whl")) as archive:
        return {path for path in archive.namelist() if ".dist-info/" not in path}


def test_the_sdist_has_every_file_of_the_checkout(dist):
    _, listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard")

    assert files_of_sdist(dist) == {path for path in listed.split("\n") if (ROOT / path).is_file()}


def test_the_wheel_has_every_file_of_the_package_and_nothing_else(dist):
    package = {path for path in files_of_sdist(dist) if path.startswith("django_genauth/")}

    assert files_of_wheel(dist) == package


def digests(directory):
    """Return the digest of each file in a directory, by its name."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in directory.iterdir()
    }


@pytest.fixture
def another_build(tmp_path):
    """Build from a copy of the checkout whose files are younger and nobody else's to read."""
    _, listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard")
    for path in listed.split("\n"):
        if (ROOT / path).is_file():
            copy = tmp_path / "copy" / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes((ROOT / path).read_bytes())
            copy.chmod(0o700 if os.access(ROOT / path, os.X_OK) else 0o600)
    status, said = run(
        PROGRAMS / "pyproject-build", "--outdir", tmp_path / "dist", cwd=tmp_path / "copy"
    )
    assert status == 0, said
    return tmp_path / "dist"


def test_two_builds_of_the_same_files_are_the_same_to_the_byte(dist, another_build):
    assert digests(another_build) == digests(dist)


def test_what_a_site_gets_with_the_package_can_be_listed(tmp_path):
    listed = tmp_path / "listed.json"

    status, said = run(
        *(PROGRAMS / "cyclonedx-py", "environment", "--output-reproducible"),
        *("--output-format", "JSON", "--output-file", listed, sys.executable),
    )

    assert status == 0, said
    names = {
        component["name"].lower() for component in json.loads(listed.read_text())["components"]
    }
    assert names >= {"asgiref", "cryptography", "django", "jwcrypto", "requests", "urllib3"}


def test_the_index_can_show_the_description(dist):
    status, said = run(PROGRAMS / "twine", "check", "--strict", *dist.iterdir())

    assert status == 0, said


def test_the_wheel_is_in_order(dist):
    # W004 is the name of a migration, which cannot be imported by a statement.
    status, said = run(PROGRAMS / "check-wheel-contents", "--ignore", "W004", dist)

    assert status == 0, said


def test_all_tests_of_the_sdist_can_be_imported_with_the_wheel(elsewhere):
    source, installed = elsewhere

    status, said = run(
        PROGRAMS / "pytest", "-q", "--collect-only", cwd=source, PYTHONPATH=str(installed)
    )

    assert status == 0, said


def test_what_reads_files_passes_in_the_sdist_with_the_wheel(elsewhere):
    source, installed = elsewhere

    status, said = run(
        PROGRAMS / "pytest",
        "--numprocesses=auto",
        *("-q", "-m", WITHOUT, *READING),
        cwd=source,
        PYTHONPATH=str(installed),
    )

    assert status == 0, said


def test_they_are_the_tests_of_the_wheel(elsewhere):
    source, installed = elsewhere

    _, said = run(
        sys.executable,
        "-P",
        "-c",
        "import django_genauth; print(django_genauth.__file__)",
        cwd=source,
        PYTHONPATH=str(installed),
    )

    assert said.strip() == str(installed / "django_genauth/__init__.py")
