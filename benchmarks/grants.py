"""What is done with one grant costs the same among a million: on PostgreSQL, side by side.

`python -m benchmarks.grants [--grants N]`, from the root of the repository. A database is made and
taken away again; the plans that PostgreSQL chooses among the many are printed and judged too.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from statistics import median
from typing import Any

os.environ["DATABASE"] = "postgres"
os.environ.setdefault("DATABASE_TEST_NAME", f"genauth_benchmark_{os.getpid()}")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402 # Django had to be set up first
from django.db import connection, reset_queries  # noqa: E402 # likewise
from django.test import Client  # noqa: E402 # likewise
from django.test.utils import CaptureQueriesContext  # noqa: E402 # likewise

from benchmarks.table import Verdict, show  # noqa: E402 # likewise
from django_genauth import grant_rows, grants  # noqa: E402 # likewise
from django_genauth.models import Identity  # noqa: E402 # likewise
from django_genauth.protocol.tokens import TokenSet  # noqa: E402 # likewise

FEW = 1_000
_SAMPLE = 200
_BOUND = 1.5
_ISSUER = "https://acme.genauth.ai/oidc"


@dataclass
class Deed:
    """Hold something that is done for one user."""

    name: str
    do: Callable[[int], Any]


def main() -> int:
    """Measure among few and among many; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grants", description=__doc__)
    parser.add_argument("--grants", type=int, default=1_000_000, help="how many are many")
    many = parser.parse_args().grants
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        fill(1, FEW)
        few = measured(FEW)
        fill(FEW + 1, many)
        verdicts = judged(few, measured(many), many)
        verdicts += plans(many)
    finally:
        connection.creation.destroy_test_db(os.environ["DATABASE_TEST_NAME"], verbosity=0)
    sys.stdout.write("\n" + "".join(f"{verdict}\n" for verdict in verdicts))
    return 0 if all(verdict.is_good for verdict in verdicts) else 1


def fill(first: int, last: int) -> None:
    """Make users with a grant each, in the database; the tokens of all but a sample stay shut."""
    users = get_user_model()._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {users} (id, password, is_superuser, username, first_name, last_name,"  # noqa: S608 # names of tables of our own
            " email, is_staff, is_active, date_joined)"
            " SELECT i, '!', false, 'user-' || i, '', '', '', false, true, now()"
            " FROM generate_series(%s, %s) i",
            [first, last],
        )
        cursor.execute(
            "INSERT INTO genauth_identity (id, user_id, issuer, subject, claims, created_at)"
            " SELECT i, i, %s, 'subject-' || i, '{}', now() FROM generate_series(%s, %s) i",
            [_ISSUER, first, last],
        )
        cursor.execute(
            "INSERT INTO genauth_grant (id, identity_id, app, state, token_set, access_fingerprint,"
            " refresh_fingerprint, lease, claim, expires_at, created_at, updated_at)"
            " SELECT i, i, 'default', 'active', repeat(md5(i::text), 80), md5('a' || i),"
            " md5('r' || i), '', '', now() + interval '1 hour', now(), now()"
            " FROM generate_series(%s, %s) i",
            [first, last],
        )
        for table in (users, "genauth_identity", "genauth_grant"):
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), %s)",
                [last],
            )
            cursor.execute(f"VACUUM ANALYZE {table}")


def a_token_set(user: int) -> TokenSet:
    """Return tokens of the size that GenAuth gives."""
    return TokenSet(
        access_token=f"access-{user}-{'a' * 900}",
        token_type="Bearer",  # noqa: S106 # the kind of token
        expires_in=3_600,
        expires_at=time.time() + 3_600,
        refresh_token=f"refresh-{user}-{'r' * 30}",
        id_token="i" * 900,
    )


def deeds() -> list[Deed]:
    """Return what is measured."""
    users = get_user_model()
    admin, _ = users.objects.get_or_create(
        username="admin", defaults={"pk": 0, "is_staff": True, "is_superuser": True}
    )
    browser = Client()
    browser.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    return [
        Deed(
            "a login's tokens are kept",
            lambda user: grants.store(Identity(pk=user), "default", a_token_set(user)),
        ),
        Deed("get_access_token", lambda user: grants.get_access_token(users(pk=user))),
        Deed(
            "found by a token",
            lambda user: grant_rows.find(a_token_set(user).access_token, "default"),
        ),
        Deed("the admin's list", lambda user: browser.get("/admin/genauth/grant/")),
        Deed(
            "the admin's search", lambda user: browser.get(f"/admin/genauth/grant/?q=user-{user}")
        ),
    ]


def measured(among: int) -> dict[str, float]:
    """Return the median seconds of each deed for a sample of users."""
    sample = Random(among).sample(range(1, among + 1), _SAMPLE)  # noqa: S311 # no secret
    found = {}
    for deed in deeds():
        for user in sample:
            # PostgreSQL writes a page whole when it first changes after a checkpoint: that is the
            # price of cold pages, not of many grants.
            deed.do(user)
        times = []
        for user in sample:
            begun = time.perf_counter()
            deed.do(user)
            times.append(time.perf_counter() - begun)
        found[deed.name] = median(times)
        reset_queries()
    return found


def judged(few: dict[str, float], many: dict[str, float], number: int) -> list[Verdict]:
    """Print the table, and judge the ratios."""
    rows = [
        (
            name,
            f"{1_000 * few[name]:.2f}",
            f"{1_000 * many[name]:.2f}",
            f"{many[name] / few[name]:.2f}",
        )
        for name in few
    ]
    show(f"Milliseconds among {FEW:,} and {number:,} grants", ("", "few", "many", "ratio"), rows)
    return [Verdict(f"{name}, many to few", many[name] / few[name], _BOUND) for name in few]


def plans(number: int) -> list[Verdict]:
    """Print the plans of the statements among many, and judge that none reads a whole table."""
    verdicts = []
    for deed in deeds():
        with CaptureQueriesContext(connection) as captured:
            deed.do(number // 2)
        scans = [
            table
            for query in captured.captured_queries
            if query["sql"].startswith(("SELECT", "UPDATE"))
            for table in whole_tables(query["sql"])
        ]
        sys.stdout.write(f"\n{deed.name}: tables read whole: {', '.join(scans) or 'none'}\n")
        verdicts.append(Verdict(f"{deed.name}, tables read whole", len(scans), 0))
    return verdicts


def whole_tables(statement: str) -> list[str]:
    """Return the tables of users, identities and grants that a statement reads from end to end."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        plan = [line for (line,) in cursor.fetchall()]
    sys.stdout.write("".join(f"    {line}\n" for line in plan if "Scan" in line))
    return [
        found.group(1)
        for line in plan
        if (found := re.search(r"Seq Scan on (genauth_\w+|auth_user)", line))
    ]


if __name__ == "__main__":
    sys.exit(main())
