"""The order of the steps of signing in, of linking and of signing out; nothing else.

Each step is another module's; no step may be left out and none may change places.
"""

from __future__ import annotations

import posixpath
import time
from collections.abc import Iterable
from secrets import token_urlsafe
from urllib.parse import urlsplit

from django.contrib import auth
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

from django_genauth import grants, pending
from django_genauth.backends import GenAuthBackend
from django_genauth.conf import DEFAULT_ALIAS, get_app, get_client
from django_genauth.pending import PendingLogin
from django_genauth.protocol.authorization import unique_parameters
from django_genauth.protocol.errors import (
    AccountRefused,
    AuthorizationResponseError,
    ConfigurationError,
    GenAuthError,
)
from django_genauth.protocol.genauth import hosted_logout_url
from django_genauth.protocol.id_token import IdToken
from django_genauth.protocol.pkce import generate_code_verifier
from django_genauth.protocol.tokens import TokenSet

# What the session holds of the app, so that signing out finds the grant: [alias, identity's key].
SESSION_KEY = "_genauth"


def page_url(name: str, alias: str) -> str:
    """Return the path of one of this app's pages for an app of GENAUTH."""
    return reverse(f"genauth:{name}", kwargs=None if alias == DEFAULT_ALIAS else {"alias": alias})


def begin_login(
    request: HttpRequest, *, alias: str, next_url: str, link: bool = False
) -> tuple[str, PendingLogin]:
    """Return where to send the browser, and what to remember until it is back.

    Touches neither database nor session. Raises ConfigurationError, and ProviderError where the
    provider's configuration had to be fetched and could not be.
    """
    client = get_client(alias)
    redirect_uri = client.redirect_uri or request.build_absolute_uri(page_url("callback", alias))
    login = PendingLogin(
        alias=alias,
        state=token_urlsafe(32),
        nonce=token_urlsafe(32),
        code_verifier=generate_code_verifier(),
        redirect_uri=redirect_uri,
        next_url=next_url,
        path=posixpath.commonpath([request.path, urlsplit(redirect_uri).path or "/"]),
        expires_at=time.time() + get_app(alias).login_ttl,
        link_user=str(request.user.pk) if link else None,
    )
    authorization_request = client.authorization_request(
        redirect_uri=redirect_uri,
        state=login.state,
        nonce=login.nonce,
        code_verifier=login.code_verifier,
    )
    return authorization_request.url(), login


@sensitive_variables("pairs", "parameters", "login", "response", "token_set", "id_token")
def complete_login(
    request: HttpRequest, *, alias: str, pairs: Iterable[tuple[str, str]]
) -> PendingLogin:
    """Sign the person in, or link their identity, and return the login that is now over.

    Raises a GenAuthError at the first step that fails; until the last step of checking, nothing
    has changed here, and until the response is good, no request has left.
    """
    client = get_client(alias)
    parameters = unique_parameters(pairs)
    login = pending.take(request, alias, _state(parameters))
    response = client.authorization_response(parameters, expected_state=login.state)
    token_set = client.exchange_code(
        response, redirect_uri=login.redirect_uri, code_verifier=login.code_verifier
    )
    id_token = client.verify_id_token(token_set, nonce=login.nonce)
    if client.asks_userinfo:
        id_token = client.with_userinfo(id_token, token_set.access_token)
    if login.link_user is None:
        _sign_in(request, alias, id_token, token_set)
    else:
        _link(request, login, id_token, token_set)
    return login


def begin_logout(request: HttpRequest) -> str | None:
    """End the session here, then return the address that ends it at the provider, if there is one.

    The session here ends whatever the provider does; a provider that cannot be asked is left out.
    """
    alias, identity_id = request.session.get(SESSION_KEY) or (DEFAULT_ALIAS, None)
    back = request.build_absolute_uri(page_url("logout", alias))
    id_token = None if identity_id is None else grants.id_token_of(identity_id, alias)
    auth.logout(request)
    if identity_id is None:
        return None
    try:
        client = get_client(alias)
        back = client.post_logout_redirect_uri or back
        where = get_app(alias).logout
        if where == "genauth":
            return hosted_logout_url(client.app_host, redirect_uri=back)
        if where == "standard":
            return client.end_session_url(id_token_hint=id_token, post_logout_redirect_uri=back)
    except GenAuthError:
        return None
    return None


def _state(parameters: dict[str, str]) -> str:
    state = parameters.get("state")
    if not state:
        raise AuthorizationResponseError("The response has no state.", reason="state_missing")
    return state


@sensitive_variables("id_token", "token_set")
def _sign_in(request: HttpRequest, alias: str, id_token: IdToken, token_set: TokenSet) -> None:
    user = auth.authenticate(request, id_token=id_token, app=alias)
    identity = getattr(user, "genauth_identity", None)
    if user is None or identity is None:
        raise _no_backend()
    auth.login(request, user)
    request.session[SESSION_KEY] = [alias, identity.pk]
    grants.store(identity, alias, token_set)


@sensitive_variables("id_token", "token_set")
def _link(
    request: HttpRequest, login: PendingLogin, id_token: IdToken, token_set: TokenSet
) -> None:
    user = request.user
    if not isinstance(user, AbstractBaseUser) or str(user.pk) != login.link_user:
        raise AccountRefused(
            "Somebody else is signed in than when the link was begun.", reason="link_user"
        )
    backends = [each for each in auth.get_backends() if isinstance(each, GenAuthBackend)]
    if not backends:
        raise _no_backend()
    identity = backends[0].link(user, id_token, login.alias, request)
    grants.store(identity, login.alias, token_set)


def _no_backend() -> ConfigurationError:
    return ConfigurationError(
        'No backend took the identity. Add "django_genauth.backends.GenAuthBackend" to'
        " AUTHENTICATION_BACKENDS.",
        reason="backend",
    )
