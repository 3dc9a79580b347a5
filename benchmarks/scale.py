"""What is done with one row costs the same among a million: on PostgreSQL, side by side.

A database is made and taken away again. To be imported before any model is: Django is set up here.
"""

from __future__ import annotations

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

from django.db import connection, reset_queries  # noqa: E402 # Django had to be set up first
from django.test.utils import CaptureQueriesContext  # noqa: E402 # likewise

from tests.support.tables import Verdict, show  # noqa: E402 # likewise

FEW = 1_000
_SAMPLE = 200


@dataclass(frozen=True)
class Deed:
    """Hold something that is done for one user; what it is done with is made beforehand."""

    name: str
    do: Callable[[Any], object]
    prepare: Callable[[int], Any] = int


def compare(
    deeds: Callable[[], list[Deed]], *, fill: Callable[[int, int], None], many: int, bound: float
) -> int:
    """Measure among few and among many; return the exit status.

    `fill` makes the rows of the users from its first to its last argument. `bound` is the most that
    a deed among many may take, measured by its time among few.
    """
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        fill(1, FEW)
        few = _measured(deeds(), FEW)
        fill(FEW + 1, many)
        verdicts = _judged(few, _measured(deeds(), many), many, bound)
        verdicts += _plans(deeds(), many)
    finally:
        connection.creation.destroy_test_db(os.environ["DATABASE_TEST_NAME"], verbosity=0)
    sys.stdout.write("\n" + "".join(f"{verdict}\n" for verdict in verdicts))
    return 0 if all(verdict.is_good for verdict in verdicts) else 1


def insert(statements: dict[str, str], first: int, last: int) -> None:
    """Run, for each table, a statement that selects its columns for the number `i`."""
    with connection.cursor() as cursor:
        for table, statement in statements.items():
            cursor.execute(f"{statement} FROM generate_series(%s, %s) i", [first, last])
            if " (id, " in statement:
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), %s)", [last]
                )
            cursor.execute(f"VACUUM ANALYZE {table}")


def _measured(deeds: list[Deed], among: int) -> dict[str, float]:
    """Return the seconds that each deed takes for a sample of users, in the median."""
    sample = Random(among).sample(range(1, among + 1), _SAMPLE)  # noqa: S311 # no secret
    found = {}
    for deed in deeds:
        times = []
        for user in sample * 2:
            subject = deed.prepare(user)
            begun = time.perf_counter()
            deed.do(subject)
            times.append(time.perf_counter() - begun)
        # PostgreSQL writes a page whole when it first changes after a checkpoint: that is the price
        # of cold pages, not of many rows, so the second round counts.
        found[deed.name] = median(times[_SAMPLE:])
        reset_queries()
    return found


def _judged(
    few: dict[str, float], many: dict[str, float], number: int, bound: float
) -> list[Verdict]:
    """Print the table, and judge the ratios."""
    ratios = {name: many[name] / few[name] for name in few}
    rows = [
        (name, f"{1_000 * few[name]:.2f}", f"{1_000 * many[name]:.2f}", f"{ratio:.2f}")
        for name, ratio in ratios.items()
    ]
    show(f"Milliseconds among {FEW:,} and {number:,} users", ("", "few", "many", "ratio"), rows)
    return [Verdict(f"{name}, many to few", ratio, bound) for name, ratio in ratios.items()]


def _plans(deeds: list[Deed], number: int) -> list[Verdict]:
    """Print the plans of the statements among many, and judge that none reads a whole table."""
    verdicts = []
    for deed in deeds:
        subject = deed.prepare(number // 2)
        with CaptureQueriesContext(connection) as captured:
            deed.do(subject)
        scans = [
            table
            for query in captured.captured_queries
            if query["sql"].startswith(("SELECT", "UPDATE", "DELETE"))
            for table in _whole_tables(query["sql"])
        ]
        sys.stdout.write(f"\n{deed.name}: tables read whole: {', '.join(scans) or 'none'}\n")
        verdicts.append(Verdict(f"{deed.name}, tables read whole", len(scans), 0))
    return verdicts


def _whole_tables(statement: str) -> list[str]:
    """Return the tables that a statement reads from end to end."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        plan = [line for (line,) in cursor.fetchall()]
    sys.stdout.write("".join(f"    {line}\n" for line in plan if "Scan" in line))
    return [
        found.group(1)
        for line in plan
        if (found := re.search(r"Seq Scan on (genauth_\w+|auth_user|django_session)", line))
    ]
