"""A reader who leaves, and a terminal that knows ASCII alone: each command ends quietly."""

import io
import os
import subprocess
import sys

import pytest

from django_genauth.management.pipes import EXIT_STATUS, write_to_whoever_reads
from tests.support import ROOT

# The root comes last, so that an installed package is found before the one beside the tests.
PROGRAM = """
import sys, time; sys.path.append({root!r})
# Workers are threads, which have no database in memory in common.
import tests.settings; tests.settings.DATABASES["default"]["NAME"] = {database!r}
import django; django.setup()
from django.core.management import execute_from_command_line
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django_genauth.testing import FakeGenAuth, genauth_login
from django.test import Client
from django.test.utils import setup_test_environment
setup_test_environment(); call_command("migrate", verbosity=0)
with FakeGenAuth():
    genauth_login(Client(), claims={{"preferred_username": "å" * 60}})
    sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
    execute_from_command_line(["manage.py", *{command!r}])
"""


def run(folder, *command, reads, **environ):
    """Run a command whose output somebody reads or not, and return how it ended."""
    database = str(folder / "db.sqlite3")
    program = PROGRAM.format(root=str(ROOT), database=database, command=command)
    with subprocess.Popen(  # noqa: S603 # our own program
        [sys.executable, "-W", "ignore", "-P", "-c", program],
        cwd=folder,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE": "sqlite",
            "CACHE": "locmem",
            **environ,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        if not reads:
            process.stdout.close()
        process.stdin.write("\n")
        process.stdin.close()
        out = process.stdout.read() if reads else ""
        err = process.stderr.read()
    return process.returncode, out, err


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("genauth_introspect", "--all", "--workers", "1"), id="row by row"),
        pytest.param(("genauth_check",), id="at the end"),
        pytest.param(("genauth_purge",), id="one line"),
        pytest.param(("genauth_logout", "--all"), id="a count"),
        pytest.param(("genauth_keys", "key.json"), id="a key"),
    ],
)
def test_a_reader_who_leaves_ends_a_command_quietly(tmp_path, command):
    status, _, err = run(tmp_path, *command, reads=False)

    assert status == 141
    assert "Traceback" not in err
    assert "BrokenPipe" not in err


def test_a_terminal_that_knows_ascii_alone_shows_escapes(tmp_path):
    command = ("genauth_introspect", "--all", "--workers", "1")

    status, out, err = run(tmp_path, *command, reads=True, PYTHONIOENCODING="ascii")

    assert (status, "Traceback" in err) == (0, False)
    assert "\\xe5" in out


def test_a_reader_who_has_left_ends_the_work_with_a_status_of_its_own(monkeypatch):
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "w") as nobody_reads:
        monkeypatch.setattr(sys, "stdout", nobody_reads)
        # pytest's own has a number, and would be led nowhere too.
        monkeypatch.setattr(sys, "stderr", io.StringIO())

        with pytest.raises(SystemExit) as ended, write_to_whoever_reads():
            nobody_reads.write("a line")

    assert ended.value.code == EXIT_STATUS


def test_an_error_of_the_work_comes_out(monkeypatch):
    with pytest.raises(ZeroDivisionError), write_to_whoever_reads():
        raise ZeroDivisionError
