"""The demonstration, as a newcomer runs it."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest
import requests

from tests.support import ROOT

DEMO = ROOT / "testproject" / "demo.py"

pytestmark = pytest.mark.demo


def run_check(**environment):
    return subprocess.run(  # noqa: S603 # our own program
        [sys.executable, str(DEMO), "--check"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_demonstration_signs_in_and_out_by_itself():
    finished = run_check()

    assert finished.returncode == 0, finished.stderr
    assert "sign out, at the provider as well" in finished.stdout
    assert "see a new one come" in finished.stdout
    assert "switch the provider off, and be told so by the site" in finished.stdout
    assert "be turned away by the second app" in finished.stdout
    assert "call the site's API with a program's access token" in finished.stdout


def test_the_demonstration_names_the_step_that_failed(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "from django_genauth.client.token_verifier import TokenVerifier\n"
        "TokenVerifier.id_token = lambda *a, **k: 1 / 0\n"
    )

    finished = run_check(PYTHONPATH=str(tmp_path))

    assert finished.returncode == 1
    assert "allow the site to know who it is" in finished.stdout + finished.stderr


@pytest.fixture
def start():
    """Start the demonstration as a terminal does, and end what is left of it."""
    started = []

    def start(*options):
        process = subprocess.Popen(  # noqa: S603 # our own program
            [sys.executable, str(DEMO), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        # It closes the pipes, and waits.
        with process:
            process.terminate()


def read_until(process, words):
    """Return what the demonstration says, up to the line with these words."""
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            break
    return said


def test_it_adds_people_and_claims_and_takes_a_password(start):
    process = start("--user", "mary", "--claim", 'roles=["editors"]', "--password", "open-sesame")

    said = read_until(process, "Ctrl-C")
    (site,) = re.findall(r"Open (\S+) and", said)
    page = requests.get(site, timeout=30).text

    assert re.search(r"^    mary +open-sesame  Added on the command line$", said, re.MULTILINE)
    assert re.search(r"^    ada +open-sesame  An editor", said, re.MULTILINE)
    assert '<th scope="row">mary</th><td><code>open-sesame</code></td>' in page


def test_a_claim_has_to_be_json(start):
    process = start("--claim", "roles=editors")

    _, errors = process.communicate(timeout=30)

    assert process.returncode == 2
    assert "'roles=editors' is not NAME=JSON" in errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_quietly(start, number):
    process = start()
    read_until(process, "Ctrl-C")

    process.send_signal(number)
    said, errors = process.communicate(timeout=30)

    assert (process.returncode, said.strip()) == (0, "Stopped.")
    assert "Traceback" not in errors


@pytest.mark.parametrize("seconds", [0.4, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_starts_ends_it_quietly(start, number, seconds):
    process = start()
    time.sleep(seconds)

    process.send_signal(number)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)

    assert (process.returncode, errors) == (0, "")
