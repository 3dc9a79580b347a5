"""What the tests of sessions share: sessions that this app began, and logout tokens for them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.base import SessionBase
from django.test import Client, RequestFactory

from django_genauth.conf import get_app
from django_genauth.models import Identity, LoginSession
from django_genauth.sessions import registry
from django_genauth.sessions.entry import SessionEntry
from tests.support.provider.scripted import ScriptedProvider

BACK = "/genauth/backchannel-logout/"
FRONT = "/genauth/frontchannel-logout/"


def an_identity(name: str = "ada", issuer: str = "https://acme.genauth.ai/oidc") -> Identity:
    """Return the identity of a user, who is made where there is none."""
    user, _ = get_user_model().objects.get_or_create(username=name)
    identity, _ = Identity.objects.get_or_create(user=user, issuer=issuer, subject=name)
    return identity


def a_session(identity: Identity, *, sid: str = "", app: str = "default") -> LoginSession:
    """Begin a session as a login does, and return its row."""
    session = new_session()
    session.create()
    request = RequestFactory().get("/", headers={"User-Agent": "Lynx"})
    request.session = session
    number = registry.record(request, identity, get_app(app), {"sid": sid}, before=(None, None))
    SessionEntry(app, identity.pk, None, None, number).write(session)
    session.save()
    return LoginSession.objects.get(pk=number)


def new_session(key: str | None = None) -> SessionBase:
    """Return a session of the site's engine."""
    session: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return session


def lives(row: LoginSession) -> bool:
    """Tell whether the engine has the session of a row."""
    return bool(new_session().exists(row.session_key.open()))


def send(token: str, *, path: str = BACK, **environ: Any) -> Any:
    """Send a logout token as a provider does."""
    return Client(**environ).post(
        path, f"logout_token={token}", content_type="application/x-www-form-urlencoded"
    )


def log_out(provider: ScriptedProvider, **claims: Any) -> Any:
    """Let the provider send an honest logout token."""
    return send(provider.logout_token(**claims))
