"""The logout flow. Each step is another module; the order is decided here.

What a provider ends by itself stands in `remote`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from secrets import token_urlsafe
from urllib.parse import urlsplit

from django.contrib import auth
from django.http import HttpRequest

from django_genauth import grants
from django_genauth.client import AuthenticationClient
from django_genauth.conf import App, get_app
from django_genauth.grants import leases
from django_genauth.log_lines import log_line
from django_genauth.logout.hint import hint_of
from django_genauth.logout.pending import PendingLogout
from django_genauth.models import Grant
from django_genauth.pages import page_url
from django_genauth.protocol.errors import GenAuthError, ProviderUnavailable
from django_genauth.protocol.genauth import hosted_logout_url
from django_genauth.protocol.logout import end_session_url
from django_genauth.sessions import registry
from django_genauth.sessions.entry import SessionEntry


@dataclass(frozen=True, slots=True)
class Departure:
    """Hold what the provider is shown of a sign-in that ends, read before the rows are gone."""

    app: App
    grant: Grant | None
    id_token: str | None = field(repr=False)


def begin(
    request: HttpRequest, *, next_url: str, known_there: App | None = None
) -> tuple[str, App, PendingLogout] | None:
    """Sign out here; return the provider's address to go on to, the app, and the pending logout.

    `known_there` is the app at whose provider somebody may be signed in who is not signed in here.
    None where nothing is left to do there. The session here ends whatever the provider does: what
    is raised, ProviderUnavailable or ConfigurationError, says that it goes on at the provider, or
    that the tokens do.
    """
    entry = SessionEntry.read(request.session)
    if entry is None:
        auth.logout(request)
        if known_there is None:
            return None
        return lead_away(request, Departure(known_there, None, None), next_url=next_url)
    try:
        departure = depart(entry, get_app(entry.alias))
    finally:
        auth.logout(request)
    return lead_away(request, departure, next_url=next_url)


def depart(entry: SessionEntry, app: App) -> Departure:
    """Return what the provider is shown, before the session ends."""
    number = registry.grant_of(entry)
    grant = None if number is None else leases.rows().filter(pk=number).first()
    return Departure(app, grant, hint_of(entry, grant, app))


def lead_away(
    request: HttpRequest, departure: Departure, *, next_url: str
) -> tuple[str, App, PendingLogout] | None:
    """Revoke what is to be revoked, and return the way on, as `begin` does.

    The session has ended. Raises ProviderUnavailable and ConfigurationError.
    """
    app, client = departure.app, departure.app.client
    grant = departure.grant
    if app.revoke_on_logout and grant is not None and not registry.is_used(grant):
        _revoke(grant, app)
    back = client.registration.post_logout_redirect_uri or request.build_absolute_uri(
        page_url("logout", app.alias)
    )
    logout = PendingLogout(
        alias=app.alias,
        state=token_urlsafe(32) if app.logout == "standard" else None,
        next_url=next_url,
        path=urlsplit(back).path or "/",
    )
    if app.logout == "standard":
        url = _end_session_url(client, departure.id_token, back, logout.state)
        return None if url is None else (url, app, logout)
    if app.logout == "genauth":
        return hosted_logout_url(client.registration.app_host, redirect_uri=back), app, logout
    return None


def _revoke(grant: Grant, app: App) -> None:
    """Revoke at a logout; raise ProviderUnavailable where nobody answered.

    The grant is kept to be tried again where it was not revoked.
    """
    try:
        grants.revoke(grant, app)
    except ProviderUnavailable:
        raise
    except GenAuthError as error:
        # The provider is there, and may end its session all the same.
        log_line(
            logging.WARNING,
            "not_revoked",
            "Not revoked at a logout",
            grant=grant.pk,
            code=error.code,
            app=grant.app,
        )


def _end_session_url(
    client: AuthenticationClient, id_token: str | None, back: str, state: str | None
) -> str | None:
    endpoint = client.metadata().end_session_endpoint
    is_hint = id_token is not None and client.is_hint(id_token)
    return endpoint and end_session_url(
        endpoint,
        client_id=client.registration.app_id,
        id_token_hint=id_token if is_hint else None,
        post_logout_redirect_uri=back,
        state=state,
    )
