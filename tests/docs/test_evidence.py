"""The page on what was tested and measured: it names what runs, and its tables can be made."""

import re

import pytest
from docutils.core import publish_doctree
from docutils.nodes import entry

from tests.support.pages import PAGES, ROOT, taken
from tests.support.tables import show

(COMMAND,) = taken("console", "topics/evidence")
PAGE = PAGES["docs/topics/evidence.rst"]
INCLUDED = re.findall(r"^\.\. include:: \.\./measured/([\w-]+)\.txt$", PAGE, re.MULTILINE)
MEASURING = [*ROOT.glob("benchmarks/*.py"), *ROOT.glob("tests/load/*.py")]
SOURCES = "".join(path.read_text("utf-8") for path in MEASURING)
# The name of a table that is written for each trouble.
TROUBLES = {"outage-hangs", "outage-is-dead", "outage-answers-500"}


def test_each_environment_of_ci_is_named():
    script = (ROOT / ".ci/run").read_text("utf-8")
    lines = re.findall(r"^\.venv/bin/tox .*-e ([\w,]+)$", script, re.MULTILINE)
    run = {name for line in lines for name in line.split(",")}

    assert run | {"lowest"} <= set(re.findall(r"^``(\w+)``  ", PAGE, re.MULTILINE))


def test_the_tables_are_those_that_are_written():
    written = set(re.findall(r'\bname="([\w-]+)",?\n? *\)', SOURCES))

    assert written | TROUBLES == set(INCLUDED)


@pytest.mark.parametrize("name", INCLUDED)
def test_a_table_is_there(name):
    assert (ROOT / f"docs/measured/{name}.txt").read_text("utf-8").strip()


def test_a_table_is_written_as_the_page_includes_it(tmp_path, monkeypatch, capsys):
    variable, folder = re.match(r"\$ (\w+)=(\S+) tox -e bench,load\n", COMMAND.text).groups()
    monkeypatch.setenv(variable, str(tmp_path))

    show("Of a test", ("", "CPU ms"), [("a package", "1.5")], name="of-a-test")

    text = (tmp_path / "of-a-test.txt").read_text("utf-8")
    cells = [cell.astext() for cell in publish_doctree(text).findall(entry)]
    assert (ROOT / folder).is_dir()
    assert cells == ["", "CPU ms", "a package", "1.5"]
    assert "a package     1.5" in capsys.readouterr().out


def test_a_table_without_a_name_is_only_printed(tmp_path, monkeypatch):
    monkeypatch.setenv("GENAUTH_TESTS_TABLES", str(tmp_path))

    show("Of a test", ("", "CPU ms"), [("a package", "1.5")])

    assert list(tmp_path.iterdir()) == []


# Where each stands, and the text in front of it.
BOUNDS = {
    "A warm login's CPU": ("login", "_BOUND = "),
    "The check of an ID token": ("id_token", "_BOUND = "),
    "A page of a signed-in person": ("page", "_BOUND = "),
    "An API request in a plain view": ("bearer", "_PLAIN: "),
    "An API request in Django REST framework": ("bearer", "_DRF: "),
    "A signature of the app's own": ("signing", "_BOUND = "),
}


@pytest.mark.parametrize("what", BOUNDS)
def test_a_bound_is_the_one_that_is_held(what):
    file, before = BOUNDS[what]
    source = (ROOT / f"benchmarks/{file}.py").read_text("utf-8")
    (bound,) = re.findall(rf"{before}(\d[\d.]*)", source)

    assert re.search(rf"^{re.escape(what)}  +{re.escape(bound)} of ", PAGE, re.MULTILINE)
