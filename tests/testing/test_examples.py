"""The examples of the page for developers are tests that pass, run as its reader runs them."""

import os
import subprocess
import sys

from tests.support.pages import ROOT, examples, values_of

SETTINGS = """
from tests.settings import *

GENAUTH = {genauth!r}
"""


def test_the_examples_pass(tmp_path):
    groups, *_ = examples("python", "howto/groups")
    genauth = values_of(groups)["GENAUTH"]
    genauth["default"] |= {"APP_ID": "the-app", "APP_SECRET": "s" * 32}
    genauth["default"]["API_AUDIENCE"] = "https://api.acme.example"
    (tmp_path / "example_settings.py").write_text(SETTINGS.format(genauth=genauth), "utf-8")
    for block in examples("python", "howto/test-your-site"):
        (tmp_path / block.caption).write_text(block.text, "utf-8")

    run = subprocess.run(  # our own program
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "."],
        cwd=tmp_path,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "example_settings",
            # Not the servers that the tests around this one may be using.
            "DATABASE": "sqlite",
            "CACHE": "locmem",
            "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
        },
        stdout=subprocess.PIPE,
        text=True,
    )

    assert (run.returncode, "10 passed" in run.stdout) == (0, True), run.stdout
