"""Mixed traffic at a site of gunicorn's with PostgreSQL and Redis, and faults meanwhile.

Redis and PostgreSQL are killed and come back, the provider hangs, workers are killed. What people
do, and how they judge it, stands in `people`.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.load.journal import Fault, Journal
from tests.load.people import Person, Site
from tests.load.running import running_provider, running_site_at
from tests.load.servers import OwnServer, own_postgres, own_redis

_PEOPLE = 20
# In seconds. Sessions are renewed as often as an access token runs out.
_TOKEN_TTL = 12
# What each fault lasts.
_REDIS_IS_DOWN = 2
_POSTGRES_IS_DOWN = 2
# Longer than a request may take.
_PROVIDER_HANGS = 8
# Between two faults: long enough that what a fault excuses is over before the next.
_QUIET = 20
# So long the site may take to keep what it got: a database is given some seconds to come back.
_KEEPING = 1
# Before the first.
_BEGINNING = 5


class MixedTraffic:
    """Run a site, people and faults; `wrong` is what no fault excuses."""

    def __init__(self, *, sessions: str = "django.contrib.sessions.backends.db") -> None:
        self.journal = Journal()
        self.counts: dict[str, int] = {}
        self._sessions = sessions

    def run(self, folder: Path, *, seconds: float) -> list[str]:
        """Have traffic for so long, with one fault after the other; return what was wrong.

        The site's log stands in the folder afterwards.
        """
        with ExitStack() as running:
            port, self._postgres = running.enter_context(own_postgres())
            address, self._redis = running.enter_context(own_redis())
            app, self._provider = running.enter_context(running_provider(token_ttl=_TOKEN_TTL))
            self._site = Site(
                running.enter_context(
                    running_site_at(
                        app,
                        folder,
                        workers=3,
                        settings="mixed_settings",
                        postgres=port,
                        redis=address,
                        sessions=self._sessions,
                    )
                )
            )
            people = [
                Person(f"person-{number}", self._site, self._provider, self.journal)
                for number in range(_PEOPLE)
            ]
            self._have_traffic(people, time.monotonic() + seconds)
            return [*self.journal.wrong(), *self._compare_accounts(people)]

    def _have_traffic(self, people: list[Person], ends: float) -> None:
        is_over = threading.Event()

        def come(person: Person) -> None:
            while not is_over.wait(person.pause()):
                person.act()

        with ThreadPoolExecutor(len(people)) as threads:
            coming = [threads.submit(come, person) for person in people]
            try:
                self._inject_faults(ends)
            finally:
                is_over.set()
        for each in coming:
            each.result()
        for person in people:
            for device in person.devices[:]:
                person.look(device, token=True)

    def _inject_faults(self, ends: float) -> None:
        faults: list[Callable[[], None]] = [
            lambda: self._restart("redis", self._redis, signal.SIGKILL, _REDIS_IS_DOWN),
            lambda: self._restart("postgres", self._postgres, signal.SIGQUIT, _POSTGRES_IS_DOWN),
            self._hang,
            self._kill_worker,
        ]
        time.sleep(_BEGINNING)
        for number in range(10_000):
            began = time.monotonic()
            faults[number % len(faults)]()
            time.sleep(max(0.0, min(began + _QUIET, ends) - time.monotonic()))
            if time.monotonic() + _QUIET > ends and number + 1 >= len(faults):
                break
        time.sleep(max(0.0, ends - time.monotonic()))

    def _restart(self, kind: Fault, server: OwnServer, how: signal.Signals, down: float) -> None:
        with self.journal.fault(kind):
            server.stop(how)
            time.sleep(down)
            server.start()

    def _hang(self) -> None:
        with self.journal.fault("provider"):
            self._provider("freeze")
            time.sleep(_PROVIDER_HANGS)
            self._provider("thaw")

    def _kill_worker(self) -> None:
        with self.journal.fault("worker"):
            os.kill(self._site.worker, signal.SIGKILL)

    def _compare_accounts(self, people: list[Person]) -> list[str]:
        """Return what does not agree: what people have, what the site keeps, who lives there."""
        answer = self._site.ask("GET", "/grants/")
        assert answer is not None
        active = {self._sign_in_of(token) for token in answer.json()["active"]}
        accounts = json.loads(self._provider("accounts"))
        living = {number for number, account in enumerate(accounts) if account["lives"]}
        signed_in = {device.number for person in people for device in person.devices}
        completed = {number for person in people for number in person.completed}
        tried = {number for person in people for number in person.tried_to_leave}
        lost = {each.sign_in for each in self.journal.events if each.sign_in is not None} - tried
        self.counts = {
            "sign-ins": len(completed),
            "at the end": len(signed_in),
            "refreshes": sum(len(account["rotated"]) for account in accounts),
            "refresh tokens used twice": sum(len(account["used_twice"]) for account in accounts),
            "sessions lost": len(lost),
            "put off without a fault": self.journal.put_off(),
        }
        wrong = [
            f"a lost session: {number} {accounts[number]}"
            for number in sorted(lost)
            if not self._is_excused_by_kill(accounts[number])
        ]
        wrong += [
            f"a refresh token was used twice: {number} {account}"
            for number, account in enumerate(accounts)
            if account["used_twice"]
            and number not in lost
            and not self._is_excused_by_kill(account)
        ]
        for what, numbers in {
            "signed in without a grant": signed_in - active,
            "signed in, and ended at the provider": signed_in - living,
            "kept, and ended at the provider": active - living,
            "forgotten, and alive at the provider": (living - active) & completed,
        }.items():
            wrong += [
                f"{what}: {number} {accounts[number] if number is not None else None}"
                for number in numbers
            ]
        return wrong

    def _sign_in_of(self, token: str) -> int:
        number: int = json.loads(self._provider(f"whose {token}"))["number"]
        return number

    def _is_excused_by_kill(self, account: dict[str, Any]) -> bool:
        """Return whether a worker was killed between a refresh and the writing of its answer."""
        if not account["used_twice"]:
            return False
        used_again = account["used_twice"][0]
        rotated = max(time for time in account["rotated"] if time < used_again)
        return any(
            kind == "worker" and since - _KEEPING <= rotated <= since + _KEEPING
            for kind, since, _ in self.journal.faults
        )
