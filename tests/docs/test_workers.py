"""The workers of the documentation, each in a process of its own, revoke what a deletion left."""

import json
import os
import re
import shlex
import subprocess
import sys

import pytest

from tests.support.clients import a_client, tokens_of
from tests.support.grantees import OFFLINE
from tests.support.pages import ROOT, taken
from tests.support.provider.scripted import CLIENT_ID, CLIENT_SECRET

PAGE = "howto/later-work"
(IN_DATABASE,) = taken("python", PAGE, "django_tasks_db")
(DATABASE_WORKER,) = taken("console", PAGE, "db_worker")
(IN_REDIS,) = taken("python", PAGE, "django_tasks_rq")
(REDIS_WORKER,) = taken("console", PAGE, "rqworker")
(CRONTAB,) = taken("text", PAGE, "enqueue()")

STATES = (
    "from django_tasks_db.models import DBTaskResult;"
    "print(list(DBTaskResult.objects.values_list('status', flat=True)))"
)
SETTINGS = """
from tests.settings import *
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "%(database)s"}}
GENAUTH = {"default": %(app)r}
"""


class Site:
    """A site with settings of its own, whose commands run in processes of their own."""

    def __init__(self, folder, provider, settings):
        app = {
            "APP_ID": CLIENT_ID,
            "APP_SECRET": CLIENT_SECRET,
            "APP_HOST": provider.base_url,
            "ALLOW_INSECURE_HTTP": True,
        }
        text = SETTINGS % {"database": folder / "site.sqlite3", "app": app}
        (folder / "worker_settings.py").write_text(text + settings, "utf-8")
        self._folder = folder

    def run(self, line, **more):
        """Run a line of a console, or of a crontab, and return what it prints."""
        _, *words = shlex.split(line.removeprefix("$ "))
        # The root comes last, so that an installed package is found before the checkout.
        program = (
            f"import runpy, sys; sys.path += [{str(self._folder)!r}, {str(ROOT)!r}];"
            "sys.argv = sys.argv[1:]; runpy.run_module(sys.argv[0], run_name='__main__',"
            " alter_sys=True)"
        )
        words = [{"manage.py": "django"}.get(word, word) for word in words]
        return subprocess.run(  # noqa: S603 # our own documentation
            [sys.executable, "-P", "-c", program, *words],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "worker_settings", "CACHE": "locmem"},
            capture_output=True,
            check=True,
            text=True,
            timeout=60,
            **more,
        ).stdout

    def delete_people(self, provider, *names):
        """Have people with grants, and delete them all; return the states of their grants."""
        client = a_client(provider, scope=OFFLINE)
        lines = [
            json.dumps(
                {
                    name: getattr(tokens_of(client, provider, sub=sub), name)
                    for name in ("access_token", "token_type", "refresh_token")
                }
            )
            for sub in names
        ]
        provider.forget_requests()
        return self.run("python3 tests.support.delete_people", input="\n".join(lines))


def revocations(provider):
    return len(provider.requests_to("revocation"))


def test_the_worker_of_django_tasks_db_revokes(provider, tmp_path):
    site = Site(tmp_path, provider, IN_DATABASE.text)
    migrate, worker = DATABASE_WORKER.text.strip().splitlines()
    site.run(migrate)

    states = site.delete_people(provider, "ada", "grace")
    before = revocations(provider)
    site.run(f"{worker} --batch --no-startup-delay")

    assert (states, before) == ("revoking,revoking", 0)
    assert revocations(provider) == 2


@pytest.mark.parametrize("line", re.findall("python3 .*", CRONTAB.text), ids=["revoke", "purge"])
def test_cron_enqueues_the_tasks(provider, tmp_path, line):
    site = Site(tmp_path, provider, IN_DATABASE.text)
    site.run("$ python3 manage.py migrate")

    site.run(line)

    site.run("$ python3 manage.py db_worker --batch --no-startup-delay")
    assert "'SUCCESSFUL'" in site.run(f'$ python3 manage.py shell -c "{STATES}"')


@pytest.mark.skipif(os.environ.get("CACHE") != "redis", reason="needs Redis")
def test_the_worker_of_django_tasks_rq_revokes(provider, tmp_path):
    site = Site(tmp_path, provider, IN_REDIS.text)
    site.run("$ python3 manage.py migrate")

    states = site.delete_people(provider, "ada", "grace")
    before = revocations(provider)
    site.run(f"{REDIS_WORKER.text.strip()} --burst")

    assert (states, before) == ("revoking,revoking", 0)
    assert revocations(provider) == 2
