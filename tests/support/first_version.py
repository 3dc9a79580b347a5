"""A database as the first migration made it, with rows in each table, and its way to the newest."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from django_genauth.conf import get_app
from django_genauth.fields import Sealed
from django_genauth.protocol.tokens import TokenSet
from django_genauth.sealing import fingerprints, seal
from tests.support.clients import tokens_of
from tests.support.grantees import OFFLINE
from tests.support.provider.scripted import ScriptedProvider
from tests.support.signed_in import new_session

FIRST = ("genauth", "0001_initial")
# The first version stored no others.
_STORED = {
    "access_token",
    "token_type",
    "expires_in",
    "expires_at",
    "scope",
    "refresh_token",
    "id_token",
    "extra",
}


@contextmanager
def first_tables() -> Iterator[Any]:
    """Take the tables back to the first migration; yield its models.

    Whatever happens, the tables are the newest afterwards, as other tests want them.
    """
    executor = MigrationExecutor(connection)
    executor.migrate([FIRST])
    try:
        yield executor.loader.project_state([FIRST]).apps
    finally:
        migrate_to_newest()


def migrate_to_newest() -> None:
    """Do what `manage.py migrate` does to this app's tables."""
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes("genauth"))


class FirstRows:
    """Write the rows of a person who is signed in, and of a grant that is to be revoked."""

    def __init__(self, models: Any, provider: ScriptedProvider) -> None:
        self._models = models
        self._app = get_app()
        user = get_user_model().objects.create_user("ada")
        identity = self._model("Identity").objects.create(
            user_id=user.pk, issuer=provider.issuer, subject="ada", claims={"sub": "ada"}
        )
        self.tokens = tokens_of(self._app.client, provider, scope=OFFLINE, sub="ada")
        self.grant = self._write_grant(self.tokens, str(identity.pk), identity_id=identity.pk)
        left = tokens_of(self._app.client, provider, scope=OFFLINE, sub="grace")
        # In the first version the row's own number named it.
        self._write_grant(left, "row 4711", pk=4711, state="revoking")
        self.session_key = self._write_session(user, identity.pk)
        sweep = {"name": "introspect default", "started_at": timezone.now()}
        self._model("Sweep").objects.create(**sweep)

    def _model(self, name: str) -> Any:
        return self._models.get_model("genauth", name)

    def _write_grant(self, tokens: TokenSet, owner: str, **columns: Any) -> Any:
        ended = time.time() - 10
        stored = {name: each for name, each in asdict(tokens).items() if name in _STORED}
        sealed = seal(
            stored | {"expires_at": ended}, purpose=f"grant {owner} default", app=self._app
        )
        return self._model("Grant").objects.create(
            app="default",
            token_set=Sealed(sealed),
            access_fingerprint=fingerprints(tokens.access_token, app=self._app)[0],
            refresh_fingerprint=fingerprints(str(tokens.refresh_token), app=self._app)[0],
            expires_at=timezone.now() - timedelta(seconds=10),
            **columns,
        )

    def _write_session(self, user: Any, identity_id: int) -> str:
        session = new_session()
        session.create()
        key = str(session.session_key)
        digest = fingerprints(key, app=self._app)[0]
        row = self._model("LoginSession").objects.create(
            identity_id=identity_id,
            app="default",
            sid="sid-of-ada",
            session_key=Sealed(seal(key, purpose=f"session {digest}", app=self._app)),
            digest=digest,
            expires_at=timezone.now() + timedelta(days=1),
        )
        session["_auth_user_id"] = str(user.pk)
        session["_auth_user_backend"] = "django_genauth.backends.GenAuthBackend"
        session["_auth_user_hash"] = user.get_session_auth_hash()
        session["_genauth"] = ["default", identity_id, None, None, row.pk]
        session.save()
        return key
