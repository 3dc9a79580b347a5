"""genauth_keys makes a key in a file, and prints the public half."""

import json
import os
import stat

import pytest

from django_genauth.protocol.client_keys import KEY_ALGORITHMS, load_keys


def make(run, *arguments):
    return run("genauth_keys", *arguments, workers=())


@pytest.mark.parametrize("algorithm", KEY_ALGORITHMS)
def test_the_file_holds_a_key_for_the_setting(run, tmp_path, algorithm):
    path = tmp_path / "key.json"

    ran = make(run, str(path), "--alg", algorithm)

    (key,) = load_keys([path.read_text()])
    assert (ran.status, key.algorithms or key.decrypts) == (0, (algorithm,))


def test_only_the_public_half_is_printed(run, tmp_path):
    path = tmp_path / "key.json"

    ran = make(run, str(path))

    private = json.loads(path.read_text())
    (printed,) = json.loads(ran.out)["keys"]
    assert printed["kid"] == private["kid"]
    assert private["d"] not in ran.out + ran.err


def test_a_script_reads_the_public_half_alone(run, tmp_path):
    ran = make(run, str(tmp_path / "key.json"), "--format", "json")

    assert list(json.loads(ran.out)) == ["keys"]
    assert ran.err == ""


def test_only_the_owner_may_read_the_file(run, tmp_path):
    path = tmp_path / "key.json"

    make(run, str(path))

    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_without_a_name_the_file_is_called_by_its_key(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    ran = make(run)

    (made,) = tmp_path.iterdir()
    kid = json.loads(ran.out)["keys"][0]["kid"]
    assert made.name == f"genauth-{kid[:8]}.json"
    assert made.name in ran.err


def test_a_file_that_is_there_is_not_overwritten(run, tmp_path):
    path = tmp_path / "key.json"
    path.write_text("a key in use")

    ran = make(run, str(path))

    assert (ran.status, path.read_text()) == (1, "a key in use")
    assert "is there already" in ran.err


def test_a_folder_that_is_not_there_is_said(run, tmp_path):
    ran = make(run, str(tmp_path / "missing" / "key.json"))

    assert ran.status == 1
    assert "cannot be written: No such file or directory." in ran.err
