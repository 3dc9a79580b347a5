"""One process: `prepare` a database, `ask` in threads, `manage` it, or `destroy` the database.

The task stands in the environment, as JSON; what came of it is printed, as JSON.
"""

import json
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.conf import settings  # noqa: E402 # Django had to be set up first
from django.contrib.auth import get_user_model  # noqa: E402 # likewise
from django.core.management import execute_from_command_line  # noqa: E402 # likewise
from django.db import connection, connections, transaction  # noqa: E402 # likewise

from django_genauth import grants  # noqa: E402 # likewise
from django_genauth.conf import get_app  # noqa: E402 # likewise
from django_genauth.grants import leases, sweeps  # noqa: E402 # likewise
from django_genauth.models import Grant, Identity, Sweep  # noqa: E402 # likewise
from django_genauth.protocol.errors import GenAuthError  # noqa: E402 # likewise
from django_genauth.protocol.tokens import TokenSet  # noqa: E402 # likewise

TASK = json.loads(os.environ["ASKERS_TASK"])
settings.GENAUTH = {"default": TASK["app"]}


def prepare():
    """Make the database, a user, and a grant whose access token has run out."""
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    user = get_user_model().objects.create_user("ada")
    identity = Identity.objects.create(user=user, issuer=TASK["issuer"], subject=TASK["subject"])
    grants.store(identity, get_app(), TokenSet(**TASK["token_set"]))
    return "prepared"


def prepare_many():
    """Make the database, and users with a grant each, whose refresh tokens are numbers."""
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    with transaction.atomic():
        for number in range(TASK["grants"]):
            user = get_user_model().objects.create(username=f"user-{number}")
            identity = Identity.objects.create(
                user=user, issuer=TASK["issuer"], subject=f"{number}"
            )
            token_set = TokenSet(
                access_token=f"access-{number}", token_type="Bearer", refresh_token=f"{number}"
            )
            grants.store(identity, get_app(), token_set)
    return "prepared"


def destroy():
    """Take the database away."""
    connection.creation.destroy_test_db(TASK["database"], verbosity=0)
    return "destroyed"


def ask():
    """Ask in several threads at the agreed instant."""
    user = get_user_model().objects.get()
    if TASK.get("killed_after_the_answer"):
        leases.Lease.give_back = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
    connection.close()
    time.sleep(max(0, TASK["at"] - time.time()))
    with ThreadPoolExecutor(TASK["threads"]) as pool:
        return list(pool.map(lambda _: outcome(user), range(TASK["threads"])))


def outcome(user):
    """Return the access token's fingerprint or the error's code, and how long it took."""
    begun = time.monotonic()
    caller = transaction.atomic() if TASK.get("atomic") else nullcontext()
    try:
        with caller:
            if TASK.get("atomic"):
                get_user_model().objects.update(first_name="Ada")
            answer = grants.get_access_token(user)
            if TASK.get("rolls_back"):
                transaction.set_rollback(True)
    except GenAuthError as error:
        answer = error.code
    finally:
        connections.close_all()
    return [answer, time.monotonic() - begun]


def manage():
    """Run a management command as `manage.py` does, with claims that end soon."""
    sweeps._CLAIM = TASK.get("claim", sweeps._CLAIM)
    execute_from_command_line(["manage.py", *TASK["arguments"]])
    sys.exit()


def interrupt_connections():
    """End what other processes have open at this database, as an administrator of it does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]


def counts():
    """Return how many grants were introspected, how many are claimed, and how many sweeps go on."""
    grants = Grant.objects.all()
    introspected = grants.exclude(introspected_at=None).count()
    return [introspected, grants.exclude(claimed_until=None).count(), Sweep.objects.count()]


def state():
    """Return how the grant stands."""
    grant = Grant.objects.get()
    tokens = grant.token_set or {}
    return [grant.state, tokens.get("access_token"), grant.leased_until is not None]


if sys.argv[1] not in ("prepare", "prepare_many"):
    connections.databases["default"]["NAME"] = TASK["database"]
    connection.settings_dict["NAME"] = TASK["database"]
sys.stdout.write(json.dumps(globals()[sys.argv[1]]()))
