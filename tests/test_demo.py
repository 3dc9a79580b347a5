"""The demonstration, as a newcomer runs it."""

import os
import subprocess
import sys

import pytest

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
    assert "call the site's API with a program's access token" in finished.stdout


def test_the_demonstration_names_the_step_that_failed(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "from django_genauth.client.token_verifier import TokenVerifier\n"
        "TokenVerifier.id_token = lambda *a, **k: 1 / 0\n"
    )

    finished = run_check(PYTHONPATH=str(tmp_path))

    assert finished.returncode == 1
    assert "allow the site to know who it is" in finished.stdout + finished.stderr
