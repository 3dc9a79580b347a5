"""What other packages keep of the people who signed in by them, in tables like theirs."""

import pytest
from django.db import connection

TABLES = {
    "allauth": "socialaccount_socialaccount",
    "social-auth": "social_auth_usersocialauth",
}


class Kept:
    """Make a package's table, and rows in it, as odd as they come."""

    def __init__(self, package, columns=""):
        self.table = TABLES[package]
        self._execute(
            f"CREATE TABLE {self.table} (id bigint PRIMARY KEY, user_id bigint,"
            f" provider varchar(200), uid varchar(300), extra_data text{columns})"
        )

    def add(self, key, user, uid, provider="genauth", **more):
        values = {"id": key, "user_id": user, "provider": provider, "uid": uid, **more}
        places = ", ".join(["%s"] * len(values))
        self._execute(
            f"INSERT INTO {self.table} ({', '.join(values)}) VALUES ({places})",  # noqa: S608 # ours
            list(values.values()),
        )

    def drop(self):
        self._execute(f"DROP TABLE {self.table}")

    @staticmethod
    def _execute(sql, values=()):
        with connection.cursor() as cursor:
            cursor.execute(sql, values)


@pytest.fixture
def allauth(transactional_db):
    """Have django-allauth's table."""
    kept = Kept("allauth")
    yield kept
    kept.drop()


@pytest.fixture
def social_auth(transactional_db):
    """Have the table of a social-auth-app-django that says which claim a uid is."""
    kept = Kept("social-auth", ", id_key varchar(255)")
    yield kept
    kept.drop()
