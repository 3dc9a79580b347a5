"""A site that signs in, ways to spoil it, and the voices from which its developer hears of that.

Which mistakes there are, and what has to be heard, stands in `test_mistakes`.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from email.utils import formatdate
from html import unescape
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.urls import include, path
from pytest_django import Settings

from django_genauth import grants
from django_genauth.protocol.errors import GenAuthError
from tests.support import ROOT
from tests.support.provider.browser_forms import Browser
from tests.support.provider.scripted import CLIENT_ID, CLIENT_SECRET, ScriptedProvider
from tests.support.provider.standin import StandIn
from tests.support.site.urls import home


@dataclass
class Site:
    """Hold a site that runs at `url`, and its provider; `app` are its settings in GENAUTH.

    People begin their logins at `begins_at`. What `stack` holds is closed after the test.
    """

    url: str
    begins_at: str
    settings: Settings
    app: dict[str, Any]
    standin: StandIn
    log: pytest.LogCaptureFixture
    stack: ExitStack
    folder: Path


Spoil = Callable[[Site], object]


def app(**values: Any) -> Spoil:
    """Return what changes keys of the app."""
    return lambda site: site.app.update(values)


def django(**values: Any) -> Spoil:
    """Return what changes Django's settings."""

    def spoil(site: Site) -> None:
        for name, value in values.items():
            setattr(site.settings, name, value)

    return spoil


def addresses(*patterns: Any) -> Spoil:
    """Return what gives the site other addresses, beside its first page."""
    return django(ROOT_URLCONF=(path("", home), *patterns))


def in_a_namespace(name: str) -> Any:
    """Return the app's addresses inside a namespace."""
    return path("", include(([path("genauth/", include("django_genauth.urls"))], name)))


def with_a_path(site: Site) -> None:
    """Copy the address of the console's page, and not the host."""
    site.app["APP_HOST"] += "/console"


def with_a_slash(site: Site) -> None:
    """Write a slash too many."""
    site.app["ISSUER"] = f"{site.app['APP_HOST']}/oidc/"


def flat(site: Site) -> None:
    """Leave the alias out."""
    site.settings.GENAUTH = site.app


def misspelt(site: Site) -> None:
    """Leave a letter out of a key."""
    site.app["APP_SECRT"] = site.app.pop("APP_SECRET")


def begins_at_127(site: Site) -> None:
    """Open the site by another name than the one that the provider sends people back to."""
    site.begins_at = site.url.replace("localhost", "127.0.0.1")


def behind_a_proxy(site: Site) -> None:
    """Deploy the site behind a proxy that ends https, and do not tell Django of it."""
    site.app["REDIRECT_URI"] = None
    site.settings.DEBUG = False
    site.settings.SESSION_COOKIE_SECURE = True


def not_migrated(site: Site) -> None:
    """Update the app, and forget the database."""
    (migration,) = MigrationLoader(connection).graph.leaf_nodes("genauth")
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied(*migration)
    # What is written here stays, as the server's threads have to see it.
    site.stack.callback(recorder.record_applied, *migration)


def with_another_secret_key(site: Site) -> None:
    """Sign somebody in, and change SECRET_KEY afterwards."""
    assert is_signed_in(site)
    site.settings.SECRET_KEY = "another-secret-key-of-the-tests-that-protects-nothing"


def at_a_host_with_pages_alone(site: Site) -> None:
    """Take a host for the provider's that shows a page for every address."""
    _move(site, ScriptedProvider()).lie("discovery", body=b"<!doctype html><title>Welcome</title>")


def at_a_provider_of_rs256(site: Site) -> None:
    """Leave HS256 where the app at the provider has another algorithm."""
    _move(site, ScriptedProvider(alg="RS256"), ID_TOKEN_SIGNED_RESPONSE_ALG="HS256")


def at_a_provider_with_an_authority_of_its_own(site: Site) -> None:
    """Forget CA_BUNDLE."""
    _move(site, ScriptedProvider(tls=True))


def at_another_time(site: Site) -> None:
    """Let the clock go wrong; here it is the provider's, which comes to the same."""
    provider = _move(site, ScriptedProvider(), ID_TOKEN_SIGNED_RESPONSE_ALG="RS256")
    provider.lie("discovery", headers={"Date": formatdate(0, usegmt=True)})


def _move(site: Site, provider: ScriptedProvider, **values: Any) -> ScriptedProvider:
    site.stack.enter_context(provider)
    site.app.update(
        APP_ID=CLIENT_ID, APP_SECRET=CLIENT_SECRET, APP_HOST=provider.base_url, **values
    )
    return provider


def check(site: Site) -> list[str]:
    """Run `manage.py check`, and return what it prints."""
    printed = StringIO()
    try:
        call_command("check", stdout=StringIO(), stderr=printed, no_color=True)
    except SystemCheckError as error:
        return [str(error)]
    return [printed.getvalue()]


def check_without_the_app(site: Site) -> list[str]:
    """Run `manage.py check` for settings that do not install the app, and return its last line."""
    settings = site.folder / "settings_without_the_app.py"
    settings.write_text("from tests.settings import *\nINSTALLED_APPS.remove('django_genauth')\n")
    ran = subprocess.run(  # noqa: S603 # the command is the tests' own
        [sys.executable, "-m", "django", "check", "--settings", settings.stem],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(site.folder), *sys.path])},
        capture_output=True,
        text=True,
    )
    return [ran.stderr.splitlines()[-1]]


def doctor(site: Site) -> list[str]:
    """Run `manage.py genauth_check`, and return what it prints."""
    printed = StringIO()
    # It ends with a status of its own where something is wrong.
    with suppress(SystemExit):
        call_command("genauth_check", stdout=printed, no_color=True)
    return [printed.getvalue()]


def login(site: Site) -> list[str]:
    """Sign in, and return what the page says while DEBUG is on, and what the log says."""
    with Browser(site.begins_at) as browser:
        page = browser.open("/genauth/login/")
        if page.is_redirect:
            there = page.headers["Location"]
            page = browser.follow(site.standin.sign_in(there, browser.session, login="ada"))
    return [unescape(page.text), site.log.text]


def is_signed_in(site: Site) -> bool:
    """Tell whether a login ends as it should: with a user, and nothing in the log."""
    _, logged = login(site)
    return not logged and get_user_model().objects.count() == 1


def access_token(site: Site) -> list[str]:
    """Ask for a person's access token, and return the text of the error."""
    with pytest.raises(GenAuthError) as caught:
        grants.get_access_token(get_user_model().objects.get())
    return [str(caught.value)]
