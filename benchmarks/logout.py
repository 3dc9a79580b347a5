"""A provider's logout costs the same among a million sessions: on PostgreSQL, side by side.

`python -m benchmarks.logout [--sessions N]`, from the root of the repository. A database is made
and taken away again; the plans that PostgreSQL chooses among the many are printed and judged too.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import sys
import time
from random import Random
from statistics import median
from urllib.parse import urlencode

os.environ["DATABASE"] = "postgres"
os.environ.setdefault("DATABASE_TEST_NAME", f"genauth_benchmark_{os.getpid()}")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402 # Django had to be set up first
from django.contrib.auth import get_user_model  # noqa: E402 # likewise
from django.db import connection, reset_queries  # noqa: E402 # likewise
from django.http import HttpResponse  # noqa: E402 # likewise
from django.test import Client  # noqa: E402 # likewise
from django.test.utils import CaptureQueriesContext  # noqa: E402 # likewise

from benchmarks.grants import a_token_set  # noqa: E402 # likewise
from benchmarks.table import Verdict, show  # noqa: E402 # likewise
from django_genauth import grants  # noqa: E402 # likewise
from django_genauth.models import Identity, LoginSession  # noqa: E402 # likewise
from tests.provider.keys import secret_key  # noqa: E402 # likewise
from tests.provider.tokens import write_jwt  # noqa: E402 # likewise
from tests.signed_in import FRONT, a_session, send  # noqa: E402 # likewise

FEW = 1_000
_SAMPLE = 200
_BOUND = 2
_APP = settings.GENAUTH["default"]
_ISSUER = f"{_APP['APP_HOST']}/oidc"
_TABLES = r"genauth_\w+|auth_user|django_session"


def main() -> int:
    """Measure among few and among many; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.logout", description=__doc__)
    parser.add_argument("--sessions", type=int, default=1_000_000, help="how many are many")
    many = parser.parse_args().sessions
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
    """Make users with a session and a grant each, in the database; what is sealed stays shut."""
    users = get_user_model()._meta.db_table
    statements = [
        f"INSERT INTO {users} (id, password, is_superuser, username, first_name, last_name,"
        " email, is_staff, is_active, date_joined)"
        " SELECT i, '!', false, 'user-' || i, '', '', '', false, true, now()",
        "INSERT INTO genauth_identity (id, user_id, issuer, subject, claims, created_at)"
        f" SELECT i, i, '{_ISSUER}', 'subject-' || i, '{{}}', now()",
        "INSERT INTO genauth_grant (id, identity_id, app, state, token_set, access_fingerprint,"
        " refresh_fingerprint, lease, claim, expires_at, created_at, updated_at)"
        " SELECT i, i, 'default', 'active', repeat(md5(i::text), 80), md5('a' || i),"
        " md5('r' || i), '', '', now() + interval '1 hour', now(), now()",
        "INSERT INTO genauth_loginsession (id, identity_id, app, sid, session_key, digest,"
        " user_agent, location, created_at, seen_at, expires_at)"
        " SELECT i, i, 'default', md5('s' || i), repeat(md5(i::text), 6), md5('d' || i), 'Lynx',"
        " '', now(), now(), now() + interval '14 days'",
        "INSERT INTO django_session (session_key, session_data, expire_date)"
        " SELECT md5('k' || i), repeat(md5(i::text), 8), now() + interval '14 days'",
    ]
    tables = (users, "genauth_identity", "genauth_grant", "genauth_loginsession", "django_session")
    with connection.cursor() as cursor:
        for table, statement in zip(tables, statements, strict=True):
            cursor.execute(f"{statement} FROM generate_series(%s, %s) i", [first, last])
            if table != "django_session":
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), %s)", [last]
                )
            cursor.execute(f"VACUUM ANALYZE {table}")


def signed_in(user: int) -> LoginSession:
    """Sign a user in, in place of the session that is there."""
    identity = Identity.objects.get(pk=user)
    LoginSession.objects.filter(identity=identity).delete()
    row = a_session(identity, sid=secrets.token_hex(16))
    grants.store(identity, "default", a_token_set(user))
    return row


def logout_token(**named: str) -> str:
    """Return a token as the provider signs it."""
    now = int(time.time())
    claims = {
        "iss": _ISSUER,
        "aud": _APP["APP_ID"],
        "iat": now,
        "exp": now + 120,
        "jti": secrets.token_hex(16),
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }
    return write_jwt(claims | named, secret_key("HS256", _APP["APP_SECRET"]), typ="logout+jwt")


def by_sid(session: LoginSession) -> None:
    """Sign out by the provider's name of the session."""
    must_be_good(send(logout_token(sid=session.sid)))


def by_subject(session: LoginSession) -> None:
    """Sign out by the provider's name of the person."""
    must_be_good(send(logout_token(sub=session.identity.subject)))


def by_frame(session: LoginSession) -> None:
    """Sign out by a frame of the provider's page."""
    query = urlencode({"iss": _ISSUER, "sid": session.sid})
    must_be_good(Client().get(f"{FRONT}?{query}"))


def must_be_good(response: HttpResponse) -> None:
    """Measure nothing where nothing was done."""
    if response.status_code != 200:
        raise RuntimeError(f"status {response.status_code}")


_DEEDS = {
    "back-channel, by sid": by_sid,
    "back-channel, by sub": by_subject,
    "front-channel": by_frame,
}


def measured(among: int) -> dict[str, float]:
    """Return the seconds that each deed takes for a sample of users, in the median."""
    sample = Random(among).sample(range(1, among + 1), _SAMPLE)  # noqa: S311 # no secret
    found = {}
    for name, deed in _DEEDS.items():
        times = []
        for user in sample * 2:
            session = signed_in(user)
            begun = time.perf_counter()
            deed(session)
            times.append(time.perf_counter() - begun)
        # PostgreSQL writes a page whole when it first changes after a checkpoint: that is the price
        # of cold pages, not of many sessions, so the second round counts.
        found[name] = median(times[_SAMPLE:])
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
    show(f"Milliseconds among {FEW:,} and {number:,} sessions", ("", "few", "many", "ratio"), rows)
    return [Verdict(f"{name}, many to few", many[name] / few[name], _BOUND) for name in few]


def plans(number: int) -> list[Verdict]:
    """Print the plans of the statements among many, and judge that none reads a whole table."""
    verdicts = []
    for name, deed in _DEEDS.items():
        session = signed_in(number // 2)
        with CaptureQueriesContext(connection) as captured:
            deed(session)
        scans = [
            table
            for query in captured.captured_queries
            if query["sql"].startswith(("SELECT", "UPDATE", "DELETE"))
            for table in whole_tables(query["sql"])
        ]
        sys.stdout.write(f"\n{name}: tables read whole: {', '.join(scans) or 'none'}\n")
        verdicts.append(Verdict(f"{name}, tables read whole", len(scans), 0))
    return verdicts


def whole_tables(statement: str) -> list[str]:
    """Return the tables that a statement reads from end to end."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        plan = [line for (line,) in cursor.fetchall()]
    sys.stdout.write("".join(f"    {line}\n" for line in plan if "Scan" in line))
    return [
        found.group(1) for line in plan if (found := re.search(rf"Seq Scan on ({_TABLES})", line))
    ]


if __name__ == "__main__":
    sys.exit(main())
