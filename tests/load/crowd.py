"""People who come to the site at a steady rate, whether or not those before them are through."""

from __future__ import annotations

import itertools
import statistics
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import requests

# Of either kind, a second.
RATE = 20
# Nobody waits longer for one page, in seconds.
_PATIENCE = 40
# More than can be under way, so that who comes is never kept waiting here.
_MOST_AT_ONCE = 200

Kind = Literal["page", "sign-in"]


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Say what became of somebody: `began` and `took` are in seconds, from when they were due."""

    kind: Kind
    began: float
    took: float
    status: int


class Told:
    """Tell the provider's process what to do, line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lock = threading.Lock()

    def __call__(self, line: str) -> str:
        """Return its answer."""
        with self._lock:
            assert self._process.stdin
            assert self._process.stdout
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
            return self._process.stdout.readline().strip()


def browser() -> requests.Session:
    """Open an empty browser."""
    session = requests.Session()
    # A proxy of the environment does not reach loopback.
    session.trust_env = False
    return session


class Crowd:
    """Sign in at a site, and look at a page there that only signed-in people see."""

    def __init__(
        self, site: str, provider: Told, *, login: str = "/genauth/login/?next=/members/"
    ) -> None:
        self._site = site
        self._provider = provider
        self._login = login
        self._members = [browser() for _ in range(8)]
        for member in self._members:
            self.sign_in(member)
        self._next_member = itertools.cycle(self._members)

    def sign_in(self, person: requests.Session) -> int:
        """Take all steps, and return the status with which they end: 302 when all went well.

        The provider's own page is always there: a code that nobody redeems is the worst for a site.
        """
        begun = self._get(person, self._login)
        if begun.status_code != 302:
            return begun.status_code
        callback = self._provider(f"authorize {begun.headers['Location']}")
        return self._get(person, callback.removeprefix(self._site)).status_code

    def come(self, seconds: float, orders: list[tuple[float, str]]) -> list[Visit]:
        """Have people come for so long, and give the provider its orders at their times."""
        visits: list[Visit] = []
        began = time.monotonic()

        def visit(kind: Kind, at: float, do: Callable[[], int]) -> None:
            status = do()
            took = time.monotonic() - began - at
            visits.append(Visit(kind=kind, began=at, took=took, status=status))

        with ThreadPoolExecutor(_MOST_AT_ONCE) as people:
            for number in range(int(seconds * RATE)):
                at = number / RATE
                while orders and orders[0][0] <= at:
                    people.submit(self._provider, orders.pop(0)[1])
                time.sleep(max(0.0, began + at - time.monotonic()))
                people.submit(visit, "sign-in", at, self._sign_in_anew)
                people.submit(visit, "page", at, self.look)
        return visits

    def _sign_in_anew(self) -> int:
        with browser() as person:
            return self.sign_in(person)

    def look(self) -> int:
        """Show the page to the next of the people who are signed in; return its status."""
        member = next(self._next_member)
        # In a connection of its own, as two people do not share one.
        with browser() as same:
            same.cookies.update(member.cookies)
            return self._get(same, "/members/").status_code

    def cookie_of_member(self) -> str:
        """Return the Cookie header of the next of the people who are signed in."""
        member = next(self._next_member)
        return "; ".join(f"{name}={value}" for name, value in member.cookies.items())

    def _get(self, person: requests.Session, path: str) -> requests.Response:
        return person.get(f"{self._site}{path}", allow_redirects=False, timeout=_PATIENCE)


def percentile(visits: list[Visit], percent: int) -> float:
    """Return the seconds that so many of a hundred took at most."""
    return statistics.quantiles((each.took for each in visits), n=100, method="inclusive")[
        percent - 1
    ]
