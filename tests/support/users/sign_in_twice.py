"""Sign a person in twice on a site whose user model USER_MODEL names, and print who came out.

Run by tests in a process of its own, as a user model cannot be changed in a running site.
"""

import json
import sys

import django
from django.core.management import call_command

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402 # Django had to be set up first
from django.test.utils import override_settings, setup_test_environment  # noqa: E402 # likewise

from tests.support.provider.scripted import CLIENT_ID, CLIENT_SECRET, ScriptedProvider  # noqa: E402 # likewise
from tests.support.site.visitor import Visitor  # noqa: E402 # likewise


def main(*claims: dict[str, object]) -> None:
    """Print the statuses of both logins and the users there are."""
    setup_test_environment()
    call_command("migrate", run_syncdb=True, verbosity=0)
    with ScriptedProvider(
        client_id=CLIENT_ID, client_secret=CLIENT_SECRET, alg="HS256"
    ) as provider:
        app = {
            "APP_ID": CLIENT_ID,
            "APP_SECRET": CLIENT_SECRET,
            "APP_HOST": provider.base_url,
            "ALLOW_INSECURE_HTTP": True,
            "GROUPS_CLAIM": "roles",
        }
        with override_settings(GENAUTH={"default": app}):
            statuses = [
                Visitor(provider).sign_in(claims=each, **_who(each)).status_code for each in claims
            ]
    users = [
        {
            "key": type(user.pk).__name__,
            "name": user.get_username(),
            "email": user.email,
            "last_name": getattr(user, "last_name", None),
        }
        for user in get_user_model()._default_manager.order_by("pk")
    ]
    print(json.dumps({"statuses": statuses, "users": users}))  # noqa: T201 # the test reads it


def _who(claims: dict[str, object]) -> dict[str, str]:
    """Return whose claims they are, if not those of the same person."""
    return {"sub": str(claims["sub"])} if "sub" in claims else {}


# The same claims twice, or those of the first time and of the second.
first, *second = map(json.loads, sys.argv[1:])
main(first, *(second or [first]))
