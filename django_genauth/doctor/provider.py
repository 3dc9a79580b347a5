"""Examine what the provider publishes: its configuration, its clock and its keys.

The order of all that is asked at the provider is decided here. What it answers to the app's own
requests stands in `token_endpoints` and `front_channel`, what is wrong at the site in `site`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from django_genauth.client import AuthenticationClient
from django_genauth.doctor.demands import announced_demands
from django_genauth.doctor.encryption import examine_encryption
from django_genauth.doctor.findings import Examination, Finding, console, is_plain, listed
from django_genauth.doctor.front_channel import examine_authorization, examine_end_session
from django_genauth.doctor.token_endpoints import (
    examine_introspection,
    examine_revocation,
    examine_token_endpoint,
)
from django_genauth.protocol.authorization import response_type_of
from django_genauth.protocol.discovery import is_safe_url
from django_genauth.protocol.errors import DiscoveryError
from django_genauth.protocol.jwks import KeySet, parse_key_set
from django_genauth.protocol.messages import HttpRequest, HttpResponse, read_json_document

Announced = Mapping[str, Any]


def examine_provider(
    client: AuthenticationClient,
    *,
    redirect_uri: str | None,
    post_logout_redirect_uri: str | None = None,
    revokes: bool = True,
    clock: Callable[[], float] = time.time,
) -> Examination:
    """Ask the provider, and return what fits the settings and what does not.

    Nothing is changed there. The provider is not asked about an address that is None, nor about
    revocation where the app does not revoke.
    """
    examination = Examination()
    announced: Announced | None = None
    with examination.attempt():
        announced = _examine_configuration(client, examination, clock)
    if announced is None:
        return examination
    app = client.registration
    if app.is_oidc or app.responses_are_signed:
        with examination.attempt():
            _examine_signature(client, examination, announced)
    examine_encryption(client, examination, announced)
    if "code" in app.response_type.split():
        with examination.attempt():
            address = redirect_uri or app.app_host
            examine_token_endpoint(client, examination, announced, redirect_uri=address)
    if redirect_uri is not None:
        with examination.attempt():
            examine_authorization(client, examination, announced, redirect_uri=redirect_uri)
    is_refused = _refuses_the_app(client, examination, announced)
    # Who is refused at the token endpoint is refused at the others, too, for the same reason.
    if not is_refused:
        with examination.attempt():
            examine_introspection(client, examination, announced)
        if revokes:
            with examination.attempt():
                examine_revocation(client, examination, announced)
    is_unknown = is_refused and _found(examination, "redirect_uri")
    if post_logout_redirect_uri is not None and not is_unknown:
        with examination.attempt():
            examine_end_session(client, examination, post_logout_redirect_uri)
    return examination


def _refuses_the_app(
    client: AuthenticationClient, examination: Examination, announced: Announced
) -> bool:
    """Tell whether the token endpoint refuses the app; drop the finding if it is the address.

    Glewlwyd says `unauthorized_client` of both. Introspection has nothing but the credentials to
    judge.
    """
    refused = _found(examination, "credentials.")
    is_ambiguous = _found(examination, "credentials.unauthorized_client")
    if is_ambiguous and _found(examination, "redirect_uri"):
        other = Examination()
        with other.attempt():
            examine_introspection(client, other, announced)
        if other.good:
            examination.findings.remove(refused[0])
            return False
    return bool(refused)


def _found(examination: Examination, code: str) -> list[Finding]:
    """Return the findings whose code begins so."""
    return [finding for finding in examination.findings if finding.code.startswith(code)]


def _examine_configuration(
    client: AuthenticationClient, examination: Examination, clock: Callable[[], float]
) -> Announced | None:
    """Return the configuration if it is that of ISSUER, else None; empty where none is read."""
    if not client.registration.discovers:
        return {}
    response = client.answer_to(client.configuration_request())
    _examine_clock(client, examination, response, clock())
    if response.status != 200:
        examination.found(
            "discovery.status",
            f"The provider's configuration is not where it should be (status {response.status}).",
            f"Compare APP_HOST and ISSUER with the issuer in {console(client)}; set DISCOVERY to"
            " its address if it is elsewhere, and to False for a provider that has none.",
        )
        return None
    document = read_json_document(response.body, error=DiscoveryError)
    issuer = document.get("issuer")
    if issuer != client.registration.issuer:
        is_address = is_safe_url(issuer, allow_insecure_http=True) and is_plain(issuer)
        name = issuer if is_address else "something that is no address"
        examination.found(
            "discovery.issuer",
            f"The provider calls itself {name}, and ISSUER is {client.registration.issuer}.",
            f'If that is the provider you mean, set "ISSUER": "{name}", to the letter.'
            if is_address
            else f"Compare APP_HOST and ISSUER with the issuer in {console(client)}.",
        )
        return None
    for name in client.parse_configuration(response.body).dropped:
        if document.get(name) == "":
            examination.notes.append(f"The configuration's {name} is empty, and counts as missing.")
            continue
        examination.found(
            "discovery.dropped",
            f"The configuration's {name} is no https address, and counts as missing.",
            "Set it in ENDPOINTS if there is one, or tell those who run the provider.",
        )
    examination.good.append(f"The provider answers, and is {client.registration.issuer}.")
    examination.findings += announced_demands(document, client)
    examination.notes += _unannounced(client, document)
    return document


def _examine_clock(
    client: AuthenticationClient, examination: Examination, response: HttpResponse, now: float
) -> None:
    try:
        theirs = parsedate_to_datetime(response.headers.get("date", "")).timestamp()
    # What is no date, or none that this machine can count to. Keycloak sends none.
    except (ValueError, OverflowError):
        examination.notes.append(
            "Could not compare the two clocks, as the provider sends no Date; --login compares the"
            " time in the ID token."
        )
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


def _unannounced(client: AuthenticationClient, document: Announced) -> list[str]:
    """Return a note for each setting whose value the configuration does not announce.

    It MAY leave out what it supports (Discovery 3, RFC 8414 2), and most providers do so with
    scopes. What it refuses is found where it is asked.
    """
    app = client.registration
    used = app.userinfo_signed_response_alg if app.userinfo else None
    asked: list[tuple[str, str, list[str | None]]] = [
        ("RESPONSE_TYPE", "response_types_supported", [app.response_type]),
        ("RESPONSE_MODE", "response_modes_supported", [app.response_mode]),
        ("SCOPE", "scopes_supported", [*app.scopes.split()]),
        ("USERINFO_SIGNED_RESPONSE_ALG", "userinfo_signing_alg_values_supported", [used]),
        (
            "REQUEST_OBJECT_SIGNING_ALG",
            "request_object_signing_alg_values_supported",
            [app.request_object_signing_alg],
        ),
        (
            "ID_TOKEN_SIGNED_RESPONSE_ALG",
            "authorization_signing_alg_values_supported",
            [app.algorithm if app.responses_are_signed else None],
        ),
    ]
    notes = []
    for key, member, values in asked:
        announced = document.get(member)
        if not isinstance(announced, list):
            continue
        known = list(map(_in_order, announced))
        missing = [value for value in values if value is not None and value not in known]
        if missing:
            notes.append(
                f"The provider does not announce {listed(missing)} for {key}. It may know more than"
                f" it announces: {listed(announced)}."
            )
    return notes


def _in_order(announced: object) -> object:
    # The words of a response type have no order (RFC 6749 3.1.1); Ory Hydra has one of its own.
    return response_type_of(announced) if isinstance(announced, str) else announced


def _examine_signature(
    client: AuthenticationClient, examination: Examination, announced: Announced
) -> None:
    """Examine whether the provider signs with the algorithm of the settings, and shows a key."""
    app = client.registration
    algorithms = announced.get("id_token_signing_alg_values_supported")
    # A provider has to announce these (Discovery 3).
    if isinstance(algorithms, list) and app.algorithm not in algorithms:
        examination.found(
            "unsupported.id_token_signed_response_alg",
            f"The provider does not announce {app.algorithm!r} for ID_TOKEN_SIGNED_RESPONSE_ALG.",
            f'Set "ID_TOKEN_SIGNED_RESPONSE_ALG": "{algorithms[0]}", the one that it announces.'
            if len(algorithms) == 1 and is_plain(algorithms[0])
            else f"It announces {listed(algorithms)}. Change ID_TOKEN_SIGNED_RESPONSE_ALG, or the"
            f" app in {console(client)}.",
        )
    if not app.algorithm.startswith("HS"):
        _examine_keys(client, examination)
    elif _is_keycloak(client):
        examination.found(
            "keys.not_the_secret",
            f"Keycloak signs with {app.algorithm} by a key of its realm, and not by APP_SECRET, so"
            " that no login can be verified.",
            'Set "ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256", and choose RS256 there: the client\'s'
            " Advanced, Fine grain OpenID Connect configuration, ID token signature algorithm.",
        )


def _is_keycloak(client: AuthenticationClient) -> bool:
    return client.endpoint("token_endpoint").endswith("/protocol/openid-connect/token")


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
            "Compare ID_TOKEN_SIGNED_RESPONSE_ALG with the app's signature algorithm in"
            f" {console(client)}." + (f"{unsupported} supported." if keys.unsupported else ""),
        ),
    )
