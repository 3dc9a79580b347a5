"""A site with two databases, and the routers that choose between them.

Run by tests in a process of its own, as databases cannot be changed in a running site.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any


class AllElsewhere:
    """Have everything in the other database; the default one has no tables."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "other"

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "other"


class Replica:
    """Read the rows of the app from a replica that nothing has come to yet."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "other" if model._meta.app_label == "genauth" else "default"

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "default"

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True


class UsersElsewhere:
    """Write users to a database of their own."""

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return "people" if model._meta.model_name == "user" else None


def main(folder: Path, router: str, atomic: bool) -> dict[str, Any]:
    """Do all that a site does, and return what came of it."""
    from tests import settings as ours

    names = [name for name in dir(ours) if name.isupper()]
    values = {name: getattr(ours, name) for name in names}
    values["DATABASES"] = {
        name: {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(folder / f"{name}.sqlite3"),
            "ATOMIC_REQUESTS": atomic,
        }
        for name in ("default", "other")
    }
    values["DATABASE_ROUTERS"] = [f"tests.support.site.databases.{router}"]
    values["GENAUTH"]["default"] |= {"WEBHOOK_TOKEN": "w" * 20, "GROUPS_CLAIM": "roles"}

    import django
    from django.conf import settings

    settings.configure(**values)
    django.setup()
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    from django_genauth.testing import FakeGenAuth

    setup_test_environment()
    for name in settings.DATABASES:
        call_command("migrate", verbosity=0, database=name)
    with FakeGenAuth() as genauth:
        return _walk(genauth)


def _walk(genauth: Any) -> dict[str, Any]:
    from django.contrib.auth import get_user_model
    from django.core.exceptions import PermissionDenied
    from django.test import Client

    from django_genauth.signals import user_created

    def refuse(**_: object) -> None:
        raise PermissionDenied

    users, client = get_user_model().objects, Client()
    came: dict[str, Any] = {}
    claims = {"roles": ["editors"], "given_name": "Bob"}
    came["signed in"] = [
        genauth.sign_in(client, sub="bob", claims=claims).status_code,
        genauth.sign_in(client, sub="bob", claims={"roles": []}).status_code,
    ]
    came["inside"] = client.get("/members/").status_code
    user_created.connect(refuse)
    refused = genauth.sign_in(Client(), sub="eve")
    user_created.disconnect(refuse)
    came["refused"] = [refused.status_code, users.count()]
    told = Client().post(
        "/genauth/backchannel-logout/", {"logout_token": genauth.logout_token(sub="bob")}
    )
    came["signed out by the provider"] = [
        told.status_code,
        client.get("/members/").status_code,
    ]
    genauth.sign_in(client, sub="bob", claims=claims)
    event = {
        "eventName": "user:updated",
        "data": {"user": {"id": "bob", "givenName": "Bobby"}},
        "timestamp": int(time.time() * 1000) + 1000,
    }
    heard = Client().post(
        "/genauth/webhook/",
        json.dumps(event),
        content_type="application/json",
        headers={"X-GenAuth-Token": "w" * 20},
    )
    came["told by the console"] = [heard.status_code, users.get().first_name]
    came["sessions"] = client.get("/genauth/sessions/").status_code
    users.update(is_staff=True, is_superuser=True)
    gone = client.post(f"/admin/auth/user/{users.get().pk}/delete/", {"post": "yes"})
    came["deleted"] = [gone.status_code, users.count()]
    return came


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "1")))  # noqa: T201 # likewise
