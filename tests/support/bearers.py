"""What the tests of the API share: access tokens of the provider, and requests that show them."""

from __future__ import annotations

import secrets
import time
from typing import Any

from django.contrib.auth import get_user_model
from django.test import Client

from django_genauth.models import Identity
from django_genauth.protocol.dpop import DpopKey
from django_genauth.testing.provider.grants import Grant, IssuedToken
from tests.support.provider.scripted import ScriptedProvider

AUDIENCE = "https://api.example/reports"


def token_claims(provider: ScriptedProvider, **changes: Any) -> dict[str, Any]:
    """Return the claims of a good access token, changed; None takes a claim away."""
    now = int(time.time())
    claims = {
        "iss": provider.issuer,
        "sub": "user-1",
        "aud": AUDIENCE,
        "client_id": "mobile-app",
        "scope": "reports:read",
        "iat": now,
        "exp": now + 600,
        "jti": secrets.token_urlsafe(16),
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def a_token(provider: ScriptedProvider, *, header_type: str = "at+jwt", **changes: Any) -> str:
    """Issue an access token for the site's API."""
    claims = token_claims(provider, **changes)
    return provider.sign("access_token", claims, provider.access_token_key, typ=header_type)


def an_opaque_token(provider: ScriptedProvider, text: str = "", **members: Any) -> str:
    """Issue an access token that only the provider can read; `members` are of an IssuedToken."""
    now = int(time.time())
    grant = Grant(
        sub="user-1",
        claims={},
        scope="reports:read",
        redirect_uri="",
        nonce=None,
        code_challenge=None,
        auth_time=None,
        refreshable=False,
    )
    token = IssuedToken(
        **{
            "use": "access_token",
            "grant": grant,
            "scope": grant.scope,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + 600,
            **members,
        }
    )
    text = text or secrets.token_urlsafe(32)
    provider.grants.add_token(text, token)
    return text


def a_person(provider: ScriptedProvider, sub: str = "user-1", **fields: Any) -> Any:
    """Make a user whom the provider knows."""
    user = get_user_model().objects.create(username=f"name-of-{sub}", **fields)
    Identity.objects.create(user=user, issuer=provider.issuer, subject=sub)
    return user


def bound_call(
    path: str,
    token: str,
    key: DpopKey,
    *,
    client: Client | None = None,
    proof: str | None = None,
    headers: dict[str, str] | None = None,
    **changes: Any,
) -> Any:
    """Call the API with a token that is bound to a key; `changes` are those of its proof."""
    arguments = {
        "method": "GET",
        "url": f"http://testserver{path}",
        "now": time.time(),
        "access_token": token,
        **changes,
    }
    shown = {"Authorization": f"DPoP {token}", "DPoP": proof or key.proof(**arguments)}
    return (client or Client()).get(path, headers={**shown, **(headers or {})})


def call(path: str, token: str | None = None, *, client: Client | None = None, **rest: Any) -> Any:
    """Call the API, with a token if there is one."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    method = rest.pop("method", "get")
    return getattr(client or Client(), method)(path, headers=headers, **rest)
