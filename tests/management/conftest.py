"""What the commands' tests share: grants, and a way to run a command."""

import io
import json
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from django_genauth import grants
from django_genauth.conf import get_app
from django_genauth.grants import rows
from django_genauth.models import Grant, Identity
from django_genauth.sealing import newest_key_id
from tests.support.clients import a_client, tokens_of
from tests.support.provider.standin import StandIn


@pytest.fixture(scope="module")
def standin():
    """Run the stand-in, which signs with HS256, once for all tests of a file."""
    back, out = "http://testserver/genauth/callback/", "http://testserver/genauth/logout/"
    with StandIn([back], post_logout_redirect_uris=[out]) as running:
        yield running


@pytest.fixture
def app_at_standin(standin, settings):
    """Point the site at the stand-in, and return its settings to be spoilt."""
    values = standin.app()
    settings.GENAUTH = {"default": values}
    settings.DEBUG = True
    return values


@pytest.fixture
def people(provider, app, threads):
    """Let people sign in."""
    app["TIMEOUT"] = 5
    return People(provider)


class People:
    """Make users, each with a grant whose tokens the provider knows."""

    def __init__(self, provider):
        self._client = a_client(provider, scope="openid offline_access")
        self._provider = provider

    def sign_in(self, *names, app="default"):
        """Return the grants of new users, in order; the subject is made of the name."""
        return [self._sign_in(name, app) for name in names]

    def _sign_in(self, name, app):
        user, _ = get_user_model().objects.get_or_create(username=name)
        tokens = tokens_of(self._client, self._provider, sub=f"{name}-at-the-provider")
        identity, _ = Identity.objects.get_or_create(
            user=user, issuer=self._provider.issuer, subject=f"{name}-at-the-provider"
        )
        grants.store(identity, get_app(app), tokens)
        self._provider.forget_requests()
        return Grant.objects.get(identity=identity, app=app)

    def lose_the_key_of(self, grant):
        """Seal a grant under a key that the site does not know, and return the key's id."""
        tokens = grant.token_set.open()
        with override_settings(SECRET_KEY="lost"):
            key = newest_key_id(get_app(grant.app))
            Grant.objects.filter(pk=grant.pk).update(
                **rows.sealed_columns(grant, tokens, get_app(grant.app))
            )
        return key


@dataclass
class Ran:
    """Hold how a command ended."""

    status: int
    out: str
    err: str

    @property
    def objects(self):
        """Return what is in the lines of JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


@contextmanager
def _without_table():
    with connection.schema_editor() as editor:
        editor.alter_db_table(Grant, "genauth_grant", "elsewhere")
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.alter_db_table(Grant, "elsewhere", "genauth_grant")


@pytest.fixture
def vanished():
    """Lend a block in which the grants have no table."""
    return _without_table


@pytest.fixture
def run(monkeypatch):
    """Run a command as the shell does; one worker, so that the lines have an order."""

    def run_it(name, *arguments, lines=b"", stdin=None, workers=("--workers", "1")):
        monkeypatch.setattr(sys, "stdin", stdin or io.TextIOWrapper(io.BytesIO(lines)))
        out, err = io.StringIO(), io.StringIO()
        status = 0
        try:
            call_command(name, *arguments, *workers, stdout=out, stderr=err)
        except SystemExit as end:
            status = end.code  # type: ignore[assignment] # the commands give numbers
        except CommandError as error:
            status = error.returncode
            # Each database has another class for the same trouble.
            err.write(re.sub("Operational|Programming", "", f"{error}\n"))
        return Ran(status, out.getvalue(), err.getvalue())

    return run_it
