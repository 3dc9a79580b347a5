"""The login and link flows. Each step is another module; the order is decided here.

No step may be left out, and none may change places.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from secrets import token_urlsafe
from typing import Any

from django.contrib import auth
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from django_genauth import grants
from django_genauth.backends import GenAuthBackend
from django_genauth.client import AuthenticationClient
from django_genauth.conf import App
from django_genauth.login import pending
from django_genauth.login.pending import PendingLogin
from django_genauth.models import Identity
from django_genauth.pages import page_url
from django_genauth.protocol.authorization import (
    AuthorizationRequest,
    AuthorizationResponse,
    unique_parameters,
)
from django_genauth.protocol.errors import (
    AccountRefused,
    AuthorizationResponseError,
    ConfigurationError,
)
from django_genauth.protocol.id_token import IdToken
from django_genauth.protocol.pkce import generate_code_verifier
from django_genauth.protocol.third_party_login import login_hint_of
from django_genauth.protocol.tokens import TokenSet
from django_genauth.protocol.userinfo import UserInfo, identify, merged
from django_genauth.sessions import registry
from django_genauth.sessions.entry import SessionEntry

logger = logging.getLogger("django_genauth")


def begin(
    request: HttpRequest,
    app: App,
    *,
    next_url: str,
    link: bool = False,
    max_age: int | None = None,
    initiation: Iterable[tuple[str, str]] = (),
) -> tuple[str, PendingLogin]:
    """Begin a login: return the address to send the browser to, and the pending login.

    `max_age` is how many seconds ago the person may have shown the provider who they are,
    `initiation` what another site said that began the login. Touches neither database nor session.
    Raises LoginRequestError, ConfigurationError, and ProviderError where the provider's
    configuration had to be fetched and could not be.
    """
    client = app.client
    login_hint = login_hint_of(initiation, issuer=client.issuer)
    # A link has to find the person's session, whose cookie does not travel with another site's
    # POST; so it asks for a code in the address, whatever logins do.
    response_type = "code" if link else client.response_type
    response_mode = None if link else client.response_mode
    redirect_uri = client.redirect_uri or request.build_absolute_uri(
        page_url("callback", app.alias)
    )
    asked = client.authorize_params.get("max_age") if max_age is None else max_age
    login = PendingLogin(
        alias=app.alias,
        state=token_urlsafe(32),
        nonce=token_urlsafe(32),
        code_verifier=generate_code_verifier(),
        redirect_uri=redirect_uri,
        next_url=next_url,
        path=pending.cookie_path(request, redirect_uri),
        expires_at=time.time() + app.login_ttl,
        response_type=response_type,
        response_mode=response_mode,
        max_age=None if asked is None else int(str(asked)),
        link_user=str(request.user.pk) if link else None,
    )
    return _authorization_request(client, login, login_hint).url(), login


@sensitive_variables("pairs", "parameters", "login", "response", "token_set", "identity")
def complete(
    request: HttpRequest,
    app: App,
    found: PendingLogin | None,
    pairs: Iterable[tuple[str, str]],
) -> PendingLogin:
    """Complete a login: sign the person in, or link their identity, and return the pending login.

    `found` is the pending login of this browser that has the response's state, if there is one.

    Raises a GenAuthError at the first step that fails; until the last step of checking, nothing
    has changed here, and until the response is good, no request has left.
    """
    parameters = unique_parameters(pairs)
    if not parameters.get("state"):
        raise AuthorizationResponseError("The response has no state.", reason="state_missing")
    login = pending.take(found)
    if (request.method == "POST") != login.comes_by_post:
        raise AuthorizationResponseError(
            "The response came by another method than was asked for.", reason="method"
        )
    response = app.client.authorization_response(
        parameters, expected_state=login.state, response_type=login.response_type
    )
    identity, token_set = _redeem(app.client, login, response)
    row = (
        _sign_in(request, app, identity, None if token_set is None else token_set.expires_at)
        if login.link_user is None
        else _link(request, app, login, identity)
    )
    if token_set is not None:
        grants.store(row, app, token_set)
    return login


def _authorization_request(
    client: AuthenticationClient, login: PendingLogin, login_hint: str | None
) -> AuthorizationRequest:
    extra: dict[str, Any] = {}
    if login_hint is not None:
        extra["login_hint"] = login_hint
    if login.max_age is not None:
        extra["max_age"] = login.max_age
    return client.authorization_request(
        redirect_uri=login.redirect_uri,
        state=login.state,
        nonce=login.nonce,
        code_verifier=login.code_verifier,
        response_type=login.response_type,
        response_mode=login.response_mode,
        extra=extra,
    )


@sensitive_variables()
def _redeem(
    client: AuthenticationClient, login: PendingLogin, response: AuthorizationResponse
) -> tuple[IdToken | UserInfo, TokenSet | None]:
    """Exchange a checked response for the person's identity and the token set."""
    expected: dict[str, Any] = {
        "nonce": login.nonce,
        "max_age": login.max_age,
        "acr_values": tuple(str(client.authorize_params.get("acr_values", "")).split()),
    }
    if response.code is None:
        shown = client.verify_shown(response, state=login.state, **expected)
        return _from_browser_alone(client, shown, response)
    token_set, id_token = client.redeem(
        response,
        state=login.state,
        redirect_uri=login.redirect_uri,
        code_verifier=login.code_verifier,
        **expected,
    )
    if id_token is None:
        claims = client.userinfo_claims(token_set.access_token)
        return identify(claims, issuer=client.issuer), token_set
    return _with_userinfo(client, id_token, token_set), token_set


def _from_browser_alone(
    client: AuthenticationClient, id_token: IdToken, response: AuthorizationResponse
) -> tuple[IdToken, TokenSet | None]:
    """Take identity and tokens from the response alone, as its type has no code (OIDC Core 3.2)."""
    if response.access_token is None:
        return id_token, None
    token_set = TokenSet(
        access_token=response.access_token,
        token_type="Bearer",  # noqa: S106 # the kind of token
        id_token=id_token.encoded,
    )
    return _with_userinfo(client, id_token, token_set), token_set


def _with_userinfo(client: AuthenticationClient, id_token: IdToken, token_set: TokenSet) -> IdToken:
    if not client.userinfo:
        return id_token
    return merged(id_token, client.userinfo_claims(token_set.access_token))


@sensitive_variables()
def _sign_in(
    request: HttpRequest, app: App, identity: IdToken | UserInfo, expires_at: float | None
) -> Identity:
    # The name of the first keyword is what Django masks by.
    credentials = {"id_token" if isinstance(identity, IdToken) else "user_info": identity}
    user = auth.authenticate(request, **credentials, app=app)
    row: Identity | None = getattr(user, "genauth_identity", None)
    if user is None or row is None:
        raise _no_backend()
    csrf_secret = request.META.get("CSRF_COOKIE") if request.user.pk == user.pk else None
    before = registry.place_of(request.session)
    auth.login(request, user)
    if csrf_secret is not None:
        # Django changes the secret at a login, as somebody may have planted it before. Here it was
        # this person's all the while: who knows it could use it before too, and with a new one
        # whatever they have typed in other tabs could no longer be sent.
        request.META["CSRF_COOKIE"] = csrf_secret
    location = _location(request, user)
    number = registry.record(request, row, app, identity.claims, before=before, location=location)
    entry = SessionEntry(app.alias, row.pk, _auth_time(identity.claims), expires_at, number)
    entry.write(request.session)
    return row


def _location(request: HttpRequest, user: Any) -> str:
    """Return the site's own words for the place that a login comes from."""
    try:
        backend = auth.load_backend(user.backend)
        return backend.session_location(request) if isinstance(backend, GenAuthBackend) else ""
    except Exception as error:  # noqa: BLE001 # it is the site's, and may ask whomever it likes
        # Nobody is kept out for a word on a page.
        logger.warning("session_location() failed: %s", type(error).__name__)
        return ""


@sensitive_variables()
def _link(
    request: HttpRequest, app: App, login: PendingLogin, identity: IdToken | UserInfo
) -> Identity:
    user = request.user
    if not isinstance(user, AbstractBaseUser) or str(user.pk) != login.link_user:
        raise AccountRefused(
            "Somebody else is signed in than when the link was begun.", reason="link_user"
        )
    backends = [each for each in auth.get_backends() if isinstance(each, GenAuthBackend)]
    if not backends:
        raise _no_backend()
    return backends[0].link(user, identity, app, request)


def _no_backend() -> ConfigurationError:
    return ConfigurationError(
        'No backend took the identity. Add "django_genauth.backends.GenAuthBackend" to'
        " AUTHENTICATION_BACKENDS.",
        reason="backend",
    )


def _auth_time(claims: Mapping[str, Any]) -> float | None:
    """Return the claim auth_time, but no later than now; None where there is none."""
    told = claims.get("auth_time")
    if isinstance(told, bool) or not isinstance(told, int | float):
        return None
    return min(told, time.time())
