"""Run the scripted provider in a process of its own, which does what it is told line by line.

`authorize ADDRESS` signs somebody in and answers with the callback's address. `hang` and `fail`
begin an outage that `relent` ends, `freeze` one that `thaw` ends, and `stop` one that `start` ends.
`slow SECONDS` lets the token endpoint take so long. `logout-token CLAIMS` issues one. `sign-in`,
`whose` and `accounts` are methods of AccountingProvider; arguments and answers are JSON. The
program's one argument is how many seconds an access token lives.
"""

import itertools
import json
import sys
from pathlib import Path

# Last: the checkout's django_genauth must not hide the one that is installed.
sys.path.append(str(Path(__file__).parents[2]))

from tests.load.provider_accounts import AccountingProvider
from tests.support.provider import faults
from tests.support.provider.honest import Endpoint

ASKED_AT_A_LOGIN: tuple[Endpoint, ...] = ("discovery", "jwks", "token")


def obey(provider: AccountingProvider, people: "itertools.count[int]", line: str) -> str:
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
        case "freeze":
            provider.is_frozen.set()
        case "thaw":
            provider.is_frozen.clear()
        case "sign-in":
            return json.dumps(provider.sign_in(*json.loads(argument)))
        case "logout-token":
            # Grants of offline_access outlive it (OIDC Back-Channel Logout 2.7).
            return provider.logout_token(**json.loads(argument))
        case "whose":
            return json.dumps(provider.whose(argument))
        case "accounts":
            return json.dumps(provider.accounts())
        case "stop":
            provider.stop()
        case "start":
            provider.start()
    return "done"


if __name__ == "__main__":
    with AccountingProvider() as running:
        running.access_token_ttl = int(sys.argv[1])
        app = {
            "GENAUTH_APP_ID": running.client_id,
            "GENAUTH_APP_SECRET": running.client_secret,
            "GENAUTH_APP_HOST": running.base_url,
        }
        print(json.dumps(app), flush=True)  # noqa: T201 # the answer
        counted = itertools.count()
        for told in sys.stdin:
            print(obey(running, counted, told), flush=True)  # noqa: T201 # the answer
