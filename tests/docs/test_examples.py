"""Every example of the documentation is run by a test, and the pages that stand alone can be read.

What runs them stands in the other files here, by what they are. Whether lists are
complete stands in `tests/docs/test_reference`; what is broken in the form of a page is found by
Sphinx (`tox -e docs`).
"""

import importlib
import re

import pytest
from docutils.core import publish_string

from tests.support.pages import BLOCKS, PAGES, ROOT, TAKEN, taken

for path in sorted(ROOT.glob("tests/docs/test_*.py")):
    # Each takes the examples that it runs.
    importlib.import_module(f"tests.docs.{path.stem}")

# These run in files that take them when they run them, or that need what is not always there.
ELSEWHERE = {
    "tests/docs/test_projects.py": [
        *taken("python", "README", "django_genauth"),
        *taken("literal", "README", "manage.py"),
        *taken("console", "tutorial", "-m provider"),
        *taken("console", "tutorial", "manage.py"),
        *(block for block in BLOCKS if block.page == "docs/tutorial.rst" and block.caption),
    ],
    "tests/admin/test_second_factors.py": [
        *taken("python", "howto/admin-login", "OTPAdminSite"),
        *taken("html+django", "howto/admin-login", "{{ form }}"),
    ],
    "tests/testing/test_examples.py": taken("python", "howto/test-your-site"),
    "tests/browser/test_javascript.py": taken("javascript", "howto/javascript"),
}
RUN = TAKEN.union(*ELSEWHERE.values())


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_an_example_is_run(block):
    assert block in RUN


@pytest.mark.parametrize("path", ELSEWHERE)
def test_a_file_that_runs_examples_reads_them_from_the_pages(path):
    assert "from tests.support.pages import" in (ROOT / path).read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_every_example_of_a_page_is_found(page):
    directives = re.findall(r"^ *\.\. (?:code-block|code|sourcecode)::", PAGES[page], re.MULTILINE)
    named = [block for block in BLOCKS if block.page == page and block.language != "literal"]

    assert len(named) == len(directives)
    assert not re.search(r"^ *\.\. (?:literalinclude|parsed-literal)::", PAGES[page], re.MULTILINE)


@pytest.mark.parametrize("name", ["README.rst", "CHANGELOG.rst"])
def test_a_page_of_the_distribution_is_read_without_sphinx(name):
    strict = {"report_level": 1, "halt_level": 2, "file_insertion_enabled": False}

    publish_string(PAGES[name], writer="html5", settings_overrides=strict)
