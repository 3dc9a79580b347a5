"""Run the scripted provider in a process of its own, which does what it is told line by line.

`authorize ADDRESS` signs somebody in and answers with the callback's address. `hang` and `fail`
begin an outage that `relent` ends, and `stop` one that `start` ends. `slow SECONDS` lets the token
endpoint take so long.
"""

import itertools
import json
import sys
from pathlib import Path

# Last: the checkout's django_genauth must not hide the one that is installed.
sys.path.append(str(Path(__file__).parents[2]))

from tests.support.provider import faults
from tests.support.provider.honest import Endpoint
from tests.support.provider.scripted import ScriptedProvider

ASKED_AT_A_LOGIN: tuple[Endpoint, ...] = ("discovery", "jwks", "token")


def obey(provider: ScriptedProvider, people: "itertools.count[int]", line: str) -> str:
    """Do what a line says, and return the answer."""
    command, _, argument = line.strip().partition(" ")
    match command:
        case "authorize":
            name = f"user-{next(people)}"
            return provider.authorize(argument, sub=name, claims={"email": f"{name}@example.org"})
        case "hang":
            # Those who wait then are not answered after the return either, as behind a firewall
            # that has forgotten their connections.
            for endpoint in ASKED_AT_A_LOGIN:
                provider.lie(endpoint, fault=faults.hang)
        case "fail":
            for endpoint in ASKED_AT_A_LOGIN:
                provider.lie(endpoint, status=500, body=b"out of order")
        case "slow":
            provider.lie("token", delay=float(argument))
        case "relent":
            provider.tell_the_truth()
        case "stop":
            provider.stop()
        case "start":
            provider.start()
    return "done"


if __name__ == "__main__":
    with ScriptedProvider() as running:
        app = {
            "GENAUTH_APP_ID": running.client_id,
            "GENAUTH_APP_SECRET": running.client_secret,
            "GENAUTH_APP_HOST": running.base_url,
        }
        print(json.dumps(app), flush=True)  # noqa: T201 # the answer
        counted = itertools.count()
        for told in sys.stdin:
            print(obey(running, counted, told), flush=True)  # noqa: T201 # the answer
