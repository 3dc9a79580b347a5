"""The page *Upgrade*: its commands are there, and what it calls supported is what is tested."""

import re
import shlex
from configparser import ConfigParser

from django.core.management import get_commands

from tests.support.documented_console import typed_in
from tests.support.pages import PAGES, ROOT, taken

CONSOLE = taken("console", "howto/upgrade")
PAGE = PAGES["docs/howto/upgrade.rst"]


def versions_of(what):
    """Return what the table says of the versions of something."""
    (line,) = re.findall(rf"^{what}  +([\d., ]+\d)", PAGE, re.MULTILINE)
    return line.split(", ")


def classified(name):
    """Return the versions that the package says it is for."""
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    return re.findall(
        rf"^{re.escape(name)} :: (\d+\.\d+)$", setup["metadata"]["classifiers"], re.MULTILINE
    )


def test_the_supported_versions_are_those_that_the_package_names():
    assert versions_of("Django") == classified("Framework :: Django")
    assert versions_of("Python") == classified("Programming Language :: Python")


def test_each_command_of_the_site_is_there():
    lines = [shlex.split(typed.line) for block in CONSOLE for typed in typed_in(block)]
    commands = [line[line.index("manage.py") + 1] for line in lines if "manage.py" in line]

    assert commands == ["check", "migrate", "genauth_check"]
    assert set(commands) <= set(get_commands())


def test_it_names_the_order_of_the_steps():
    steps = [block.text.strip().splitlines()[-1] for block in CONSOLE]

    assert [step.split()[1] for step in steps] == ["pg_dump", "python3", "systemctl", "python3"]
