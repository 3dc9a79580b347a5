"""The files of *Deploy*, read as their programs read them; `tests/load/test_deploy` runs them."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from configparser import ConfigParser

import pytest
from uvicorn.main import main as uvicorn

from tests.support.documented_console import typed_in
from tests.support.pages import examples, taken

PAGE = "howto/deploy"
(SETTINGS,) = taken("python", PAGE, "mysite.settings")
(GUNICORN,) = taken("python", PAGE, "worker_class")
(SERVICE,) = taken("ini", PAGE, "Type=notify")
(UVICORN,) = taken("ini", PAGE, "Type=exec")
(NGINX,) = taken("nginx", PAGE)
(CADDY,) = taken("text", PAGE, "reverse_proxy")
(ENVIRONMENT,) = taken("text", PAGE, "DJANGO_SETTINGS_MODULE")
(REQUIREMENTS,) = taken("text", PAGE, "psycopg")
(CONSOLE,) = taken("console", PAGE)
(DOCKERFILE,) = taken("docker", PAGE)
(COMPOSE,) = taken("yaml", PAGE)
(SWEEP,) = examples("ini", "howto/later-work", "[Service]")
(TIMER,) = examples("ini", "howto/later-work", "[Timer]")

INSTRUCTIONS = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "EXPOSE", "CMD"}


def test_each_secret_of_the_settings_is_in_the_file_of_the_environment():
    read = set(re.findall(r'environ\["(\w+)"\]', SETTINGS.text))

    assert read | {"DJANGO_SETTINGS_MODULE"} == set(
        re.findall(r"^\w+", ENVIRONMENT.text, re.MULTILINE)
    )


def test_the_requirements_name_what_the_files_use():
    named = [re.match(r"[\w-]+", line)[0] for line in REQUIREMENTS.text.split()]

    assert named == ["django-genauth", "gunicorn", "psycopg", "redis"]


def test_uvicorn_knows_what_it_is_told():
    line = re.findall(r"^ExecStart=(.+)", UVICORN.text, re.MULTILINE)[-1]
    _, *words = shlex.split(line)

    told = uvicorn.make_context("uvicorn", words).params

    assert (told["app"], told["workers"]) == ("mysite.asgi:application", 3)
    assert (told["access_log"], told["proxy_headers"]) == (False, False)


def test_gunicorn_has_more_threads_than_may_wait_for_the_provider():
    told: dict[str, object] = {}

    exec(GUNICORN.text, told)  # noqa: S102 # our own documentation

    assert told["worker_class"] == "gthread"
    assert told["threads"] == 8


def units():
    """Return the files of systemd by their names, as they are for this machine."""
    return {
        block.caption.rpartition("/")[2]: re.sub(
            r"/srv/site/\.venv/bin/\w+", sys.executable, block.text
        )
        for block in (SERVICE, SWEEP, TIMER)
    }


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("name", units())
def test_systemd_understands_each_line_of_a_unit(tmp_path, name):
    for each, text in units().items():
        (tmp_path / each).write_text(text, "utf-8")

    # It tells of what it does not know, and ends with 0 all the same.
    said = subprocess.run(  # noqa: S603 # our own
        ["systemd-analyze", "verify", f"./{name}"],  # noqa: S607 # where systemd is
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert [
        line for line in said.stderr.splitlines() if str(tmp_path) in line or name in line
    ] == []


def test_the_service_of_uvicorn_replaces_lines_of_the_other():
    ours, theirs = ConfigParser(strict=False), ConfigParser(strict=False)
    for parser, block in ((ours, UVICORN), (theirs, SERVICE)):
        parser.optionxform = str  # type: ignore[assignment] # keys as they stand
        parser.read_string(block.text)

    assert set(ours["Service"]) <= set(theirs["Service"])
    assert UVICORN.caption.startswith(f"{SERVICE.caption}.d/")


def test_both_units_read_the_same_environment():
    assert f"EnvironmentFile={ENVIRONMENT.caption}" in SERVICE.text
    assert f"EnvironmentFile=-{ENVIRONMENT.caption}" in SWEEP.text


def test_nginx_writes_the_path_and_no_query():
    written = set(re.findall(r"\$\w+", NGINX.text.partition(";")[0]))

    assert "$uri" in written
    assert written.isdisjoint({"$request", "$request_uri", "$args", "$query_string"})
    servers = NGINX.text.count("\nserver {")
    assert NGINX.text.count("access_log /var/log/nginx/site.log without_query;") == servers


@pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed")
def test_caddy_understands_its_file(tmp_path):
    text = CADDY.text.replace("/var/log/caddy", str(tmp_path))
    (tmp_path / "Caddyfile").write_text(text, "utf-8")

    said = subprocess.run(
        ["caddy", "adapt", "--validate"],  # noqa: S607 # where Caddy is
        cwd=tmp_path,
        env={**os.environ, "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode == 0, said.stderr
    assert "/srv/site/static" in json.dumps(json.loads(said.stdout))


def test_each_command_is_one_of_the_site():
    environment, *lines = [shlex.split(typed.line) for typed in typed_in(CONSOLE)]

    assert f"{ENVIRONMENT.caption};" in environment
    assert [line[:2] for line in lines] == [["python3", "-m"], *[["python3", "manage.py"]] * 4]
    assert lines[0][2:] == ["pip", "install", "-r", REQUIREMENTS.caption]


def test_each_line_of_the_dockerfile_is_an_instruction():
    names = [line.split(" ", 1)[0] for line in DOCKERFILE.text.splitlines() if line]

    assert set(names) == INSTRUCTIONS
    assert (names[0], names[-1]) == ("FROM", "CMD")


def test_the_container_starts_what_the_service_starts():
    command = json.loads(re.search(r"^CMD (.+)", DOCKERFILE.text, re.MULTILINE)[1])
    line = re.search(r"^ExecStart=(.+)", SERVICE.text, re.MULTILINE)[1]

    bind = ["--bind", "0.0.0.0:8000"]
    assert [word for word in command if word not in bind] == [
        word.rpartition("/")[2] for word in shlex.split(line)
    ]


def test_only_the_proxy_of_the_containers_is_reached_from_outside():
    services = re.split(
        r"^  (?=\w+:$)", COMPOSE.text.partition("\nservices:")[2], flags=re.MULTILINE
    )

    assert [each.partition(":")[0] for each in services if "ports:" in each] == ["nginx"]
