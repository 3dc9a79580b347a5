"""Examine a trial login: compare its answer, tokens and claims with the settings of an app.

A person takes part, and nobody is signed in: there is no user, no row and no session. How the
person is asked, and how the address comes back, is not known here. What needs no person stands in
`provider`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import urldefrag, urlsplit

from django.contrib.auth import get_user_model

from django_genauth.backends.claims import unsent
from django_genauth.client import AuthenticationClient
from django_genauth.client.arguments import split_callback
from django_genauth.conf import App
from django_genauth.doctor.findings import Examination, Finding, is_plain, listed
from django_genauth.protocol.authorization import unique_parameters
from django_genauth.protocol.errors import ConfigurationError, GenAuthError, ProviderUnavailable
from django_genauth.protocol.id_token import PROTOCOL_CLAIMS
from django_genauth.protocol.jws import named_algorithm
from django_genauth.protocol.pkce import generate_code_verifier
from django_genauth.protocol.tokens import TokenSet
from django_genauth.protocol.userinfo import identify, merged

_CLOCK: Final = "Set this machine's clock by NTP. LEEWAY says how many seconds it may differ."
# The errors' own sentences say the most of it.
_REMEDIES: Final[Mapping[str, str]] = {
    "access_denied": "Allow what the provider asks for, and see in GenAuth's console that this"
    " person may use the app.",
    "authorization_response.state": "Each run has an address of its own. Open the one that this run"
    " printed, and paste all of the address that the browser shows at the end.",
    "oauth.invalid_grant": "Run the command again, and paste the address at once.",
    "id_token.signature": "With HS256 copy APP_SECRET anew from GenAuth's console.",
    "id_token.exp": _CLOCK,
    "id_token.iat": _CLOCK,
    "id_token.nbf": _CLOCK,
    "id_token.acr": "Sign in as acr_values in AUTHORIZE_PARAMS ask for, and see in GenAuth's"
    " console that the app's people can.",
    "id_token.auth_time": "See in GenAuth's console why the provider does not ask people anew, as"
    " max_age in AUTHORIZE_PARAMS wants it.",
}
_ELSE: Final = "docs/reference/errors.rst has more."


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialLogin:
    """A login that a person is asked to try; `url` is the address to open."""

    url: str = field(repr=False)
    redirect_uri: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)


def begin_trial(client: AuthenticationClient, *, redirect_uri: str) -> TrialLogin:
    """Prepare a trial login; its answer comes in the address, whatever RESPONSE_MODE says.

    Raises GenAuthError where the provider's configuration cannot be had.
    """
    state, nonce, code_verifier = token_urlsafe(32), token_urlsafe(32), generate_code_verifier()
    url = client.authorization_request(
        redirect_uri=redirect_uri,
        state=state,
        nonce=nonce,
        code_verifier=code_verifier,
        response_type="code",
        response_mode=None if client.registration.response_mode is None else "query",
        extra={},
    ).url()
    return TrialLogin(
        url=url, redirect_uri=redirect_uri, state=state, nonce=nonce, code_verifier=code_verifier
    )


def examine_login(app: App, trial: TrialLogin, address: str) -> Examination:
    """Examine the address at which a browser ended, and the tokens that its code gives.

    The steps are a login's own, and not `authorization_code_grant`, whose errors keep the tokens
    from being revoked. A code whose answer is refused stays unused, which is harmless: the code
    verifier, without which nobody can exchange it, ends with the trial.
    """
    client = app.client
    examination = Examination()
    if client.registration.response_type != "code" or client.registration.response_mode not in (
        None,
        "query",
    ):
        examination.good.append(
            "The sign-in was tried with a code in the address, and not with RESPONSE_TYPE and"
            " RESPONSE_MODE."
        )
    try:
        code = _code(client, examination, trial, address)
        if code is not None:
            tokens = client.exchange_code(
                code, redirect_uri=trial.redirect_uri, code_verifier=trial.code_verifier
            )
            try:
                _examine_tokens(app, examination, trial, tokens)
            finally:
                _revoke(client, tokens)
    except ProviderUnavailable as error:
        examination.could_not_ask = error
    except GenAuthError as error:
        examination.found(error.code, str(error), _REMEDIES.get(error.code, _ELSE))
    return examination


def _code(
    client: AuthenticationClient, examination: Examination, trial: TrialLogin, address: str
) -> str | None:
    try:
        # No site gets to see what follows the "#".
        here, pairs = split_callback(urldefrag(address).url)
    except (ConfigurationError, ValueError):
        here, pairs = "", []
    if {"code", "error"}.isdisjoint(name for name, _ in pairs):
        examination.found(
            "login.unanswered",
            "The address holds no answer of the provider.",
            "Use a private window: the site sends on who is signed in there. If the provider shows"
            " an error, compare APP_ID and the redirect URI with GenAuth's console.",
        )
        return None
    if _scheme_host_and_path(here) != _scheme_host_and_path(trial.redirect_uri):
        examination.found(
            "login.elsewhere",
            f"The browser was to come back to {trial.redirect_uri}, and ended at"
            f" {here if is_plain(here) else 'another address'}.",
            "See what sends it on: a proxy, SECURE_SSL_REDIRECT, PREPEND_WWW. Set REDIRECT_URI to"
            " the address that people use, and register it in GenAuth's console.",
        )
    parameters = unique_parameters(pairs)
    return client.authorization_response(parameters, expected_state=trial.state).code


def _scheme_host_and_path(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    # Browsers leave the usual port out.
    usual = {"https": ":443", "http": ":80"}.get(parts.scheme, "")
    return parts.scheme, parts.netloc.lower().removesuffix(usual), parts.path or "/"


def _examine_tokens(
    app: App, examination: Examination, trial: TrialLogin, tokens: TokenSet
) -> None:
    client = app.client
    algorithm = named_algorithm(tokens.id_token or "")
    if client.registration.is_oidc and algorithm not in (None, client.registration.algorithm):
        examination.found(
            "id_token.alg",
            f"The ID token is signed with {algorithm}, and ID_TOKEN_SIGNED_RESPONSE_ALG is"
            f" {client.registration.algorithm}.",
            f"Choose {client.registration.algorithm} for the app in GenAuth's console."
            # Which needs a secret.
            if str(algorithm).startswith("HS") and client.registration.secret is None
            else f'Set "ID_TOKEN_SIGNED_RESPONSE_ALG": "{algorithm}", or choose'
            f" {client.registration.algorithm} for the app in GenAuth's console.",
        )
        return
    claims = _claims(client, trial, tokens)
    signed = (
        f"the ID token, signed with {client.registration.algorithm},"
        if client.registration.is_oidc
        else "userinfo"
    )
    examination.good.append(f"A person signed in: {signed} names a subject.")
    told = sorted(claims.keys() - PROTOCOL_CLAIMS)
    examination.good += [
        f"Claims that came: {listed(name for name in told if claims[name] is not None)}.",
        f"Claims that came as null: {listed(name for name in told if claims[name] is None)}.",
    ]
    for key, names in unsent(get_user_model(), app, claims).items():
        examination.found(
            f"claims.{key.lower()}",
            f"The provider did not send {', '.join(names)}, which {key} wants.",
            _where_claims_are(client, key),
        )
    if "offline_access" in client.registration.scopes.split():
        examination.judge(
            tokens.refresh_token is not None,
            "A refresh token came.",
            Finding(
                "refresh_token",
                "No refresh token came, though SCOPE names offline_access.",
                "Let the app use refresh tokens in GenAuth's console. A prompt in AUTHORIZE_PARAMS"
                " has to hold consent.",
            ),
        )


def _claims(client: AuthenticationClient, trial: TrialLogin, tokens: TokenSet) -> Mapping[str, Any]:
    if not client.registration.is_oidc:
        return identify(
            client.userinfo_claims(tokens.access_token), issuer=client.registration.issuer
        ).claims
    id_token = client.verify_id_token(
        tokens.id_token or "",
        access_token=tokens.access_token,
        nonce=trial.nonce,
        max_age=client.registration.max_age,
        acr_values=client.registration.acr_values,
    )
    if client.registration.userinfo:
        id_token = merged(id_token, client.userinfo_claims(tokens.access_token))
    return id_token.claims


def _where_claims_are(client: AuthenticationClient, key: str) -> str:
    asked = client.registration.userinfo or not client.registration.is_oidc
    return (
        "Add the scope that brings it to SCOPE"
        + ("" if asked else ', set "USERINFO": True, as some providers tell it there alone')
        + f", or change {key}. Or this person has none."
    )


def _revoke(client: AuthenticationClient, tokens: TokenSet) -> None:
    for token in (tokens.refresh_token, tokens.access_token):
        if token is not None:
            # Whether the provider revokes is not what was asked, and they end by themselves.
            with suppress(GenAuthError):
                client.revoke_token(token)
