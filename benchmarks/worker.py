"""One site in a process of its own, which measures the CPU of what it is told to do.

`python -m benchmarks.worker PACKAGE HOST CLIENT_SECRET` reads an order a line from standard input
and answers on standard output, both in JSON. What is compared with what is not known here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from time import process_time
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from benchmarks.packages import Package, package, settings_of


def main() -> None:
    """Make the site, then take orders until standard input ends."""
    name, host, client_secret = sys.argv[1:]
    installed = package(name, host=host, client_secret=client_secret)
    settings.configure(**settings_of(installed))
    django.setup()
    call_command("migrate", verbosity=0)
    visitor = Visitor(installed)
    while line := sys.stdin.readline():
        order = json.loads(line)
        act = visitor.sign_in if order["act"] == "sign_in" else visitor.visit
        if order["count_queries"]:
            _say(queries=_queries(act))
        else:
            _say(seconds=[act() for _ in range(order["times"])])
        # A refusal is a redirect too, and would be cheap.
        visitor.require_signed_in()


class Visitor:
    """Be a person with a browser, who was here before from the second time on."""

    def __init__(self, installed: Package) -> None:
        self._installed = installed
        self._client = Client()

    def sign_in(self) -> float:
        """Sign in with an empty cookie jar; return the CPU seconds of both views.

        What happens between them, at the provider, is the other process's, and is not counted.
        """
        self._client.cookies.clear()
        if not self._installed.login:
            self._sign_in_without_package()
            return 0.0
        started = process_time()
        response = self._client.generic(self._installed.method, self._installed.login)
        spent = process_time() - started
        _say(authorization_url=response["Location"])
        back = urlsplit(json.loads(sys.stdin.readline())["callback_url"])
        address = f"{back.path}?{back.query}"
        started = process_time()
        response = self._client.get(address)
        spent += process_time() - started
        if response["Location"] != "/":
            raise RuntimeError(f"the sign-in ended at {response['Location']}")
        self._forget_deleted_cookies()
        return spent

    def visit(self) -> float:
        """Look at a page; return its CPU seconds."""
        started = process_time()
        self._client.get("/")
        return process_time() - started

    def require_signed_in(self) -> None:
        """Raise RuntimeError unless the site knows the visitor, as the one person that it has."""
        from django.contrib.auth.models import User

        greeting = self._client.get("/").content.decode()
        if greeting != f"Hello {User.objects.get().get_username()}.":
            raise RuntimeError(f"nobody is signed in: {greeting}")

    def _forget_deleted_cookies(self) -> None:
        # As a browser does; Django's client would bring them to every page.
        for name, morsel in list(self._client.cookies.items()):
            if morsel["max-age"] == 0:
                del self._client.cookies[name]

    def _sign_in_without_package(self) -> None:
        from django.contrib.auth.models import User

        user, _ = User.objects.get_or_create(username="ada")
        self._client.force_login(user)


def _queries(act: Callable[[], float]) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def _say(**message: Any) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
