"""Examine the provider: compare its configuration and its answers with the settings of an app.

The requests are those of a login, with a code that nobody has. What is wrong at the site itself
stands in `site`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs

from django_genauth.client import AuthenticationClient
from django_genauth.doctor.findings import Examination, Finding, is_plain, listed
from django_genauth.protocol.authorization import response_type_of
from django_genauth.protocol.discovery import is_safe_url
from django_genauth.protocol.error_codes import registered
from django_genauth.protocol.errors import (
    DiscoveryError,
    GenAuthError,
    OAuthError,
    ProviderUnavailable,
)
from django_genauth.protocol.jwks import KeySet, parse_key_set
from django_genauth.protocol.messages import HttpRequest, HttpResponse, read_json_document
from django_genauth.protocol.pkce import generate_code_verifier

_CONSOLE = "in GenAuth's console"


def examine_provider(
    client: AuthenticationClient,
    *,
    redirect_uri: str | None,
    clock: Callable[[], float] = time.time,
) -> Examination:
    """Ask the provider, and return what fits the settings and what does not.

    Nothing is changed there. Without a redirect URI the provider is not asked whether it knows it.
    """
    examination = Examination()
    try:
        if client.registration.discovers and not _check_issuer(client, examination, clock):
            return examination
        if not client.registration.algorithm.startswith("HS") and client.registration.is_oidc:
            _examine_keys(client, examination)
        if "code" in client.registration.response_type.split():
            _examine_token_endpoint(
                client, examination, redirect_uri or client.registration.app_host
            )
        if redirect_uri is not None:
            _examine_authorization_endpoint(client, examination, redirect_uri)
    except ProviderUnavailable as error:
        examination.could_not_ask = error
    except GenAuthError as error:
        examination.found(error.code, str(error), "docs/reference/errors.rst has more.")
    return examination


def _check_issuer(
    client: AuthenticationClient, examination: Examination, clock: Callable[[], float]
) -> bool:
    """Return whether the configuration can be read, and is that of ISSUER."""
    response = client.answer_to(client.configuration_request())
    _examine_clock(client, examination, response, clock())
    if response.status != 200:
        examination.found(
            "discovery.status",
            f"The provider's configuration is not where it should be (status {response.status}).",
            "Compare APP_HOST and ISSUER with the issuer " + _CONSOLE + "; set DISCOVERY to its"
            " address if it is elsewhere, and to False for a provider that has none.",
        )
        return False
    document = read_json_document(response.body, error=DiscoveryError)
    issuer = document.get("issuer")
    if issuer != client.registration.issuer:
        is_address = is_safe_url(issuer, allow_insecure_http=True) and is_plain(issuer)
        shown = issuer if is_address else "something that is no address"
        examination.found(
            "discovery.issuer",
            f"The provider calls itself {shown}, and ISSUER is {client.registration.issuer}.",
            f'If that is the provider you mean, set "ISSUER": "{shown}", to the letter.'
            if is_address
            else f"Compare APP_HOST and ISSUER with the issuer {_CONSOLE}.",
        )
        return False
    for name in client.parse_configuration(response.body).dropped:
        examination.found(
            "discovery.dropped",
            f"The configuration's {name} is empty or no https address, and counts as missing.",
            "Set it in ENDPOINTS if there is one, or tell those who run the provider.",
        )
    examination.good.append(f"The provider answers, and is {client.registration.issuer}.")
    examination.findings += _unsupported(client, document)
    return True


def _examine_clock(
    client: AuthenticationClient, examination: Examination, response: HttpResponse, now: float
) -> None:
    try:
        theirs = parsedate_to_datetime(response.headers.get("date", "")).timestamp()
    # What is no date, or none that this machine can count to.
    except (ValueError, OverflowError):
        return
    apart = round(now - theirs)
    examination.judge(
        abs(apart) <= client.registration.leeway,
        "The two clocks agree.",
        Finding(
            "clock",
            f"This machine's clock is {abs(apart)} seconds {'ahead' if apart > 0 else 'behind'}.",
            "Set it by NTP. Tokens seem expired, or to come from the future, beyond"
            f" {client.registration.leeway:g} seconds (LEEWAY).",
        ),
    )


def _unsupported(client: AuthenticationClient, document: Mapping[str, Any]) -> list[Finding]:
    """Return a finding for each setting whose value the configuration does not announce."""
    method = client.registration.credentials("token").method
    asked = [
        (
            "id_token_signing_alg_values_supported",
            client.registration.algorithm,
            "ID_TOKEN_SIGNED_RESPONSE_ALG",
        ),
        (
            "token_endpoint_auth_methods_supported",
            # Keycloak, Spring and others take public clients, and announce no method for them.
            None if client.registration.secret is None else method,
            "TOKEN_ENDPOINT_AUTH_METHOD",
        ),
        ("response_types_supported", client.registration.response_type, "RESPONSE_TYPE"),
        ("response_modes_supported", client.registration.response_mode, "RESPONSE_MODE"),
        *(("scopes_supported", scope, "SCOPE") for scope in client.registration.scopes.split()),
    ]
    return [
        Finding(
            f"unsupported.{key.lower()}",
            f"The provider does not announce {value!r} for {key}.",
            f"It announces {listed(document[member])}. Change {key}, or the app {_CONSOLE}.",
        )
        for member, value, key in asked
        if value is not None
        and isinstance(document.get(member), list)
        and value not in map(_in_order, document[member])
    ]


def _in_order(announced: object) -> object:
    # The words of a response type have no order (RFC 6749 3.1.1); Ory Hydra has one of its own.
    return response_type_of(announced) if isinstance(announced, str) else announced


def _examine_keys(client: AuthenticationClient, examination: Examination) -> None:
    request = HttpRequest(method="GET", url=client.endpoint("jwks_uri"), headers={})
    response = client.answer_to(request)
    keys = parse_key_set(response.body) if response.status == 200 else KeySet(())
    unsupported = f" Its keys for {listed(keys.unsupported)} are of no use here, as that is not"
    examination.judge(
        keys.has_key_for(client.registration.algorithm),
        f"There is a key for {client.registration.algorithm}.",
        Finding(
            "keys",
            f"The provider publishes no key for {client.registration.algorithm}.",
            f"Compare ID_TOKEN_SIGNED_RESPONSE_ALG with the app's signature algorithm {_CONSOLE}."
            + (f"{unsupported} supported." if keys.unsupported else ""),
        ),
    )


def _examine_token_endpoint(
    client: AuthenticationClient, examination: Examination, redirect_uri: str
) -> None:
    """Send a code that nobody has: a provider that refuses it has accepted the credentials."""
    try:
        client.exchange_code(
            token_urlsafe(32), redirect_uri=redirect_uri, code_verifier=generate_code_verifier()
        )
        examination.found(
            "credentials.any_code",
            "The token endpoint gives tokens for a code that nobody has.",
            "Do not sign people in there, unless it is a provider for tests.",
        )
    except OAuthError as error:
        examination.judge(
            error.error == "invalid_grant",
            "The provider knows the app and takes its secret.",
            Finding(
                f"credentials.{error.error}",
                f"The token endpoint refuses the app ({error.error}).",
                "Compare APP_ID, APP_SECRET and TOKEN_ENDPOINT_AUTH_METHOD with the app "
                f"{_CONSOLE}, and that it may use the authorization code.",
            ),
        )


def _examine_authorization_endpoint(
    client: AuthenticationClient, examination: Examination, redirect_uri: str
) -> None:
    """Begin a login without a page: a provider that redirects back knows the redirect URI."""
    url = client.authorization_request(
        redirect_uri=redirect_uri,
        state=token_urlsafe(32),
        nonce=token_urlsafe(32),
        code_verifier=generate_code_verifier(),
        response_type=client.registration.response_type,
        response_mode=client.registration.response_mode,
        extra={"prompt": "none"},
    ).url()
    response = client.answer_to(HttpRequest(method="GET", url=url, headers={}))
    location = response.headers.get("location", "")
    if response.status >= 400:
        examination.found(
            "redirect_uri",
            f"The provider refuses a login that comes back to {redirect_uri} (status"
            f" {response.status}).",
            f"Register that address for the app {_CONSOLE}, to the letter, and compare APP_ID."
            + (
                ""
                if client.registration.redirect_uri
                else " Its host is a guess: set REDIRECT_URI if people come by another."
            ),
        )
    elif location.startswith((f"{redirect_uri}?", f"{redirect_uri}#", f"{redirect_uri}&")):
        answer = parse_qs(location[len(redirect_uri) + 1 :].replace("#", "&"))
        error = registered(answer.get("error", [""])[0])
        examination.judge(
            error in ("unregistered", "login_required", "interaction_required", "consent_required"),
            "The provider knows the address that logins come back to.",
            Finding(
                f"authorization.{error}",
                f"The provider refuses the login ({error}).",
                "docs/reference/errors.rst says what the word means.",
            ),
        )
