"""Examine a trial login: compare its answer, tokens and claims with the settings of an app.

A person takes part, and nobody is signed in: there is no user, no row and no session. How the
person is asked, and how the address comes back, is not known here. What needs no person stands in
`provider`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import urldefrag, urlsplit

from django_genauth.client import AuthenticationClient
from django_genauth.client.arguments import split_callback
from django_genauth.client.registration import ClientRegistration
from django_genauth.conf import App
from django_genauth.doctor.claims import examine_claims
from django_genauth.doctor.demands import demand_in
from django_genauth.doctor.encryption import encryption_finding
from django_genauth.doctor.findings import ERRORS_PAGE, Examination, Finding, console, is_plain
from django_genauth.protocol import genauth
from django_genauth.protocol.authorization import unique_parameters
from django_genauth.protocol.errors import ConfigurationError, GenAuthError, ProviderUnavailable
from django_genauth.protocol.jws import named_algorithm
from django_genauth.protocol.pkce import generate_code_verifier
from django_genauth.protocol.tokens import TokenSet
from django_genauth.protocol.userinfo import identify, merged, userinfo_request

_CLOCK: Final = "Set this machine's clock by NTP. LEEWAY says how many seconds it may differ."
_DECRYPTION: Final = (
    "Give the address of genauth:jwks to {console}, or what that page shows. The key that is used"
    " there may be one that was taken out of CLIENT_KEYS."
)
# The errors' own sentences say the most of it. `{console}` is where the app is registered.
_REMEDIES: Final[Mapping[str, str]] = {
    "access_denied": "Allow what the provider asks for, and see in {console} that this person may"
    " use the app.",
    "authorization_response.state": "Each run has an address of its own. Open the one that this run"
    " printed, and paste all of the address that the browser shows at the end.",
    "authorization_response.iss_missing": "Let the provider name itself, in {console}. (Keycloak:"
    " the client's Advanced, OpenID Connect Compatibility Modes, Exclude Issuer From Authentication"
    " Response: Off.)",
    "oauth.invalid_grant": "Run the command again, and paste the address at once.",
    "id_token.signature": "With HS256 copy APP_SECRET anew from {console}. A provider that signs"
    " with a key of its own, as Keycloak does, needs RS256 there and in"
    " ID_TOKEN_SIGNED_RESPONSE_ALG.",
    "id_token.decryption": _DECRYPTION,
    "userinfo.decryption": _DECRYPTION,
    "id_token.exp": _CLOCK,
    "id_token.iat": _CLOCK,
    "id_token.nbf": _CLOCK,
    "id_token.acr": "Sign in as acr_values in AUTHORIZE_PARAMS ask for, and see in {console} that"
    " the app's people can.",
    "id_token.auth_time": "See in {console} why the provider does not ask people anew, as max_age"
    " in AUTHORIZE_PARAMS wants it.",
}


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

    Raises GenAuthError where the provider's configuration cannot be had, and where the provider
    refuses a request that is pushed.
    """
    state, nonce, code_verifier = token_urlsafe(32), token_urlsafe(32), generate_code_verifier()
    request = client.authorization_request(
        redirect_uri=redirect_uri,
        state=state,
        nonce=nonce,
        code_verifier=code_verifier,
        response_type="code",
        response_mode=_response_mode(client.registration),
        extra={},
    )
    url = client.delivery.url(request)
    return TrialLogin(
        url=url, redirect_uri=redirect_uri, state=state, nonce=nonce, code_verifier=code_verifier
    )


def _response_mode(app: ClientRegistration) -> str | None:
    if app.response_mode is None:
        return None
    return "query.jwt" if app.responses_are_signed else "query"


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
        "jwt",
        "query.jwt",
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
        demand = demand_in(error.description, console(client))
        remedy = _REMEDIES.get(error.code, ERRORS_PAGE).format(console=console(client))
        examination.findings.append(demand or Finding(error.code, error.with_description(), remedy))
    return examination


def _code(
    client: AuthenticationClient, examination: Examination, trial: TrialLogin, address: str
) -> str | None:
    try:
        # No site gets to see what follows the "#".
        here, pairs = split_callback(urldefrag(address).url)
    except (ConfigurationError, ValueError):
        here, pairs = "", []
    if {"code", "error", "response"}.isdisjoint(name for name, _ in pairs):
        examination.found(
            "login.unanswered",
            "The address holds no answer of the provider.",
            "Use a private window: the site sends on who is signed in there. If the provider shows"
            f" an error, compare APP_ID and the redirect URI with {console(client)}.",
        )
        return None
    if _scheme_host_and_path(here) != _scheme_host_and_path(trial.redirect_uri):
        examination.found(
            "login.elsewhere",
            f"The browser was to come back to {trial.redirect_uri}, and ended at"
            f" {here if is_plain(here) else 'another address'}.",
            "See what sends it on: a proxy, SECURE_SSL_REDIRECT, PREPEND_WWW. Set REDIRECT_URI to"
            f" the address that people use, and register it in {console(client)}.",
        )
    parameters = unique_parameters(pairs)
    return client.authorization_response(
        parameters,
        expected_state=trial.state,
        response_mode=_response_mode(client.registration),
    ).code


def _scheme_host_and_path(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    # Browsers leave the usual port out.
    usual = {"https": ":443", "http": ":80"}.get(parts.scheme, "")
    return parts.scheme, parts.netloc.lower().removesuffix(usual), parts.path or "/"


def _examine_tokens(
    app: App, examination: Examination, trial: TrialLogin, tokens: TokenSet
) -> None:
    client = app.client
    if client.registration.is_oidc:
        finding = encryption_finding(client, "ID_TOKEN", tokens.id_token or "")
        if finding is not None:
            examination.findings.append(finding)
            return
    algorithm = named_algorithm(tokens.id_token or "")
    if client.registration.is_oidc and algorithm not in (None, client.registration.algorithm):
        examination.found(
            "id_token.alg",
            f"The ID token is signed with {algorithm}, and ID_TOKEN_SIGNED_RESPONSE_ALG is"
            f" {client.registration.algorithm}.",
            f"Choose {client.registration.algorithm} for the app in {console(client)}."
            # Which needs a secret.
            if str(algorithm).startswith("HS") and client.registration.secret is None
            else f'Set "ID_TOKEN_SIGNED_RESPONSE_ALG": "{algorithm}", or choose'
            f" {client.registration.algorithm} for the app in {console(client)}.",
        )
        return
    claims = _claims(client, examination, trial, tokens)
    if claims is None:
        return
    encryption = client.registration.id_token_encrypted_response_alg
    encrypted = "" if encryption is None else f" and encrypted with {encryption}"
    signed = (
        f"the ID token, signed with {client.registration.algorithm}{encrypted},"
        if client.registration.is_oidc
        else "userinfo"
    )
    examination.good.append(f"A person signed in: {signed} names a subject.")
    examine_claims(app, examination, claims)
    _examine_refresh_token(app, examination, tokens)
    if client.registration.is_oidc:
        _examine_clock(client, examination, claims)


def _examine_refresh_token(app: App, examination: Examination, tokens: TokenSet) -> None:
    registration = app.client.registration
    is_asked_for = "offline_access" in registration.scopes.split()
    if not is_asked_for and app.session_policy != "refresh":
        return
    # Others give one without that scope, and at Keycloak it takes single sign-on away.
    by_scope = genauth.is_genauth(registration.issuer, registration.app_host)
    advice = "" if is_asked_for or not by_scope else "Name offline_access in SCOPE. "
    prompt = " A prompt in AUTHORIZE_PARAMS has to hold consent." if by_scope else ""
    wanted = "SCOPE names offline_access" if is_asked_for else "SESSION_POLICY is refresh"
    examination.judge(
        tokens.refresh_token is not None,
        "A refresh token came.",
        Finding(
            "refresh_token",
            f"No refresh token came, though {wanted}.",
            f"{advice}Let the app use refresh tokens in {console(app.client)}.{prompt}",
        ),
    )


def _claims(
    client: AuthenticationClient, examination: Examination, trial: TrialLogin, tokens: TokenSet
) -> Mapping[str, Any] | None:
    """Return the claims of the login, or None where they cannot be had."""
    registration = client.registration
    userinfo = partial(client.userinfo_claims, tokens.access_token, dpop_key=tokens.dpop_key)
    if not registration.is_oidc:
        return identify(userinfo(), issuer=registration.issuer).claims
    id_token = client.verify_id_token(
        tokens.id_token or "",
        access_token=tokens.access_token,
        nonce=trial.nonce,
        max_age=registration.max_age,
        acr_values=registration.acr_values,
    )
    if not registration.userinfo:
        return id_token.claims
    finding = _userinfo_finding(client, tokens)
    if finding is not None:
        examination.findings.append(finding)
        return None
    return merged(id_token, userinfo()).claims


def _examine_clock(
    client: AuthenticationClient, examination: Examination, claims: Mapping[str, Any]
) -> None:
    """Compare the clocks by the token's iat, for providers that send no Date."""
    ago = round(client.clock() - claims["iat"])
    # A token may be made before the person brings its code here.
    if abs(ago) <= client.registration.leeway:
        examination.good.append("The two clocks agree, by the ID token's iat.")
    else:
        examination.notes.append(f"The ID token says that it was issued {ago} seconds ago (iat).")


def _userinfo_finding(client: AuthenticationClient, tokens: TokenSet) -> Finding | None:
    """Return what is wrong with how userinfo comes encrypted or signed, or None."""
    request = userinfo_request(client.endpoint("userinfo_endpoint"), tokens.access_token)
    response = client.answer_to(request)
    if response.status != 200:
        return None
    is_token = response.media_type == "application/jwt"
    text = response.body.decode("latin-1") if is_token else ""
    expected, came = client.registration.userinfo_algorithm, named_algorithm(text)
    if came not in (None, expected):
        return Finding(
            "userinfo.alg",
            f"Userinfo is signed with {came}, and USERINFO_SIGNED_RESPONSE_ALG is {expected}.",
            f'Set "USERINFO_SIGNED_RESPONSE_ALG": "{came}", or let the app in {console(client)}'
            " have userinfo unsigned.",
        )
    return encryption_finding(client, "USERINFO", text)


def _revoke(client: AuthenticationClient, tokens: TokenSet) -> None:
    for token in (tokens.refresh_token, tokens.access_token):
        if token is not None:
            # Whether the provider revokes is not what was asked, and they end by themselves.
            with suppress(GenAuthError):
                client.revoke_token(token)
