"""The provider and the sites: started, told what to do in turn, ended.

The provider lives in the process that measures nothing, so its work is in nobody's figures.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, Self

from benchmarks.packages import CLIENT_ID
from tests.support.provider.scripted import CLIENT_SECRET, ScriptedProvider

_CLAIMS = {
    "name": "Ada Byron",
    "given_name": "Ada",
    "family_name": "Byron",
    "preferred_username": "ada",
    "email": "ada@example.org",
    "email_verified": True,
}


class Site:
    """Run one worker inside a `with` block, and be its visitor's identity provider."""

    def __init__(self, name: str, provider: ScriptedProvider) -> None:
        self.name = name
        self._provider = provider

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "benchmarks.worker", self.name]
        self._process = subprocess.Popen(  # noqa: S603 # our own worker, no shell
            [*command, self._provider.base_url, CLIENT_SECRET],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def seconds(self, act: str, *, times: int) -> list[float]:
        """Return the CPU seconds of each time that the visitor did something."""
        found: list[float] = self._order(act=act, times=times, count_queries=False)["seconds"]
        return found

    def queries(self, act: str) -> int:
        """Return how many statements reach the database."""
        return int(self._order(act=act, count_queries=True)["queries"])

    def requests(self, act: str) -> tuple[int, int]:
        """Return how many requests reach the provider, and over how many new connections."""
        self._provider.forget_requests()
        self._order(act=act, times=1, count_queries=False)
        return len(self._provider.requests), self._provider.connections

    def _order(self, **order: Any) -> dict[str, Any]:
        answer = self._exchange(order)
        while "authorization_url" in answer:
            url = answer["authorization_url"]
            answer = self._exchange({"callback_url": _consent(self._provider, url)})
        return answer

    def _exchange(self, message: dict[str, Any]) -> dict[str, Any]:
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the worker has no pipes")
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} failed; its own words stand above")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def running(names: Sequence[str]) -> Iterator[list[Site]]:
    """Run a provider and a site for each name."""
    with ExitStack() as stack:
        provider = stack.enter_context(
            ScriptedProvider(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, alg="RS256")
        )
        yield [stack.enter_context(Site(name, provider)) for name in names]


def interleaved(
    sites: Sequence[Site], act: str, *, rounds: int, times: int
) -> list[dict[str, list[float]]]:
    """Measure in rounds, each site once a round and each first in its turn.

    So a machine that grows slower or faster does so for all of them.
    """
    measured = []
    for number in range(rounds):
        shift = number % len(sites)
        order = [*sites[shift:], *sites[:shift]]
        measured.append({site.name: site.seconds(act, times=times) for site in order})
    return measured


def _consent(provider: ScriptedProvider, authorization_url: str) -> str:
    if "&nonce=" not in authorization_url and "?nonce=" not in authorization_url:
        # allauth sends none, which OpenID Connect allows and this provider does not.
        authorization_url += "&nonce=none"
    return provider.authorize(authorization_url, sub="5f17a529f64fb009b794a300", claims=_CLAIMS)
