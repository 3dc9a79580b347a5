"""The calls that most tests of a site need: be signed in, and have an access token.

What a person and a browser do on the way stands in `fake` and `browser`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from typing import Any

from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client

from django_genauth.conf import DEFAULT_ALIAS
from django_genauth.protocol.errors import GenAuthError
from django_genauth.signals import login_failed
from django_genauth.testing.browser import request_of
from django_genauth.testing.fake import FakeGenAuth


def genauth_login(
    client: Client | AsyncClient,
    *,
    sub: str = "user-1",
    claims: Mapping[str, Any] | None = None,
    app: str = DEFAULT_ALIAS,
) -> Any:
    """Sign a test client in as a person, and return the person's user.

    The login goes the whole way through the site's own code: its views, backend, mapping, groups
    and signals. `claims` are what the provider says beside what GenAuth always says, `app` is an
    alias of GENAUTH. Raises AssertionError, with the reason, where the site lets nobody in; to test
    that it does not, use `FakeGenAuth.sign_in`.

    Where no FakeGenAuth stands in yet, one does for as long as the login takes; what the site asks
    the provider for later goes over the network then.
    """
    refused: list[tuple[object, GenAuthError]] = []

    def remember(request: object, error: GenAuthError, **_: object) -> None:
        refused.append((request, error))

    login_failed.connect(remember)
    try:
        with nullcontext(FakeGenAuth.active) if FakeGenAuth.active else FakeGenAuth() as genauth:
            response = genauth.sign_in(client, sub=sub, claims=claims, app=app)
    finally:
        login_failed.disconnect(remember)
    request = request_of(response)
    user = getattr(request, "user", None)
    # GenAuthBackend sets it on the user of the request in which it let somebody in.
    if hasattr(user, "genauth_identity"):
        return user
    # By the request, as other threads may be signing in as well.
    error = next((error for failed, error in refused if failed is request), None)
    reason = f"{error.code}: {error}" if error else f"the site answered {response.status_code}"
    raise AssertionError(f"The login of {sub!r} ended without a user. {reason}") from error


def genauth_bearer_token(
    *,
    sub: str | None = "user-1",
    scopes: Iterable[str] = (),
    claims: Mapping[str, Any] | None = None,
    app: str = DEFAULT_ALIAS,
) -> str:
    """Issue an access token for the site's API, as `FakeGenAuth.bearer_token` does.

    A FakeGenAuth has to stand in already, and as long as the token is used.
    """
    if FakeGenAuth.active is None:
        raise RuntimeError("No fake GenAuth stands in, whose token the site could accept.")
    return FakeGenAuth.active.bearer_token(sub=sub, scopes=scopes, claims=claims, app=app)


async def agenauth_login(
    client: Client | AsyncClient,
    *,
    sub: str = "user-1",
    claims: Mapping[str, Any] | None = None,
    app: str = DEFAULT_ALIAS,
) -> Any:
    """Do the same in an asynchronous test."""
    return await sync_to_async(genauth_login)(client, sub=sub, claims=claims, app=app)
