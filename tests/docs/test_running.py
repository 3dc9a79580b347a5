"""Where a site runs after the documentation: databases, timers, queues, ASGI, a model of its users.

Neither PostgreSQL nor systemd nor Celery is here: what they are told is read, and what they are to
run is run.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from configparser import ConfigParser
from importlib.util import find_spec
from types import ModuleType

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.db import router
from django.db.utils import ConnectionHandler
from django.urls import path
from uvicorn.main import main as uvicorn

from django_genauth.grants.rows import set_to_revoke
from django_genauth.models import Grant, Identity
from django_genauth.signals import revocation_pending
from tests.support.documented_console import Console, typed_in
from tests.support.grantees import a_grant
from tests.support.pages import ROOT, taken, values_of

(ASYNC_VIEW,) = taken("python", "howto/asgi")
(UVICORN,) = taken("console", "howto/asgi")
DATABASES = [
    *taken("python", "howto/postgresql", "DATABASES"),
    *taken("python", "howto/processes", "DATABASES"),
]
(ROUTER,) = taken("python", "howto/postgresql", "class GenAuthRouter")
(ROUTERS,) = taken("python", "howto/postgresql", "DATABASE_ROUTERS")
(PERSON,) = taken("python", "howto/custom-user-model", "class Person")
(USER_MODEL,) = taken("python", "howto/custom-user-model", "AUTH_USER_MODEL =")
(SERVICE,) = taken("ini", "howto/later-work", "[Service]")
(TIMER,) = taken("ini", "howto/later-work", "[Timer]")
(TASKS,) = taken("python", "howto/later-work", "shared_task")
(BEAT,) = taken("python", "howto/later-work", "CELERY_BEAT_SCHEDULE")


def module(monkeypatch, name, **values):
    """Let a module be imported that has these values."""
    made = ModuleType(name)
    vars(made).update(values)
    monkeypatch.setitem(sys.modules, name, made)
    return made


@pytest.mark.django_db
def test_an_asynchronous_view_gets_the_users_token(
    provider, app, settings, monkeypatch, async_client
):
    user = a_grant(provider, left=3600).identity.user
    async_client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    urls = [path("calendar/", values_of(ASYNC_VIEW)["calendar"])]
    module(monkeypatch, "documented_urls", urlpatterns=urls)
    settings.ROOT_URLCONF = "documented_urls"

    response = async_to_sync(async_client.get)("/calendar/")

    token = Grant.objects.get().token_set["access_token"]
    assert response.content.decode() == f"A token of {len(token)} characters"


def test_uvicorn_knows_what_it_is_told():
    *_, line = typed_in(UVICORN)
    words = shlex.split(line.line)

    told = uvicorn.make_context("uvicorn", words[words.index("uvicorn") + 1 :]).params

    assert (told["app"], told["workers"], told["lifespan"]) == ("mysite.asgi:application", 4, "off")


@pytest.mark.parametrize("block", DATABASES, ids=["TLS", "a pool", "gevent"])
def test_django_knows_what_a_database_is_told(block):
    database = values_of(block)["DATABASES"]["default"]

    completed = ConnectionHandler({"default": {}}).configure_settings({"default": {}})["default"]

    assert set(database) <= set(completed)
    assert find_spec(f"{database['ENGINE']}.base")


class ReplicaRouter:
    """Be the router of the site."""

    def db_for_read(self, model, **hints):
        return "replica"


def test_rows_of_this_app_are_read_where_they_are_written(settings, monkeypatch):
    ours = values_of(ROUTER)["GenAuthRouter"]
    module(monkeypatch, "mysite")
    module(monkeypatch, "mysite.routers", GenAuthRouter=ours, ReplicaRouter=ReplicaRouter)

    settings.DATABASE_ROUTERS = values_of(ROUTERS)["DATABASE_ROUTERS"]

    assert router.db_for_read(Identity) == "default"
    assert router.db_for_read(get_user_model()) == "replica"


def test_people_without_user_names_sign_in(tmp_path):
    (tmp_path / PERSON.caption).parent.mkdir()
    (tmp_path / PERSON.caption).write_text(PERSON.text, "utf-8")
    people = f"from tests.settings import *\n{USER_MODEL.text}"
    (tmp_path / "people_settings.py").write_text(people, "utf-8")
    # The root comes last, so that an installed package is found before the one beside the tests.
    program = (
        "import runpy, sys; sys.path.append(sys.argv.pop(1));"
        "runpy.run_module('tests.support.users.sign_in_twice', run_name='__main__')"
    )
    claims = {"email": "ada@example.org", "given_name": "Ada"}

    finished = subprocess.run(  # noqa: S603 # our own program
        [sys.executable, "-P", "-c", program, str(ROOT), json.dumps(claims)],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "people_settings",
            "PYTHONPATH": str(tmp_path),
            "DATABASE": "sqlite",
            "CACHE": "locmem",
        },
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )

    told = json.loads(finished.stdout)
    assert told["statuses"] == [302, 302]
    (user,) = told["users"]
    assert (user["key"], user["name"], user["email"]) == (
        "UUID",
        "ada@example.org",
        "ada@example.org",
    )


@pytest.fixture
def console(tmp_path, monkeypatch, threads):
    """Sit at the console of a site without grants."""
    return Console(tmp_path, monkeypatch)


@pytest.mark.parametrize("line", re.findall(r"^ExecStart=(.+)", SERVICE.text, re.MULTILINE))
def test_the_service_of_systemd_runs_a_command(console, line):
    console.run(line)

    assert console.statuses == [0]


def test_the_timer_of_systemd_belongs_to_the_service():
    timer = ConfigParser()
    timer.read_string(TIMER.text)

    assert timer["Timer"]["OnCalendar"]
    assert timer["Install"]["WantedBy"] == "timers.target"
    assert TIMER.caption.removesuffix("timer") == SERVICE.caption.removesuffix("service")


@pytest.fixture
def tasks(monkeypatch):
    """Have the tasks of the page, and note which of them are handed to a worker."""
    handed = []

    def shared_task(function):
        function.delay = lambda: handed.append(function.__name__)
        return function

    module(monkeypatch, "celery", shared_task=shared_task)
    monkeypatch.setattr(revocation_pending, "receivers", [*revocation_pending.receivers])
    revocation_pending.sender_receivers_cache.clear()
    return {**values_of(TASKS), "handed": handed}


@pytest.mark.django_db(transaction=True)
def test_a_task_of_celery_revokes(provider, app, tasks):
    set_to_revoke(a_grant(provider))

    assert tasks["revoke_pending"]() == {"revoked": 1, "not revoked": 0}


@pytest.mark.django_db
def test_a_task_of_celery_purges(tasks):
    assert tasks["purge"]()["ended"] == 0


@pytest.mark.django_db(transaction=True)
def test_celery_is_handed_what_is_to_be_revoked(provider, app, tasks):
    set_to_revoke(a_grant(provider))

    assert tasks["handed"] == ["revoke_pending"]


def test_celery_begins_the_tasks(monkeypatch, tasks):
    module(monkeypatch, "celery.schedules", crontab=lambda minute, hour: (minute, hour))

    schedule = values_of(BEAT)["CELERY_BEAT_SCHEDULE"]

    assert {each["task"].removeprefix("mysite.tasks.") for each in schedule.values()} <= set(tasks)
    assert [each["schedule"] for each in schedule.values()] == [300, ("50", "2")]
