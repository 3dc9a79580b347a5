"""The login and link flows. Each step is another module; the order is decided here.

No step may be left out, and none may change places.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from secrets import token_urlsafe
from typing import Any

from django.http import HttpRequest

from django_genauth import grants
from django_genauth.client import AuthenticationClient
from django_genauth.conf import App
from django_genauth.login import own_links, pending
from django_genauth.login.pending import PendingLogin
from django_genauth.login.signing_in import link, sign_in
from django_genauth.login.successes import tell_linked
from django_genauth.pages import own_page, page_url
from django_genauth.protocol.authorization import (
    AuthorizationRequest,
    AuthorizationResponse,
    unique_parameters,
)
from django_genauth.protocol.dpop import DpopKey
from django_genauth.protocol.errors import (
    AuthorizationResponseError,
)
from django_genauth.protocol.id_token import IdToken
from django_genauth.protocol.jarm import unverified_state
from django_genauth.protocol.pkce import generate_code_verifier
from django_genauth.protocol.third_party_login import login_hint_of
from django_genauth.protocol.tokens import TokenSet
from django_genauth.protocol.userinfo import UserInfo, identify, merged

logger = logging.getLogger("django_genauth")


def begin(
    request: HttpRequest,
    app: App,
    *,
    next_url: str,
    link: bool = False,
    max_age: int | None = None,
    initiation: Iterable[tuple[str, str]] = (),
    parameters: Mapping[str, str] | None = None,
    is_second_try: bool = False,
    asks: bool = False,
) -> tuple[str, PendingLogin]:
    """Begin a login: return the address to send the browser to, and the pending login.

    `max_age` is how many seconds ago the person may have shown the provider who they are,
    `initiation` what the address of the login said, `parameters` what this login asks for besides
    (None: what a link of this site's own says there), `is_second_try` whether the provider's page
    expired at the first try, `asks` whether the provider asks who the person is though it may
    know. Touches neither database nor session.
    Raises LoginRequestError, ConfigurationError, and ProviderError where the provider had to be
    asked: for its configuration, or to take a request that is pushed.
    """
    client = app.client
    login_hint = login_hint_of(initiation, issuer=client.registration.issuer)
    if parameters is None:
        parameters = own_links.parameters_of(request, initiation, app)
    if asks or (link and can_ask(client)):
        # Else the provider hands over, without a word, the identity that the account has already.
        parameters = own_links.asking(parameters)
    # A link has to find the person's session, whose cookie does not travel with another site's
    # POST; so it asks for a code in the address, whatever logins do.
    response_type = "code" if link else client.registration.response_type
    response_mode = client.registration.response_mode
    if link:
        response_mode = "query.jwt" if client.registration.responses_are_signed else None
    redirect_uri = client.registration.redirect_uri or request.build_absolute_uri(
        page_url("callback", app.alias)
    )
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
        max_age=_shortest(client.registration.max_age, max_age, parameters.get("max_age")),
        link_user=str(request.user.pk) if link else None,
        parameters=dict(parameters),
        is_second_try=is_second_try,
        dpop_key=DpopKey.generate().text if client.registration.dpop else None,
    )
    return client.delivery.url(_authorization_request(client, login, login_hint)), login


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
    if not unverified_state(parameters):
        raise AuthorizationResponseError("The response has no state.", reason="state_missing")
    login = pending.take(found)
    if (request.method == "POST") != login.comes_by_post:
        raise AuthorizationResponseError(
            "The response came by another method than was asked for.", reason="method"
        )
    response = app.client.authorization_response(
        parameters,
        expected_state=login.state,
        response_type=login.response_type,
        response_mode=login.response_mode,
    )
    identity, token_set = _redeem(app.client, login, response)
    try:
        if login.link_user is None:
            # A login on the way to the link page looks for the account to connect.
            if own_page(login.next_url) == "link":
                app = replace(app, create_users=False)
            sign_in(request, app, login, identity, token_set)
        else:
            row = link(request, app, login, identity)
            tell_linked(request, row)
            # A link always asks for a code, which brings tokens.
            grants.store(row, app, token_set)  # type: ignore[arg-type] # not None then
    except BaseException:
        grants.keep_to_revoke(app, token_set)
        raise
    return login


def _authorization_request(
    client: AuthenticationClient, login: PendingLogin, login_hint: str | None
) -> AuthorizationRequest:
    registration, supported = client.registration, client.metadata().prompt_values_supported
    extra = own_links.extra_of(login.parameters, registration, supported)
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
        dpop_jkt=None if login.dpop_key is None else DpopKey.load(login.dpop_key).thumbprint,
        extra=extra,
    )


def can_ask(client: AuthenticationClient) -> bool:
    """Return whether the provider can be told to ask who the person is (OIDC Core 3.1.2.1)."""
    return client.registration.is_oidc


def _shortest(*ages: int | str | None) -> int | None:
    """Return the shortest of several ages in seconds, or None where there is none."""
    return min((int(age) for age in ages if age is not None), default=None)


def _redeem(
    client: AuthenticationClient, login: PendingLogin, response: AuthorizationResponse
) -> tuple[IdToken | UserInfo, TokenSet | None]:
    """Exchange a checked response for the person's identity and the token set."""
    expected: dict[str, Any] = {
        "nonce": login.nonce,
        "max_age": login.max_age,
        "acr_values": login.acr_values or client.registration.acr_values,
    }
    if response.code is None:
        shown = client.verify_shown(response, state=login.state, **expected)
        return _from_browser_alone(client, shown, response)
    token_set, id_token = client.redeem(
        response,
        state=login.state,
        redirect_uri=login.redirect_uri,
        code_verifier=login.code_verifier,
        dpop_key=login.dpop_key,
        **expected,
    )
    if id_token is None:
        claims = client.userinfo_claims(token_set.access_token, dpop_key=token_set.dpop_key)
        return identify(claims, issuer=client.registration.issuer), token_set
    # Kept as the provider can read it, for its sign-out (RP-Initiated Logout 1.0 2).
    kept = replace(token_set, id_token=id_token.encoded)
    return _with_userinfo(client, id_token, token_set), kept


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
    if not client.registration.userinfo:
        return id_token
    claims = client.userinfo_claims(token_set.access_token, dpop_key=token_set.dpop_key)
    return merged(id_token, claims)
