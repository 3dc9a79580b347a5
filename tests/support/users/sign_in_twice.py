"""Sign a person in twice on a site whose user model USER_MODEL names, and print who came out.

Run by tests in a process of its own, as a user model cannot be changed in a running site.
"""

import json
import os
import sys

import django
from django.core.management import call_command

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402 # Django had to be set up first
from django.test import Client  # noqa: E402 # likewise
from django.test.utils import override_settings, setup_test_environment  # noqa: E402 # likewise

from django_genauth.backends import GenAuthBackend  # noqa: E402 # likewise
from django_genauth.testing import genauth_login  # noqa: E402 # likewise
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
            **json.loads(os.environ.get("APP", "{}")),
        }
        with override_settings(GENAUTH={"default": app}):
            statuses = [_sign_in(provider, each) for each in claims]
    users = [
        {
            "key": type(user.pk).__name__,
            "name": user.get_username(),
            "email": getattr(user, "email", None),
            "last_name": getattr(user, "last_name", None),
            "full_name": getattr(user, "full_name", None),
            "nickname": getattr(user, "nickname", None),
            "groups": sorted(str(group) for group in user.groups.all())
            if hasattr(user, "groups")
            else [],
        }
        for user in get_user_model()._base_manager.order_by("pk")
    ]
    # With a permission asked for, and by the helper for tests of sites.
    user = genauth_login(Client(), sub="somebody|else")
    has_permissions = hasattr(user, "user_permissions")
    is_allowed = has_permissions and GenAuthBackend().has_perm(user, "auth.add_user")
    result = {"statuses": statuses, "users": users, "is_allowed": is_allowed}
    print(json.dumps(result))  # noqa: T201 # the test reads it


def _sign_in(provider: ScriptedProvider, claims: dict[str, object]) -> int:
    """Sign a person in; one whose claims say so is deleted first."""
    if claims.pop("deleted", False):
        get_user_model()._base_manager.update(deleted=True)
    return Visitor(provider).sign_in(claims=claims, **_who(claims)).status_code


def _who(claims: dict[str, object]) -> dict[str, str]:
    """Return whose claims they are, if not those of the same person."""
    return {"sub": str(claims["sub"])} if "sub" in claims else {}


# The same claims twice, or those of the first time and of the second.
first, *second = map(json.loads, sys.argv[1:])
main(first, *(second or [first]))
