"""genauth_rekey by two processes at once: each does its share of the rows."""

import base64
import os
import re
import time
from contextlib import contextmanager

import pytest

from tests.support.askers.site import Site

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(
        os.environ.get("DATABASE") != "postgres", reason="it speaks PostgreSQL's SQL"
    ),
]

GRANTS = 800
OLD, NEW = (base64.urlsafe_b64encode(bytes([number] * 32)).decode() for number in (1, 2))
APP = {
    "APP_ID": "5f17a529f64fb009b794a2ff",
    "APP_SECRET": "2f5a8c1e7b9d4036a1c2e3f405162738",
    "APP_HOST": "https://acme.genauth.ai",
}


@pytest.fixture
def site(tmp_path):
    """Run a site of many users, whose grants are sealed under the old key."""
    with Site(
        tmp_path,
        {**APP, "TOKEN_KEYS": [OLD]},
        prepare="prepare_many",
        issuer="https://acme.genauth.ai/oidc",
        grants=GRANTS,
    ) as running:
        yield running


@contextmanager
def locked_grants(site, *, until_waiting):
    """Lock the table until so many processes wait for it, so that they begin at one instant."""
    psycopg = pytest.importorskip("psycopg")
    host, user = os.environ.get("PGHOST", "127.0.0.1"), os.environ.get("PGUSER", "postgres")
    with psycopg.connect(dbname=site.database, host=host, user=user) as holding:
        holding.execute("LOCK TABLE genauth_grant")
        yield
        waiting = (
            "SELECT count(*) FROM pg_locks"
            " WHERE relation = 'genauth_grant'::regclass AND NOT granted"
        )
        give_up_at = time.monotonic() + 60
        while holding.execute(waiting).fetchone() != (until_waiting,):
            assert time.monotonic() < give_up_at
            time.sleep(0.01)


def sealed(process):
    """Wait for a command, and return how many rows it has sealed."""
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return int(re.match(r"([\d,]+) sealed anew", out)[1].replace(",", ""))


def test_two_processes_share_the_rows_and_seal_none_twice(site):
    turned = {**APP, "TOKEN_KEYS": [NEW, OLD]}
    with locked_grants(site, until_waiting=2):
        both = [site.start("manage", arguments=("genauth_rekey",), app=turned) for _ in range(2)]

    shares = [sealed(process) for process in both]

    assert sum(shares) == GRANTS
    assert min(shares) >= 0.35 * GRANTS
