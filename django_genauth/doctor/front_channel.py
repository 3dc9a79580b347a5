"""Examine the two pages that browsers are sent to: to sign in, and to sign out.

Each is asked as a browser without a cookie would ask, so that nobody signs in or out there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from django_genauth.client import AuthenticationClient
from django_genauth.doctor.demands import demand_in
from django_genauth.doctor.findings import (
    ERRORS_PAGE,
    Examination,
    Finding,
    console,
    listed,
    quoted,
)
from django_genauth.protocol.error_codes import registered
from django_genauth.protocol.errors import OAuthError
from django_genauth.protocol.messages import (
    HttpRequest,
    HttpResponse,
    encode_form,
    members_of,
)
from django_genauth.protocol.pkce import generate_code_verifier
from django_genauth.protocol.refusals import next_step, one_line

__all__ = ["examine_authorization", "examine_end_session", "missing_issuer"]

# With these a provider says that it would have had to show a page; it knows the app.
_WOULD_ASK: Final = (
    "account_selection_required",
    "consent_required",
    "interaction_required",
    "login_required",
    "unregistered",
)


def examine_authorization(
    client: AuthenticationClient,
    examination: Examination,
    announced: Mapping[str, Any],
    *,
    redirect_uri: str,
) -> None:
    """Begin a login without a page: a provider that redirects back knows the redirect URI."""
    try:
        response = _begin_login(client, redirect_uri)
    except OAuthError as error:
        examination.findings.append(_pushed_refusal(client, error, redirect_uri))
        return
    location = response.headers.get("location", "")
    if location.startswith((f"{redirect_uri}?", f"{redirect_uri}#", f"{redirect_uri}&")):
        answer = dict(parse_qsl(location[len(redirect_uri) + 1 :].replace("#", "&")))
        if client.registration.responses_are_signed:
            answer = client.verify_signed_response(answer)
        _judge_answer(client, examination, announced, answer)
        return
    if _is_refusal(response):
        description = one_line(_refusal(response).get("error_description"))
        examination.findings.append(
            demand_in("signed request" if _is_unsigned(response) else description, console(client))
            or _refused_login(client, response.status, description, redirect_uri)
        )
    # Of an address that nobody registered, most say so. Some show their login page first.
    elif not _knows_nobodys(client):
        examination.good.append(_KNOWN)
    else:
        examination.notes.append(
            f"The provider shows a page in place of an answer, so that it is not known whether it"
            f" knows {redirect_uri}. See in {console(client)} that it is registered, to the letter,"
            " or try a sign-in with --login."
        )


_KNOWN: Final = "The provider knows the address that logins come back to."


def _begin_login(client: AuthenticationClient, redirect_uri: str) -> HttpResponse:
    request = client.authorization_request(
        redirect_uri=redirect_uri,
        state=token_urlsafe(32),
        nonce=token_urlsafe(32),
        code_verifier=generate_code_verifier(),
        response_type=client.registration.response_type,
        response_mode=client.registration.response_mode,
        extra={"prompt": "none"},
    )
    return _open(client, client.delivery.url(request))


def _knows_nobodys(client: AuthenticationClient) -> bool:
    try:
        return not _is_refusal(_begin_login(client, _NOBODYS))
    except OAuthError:
        # It is refused already where it is pushed.
        return False


def _pushed_refusal(client: AuthenticationClient, error: OAuthError, redirect_uri: str) -> Finding:
    """Return the finding for a request that the provider refuses when it is pushed."""
    if "redirect" in error.description.lower():
        return _refused_login(client, error.status or 400, error.description, redirect_uri)
    return demand_in(error.description, console(client)) or Finding(
        f"pushed_authorization.{error.error}",
        error.with_description(),
        next_step("pushed_authorization", error.error) or ERRORS_PAGE,
    )


def _refused_login(
    client: AuthenticationClient, status: int, description: str, redirect_uri: str
) -> Finding:
    """Return the finding for a refusal on a page, by what the page says."""
    if description and "redirect" not in description.lower():
        return Finding(
            "authorization.refused",
            f"The provider refuses the login (status {status}).{quoted(description)}",
            f"Compare APP_ID, and see in {console(client)} that the app is enabled and may sign"
            " people in.",
        )
    guess = " If people come by another host, name it by --site, or set REDIRECT_URI."
    return Finding(
        "redirect_uri",
        f"The provider refuses a login that comes back to {redirect_uri} (status"
        f" {status}).{quoted(description)}",
        f"Register that address for the app in {console(client)}, to the letter, and compare"
        f" APP_ID.{'' if client.registration.redirect_uri else guess}",
    )


def _judge_answer(
    client: AuthenticationClient,
    examination: Examination,
    announced: Mapping[str, Any],
    answer: Mapping[str, str],
) -> None:
    error = registered(answer.get("error", ""))
    description = one_line(answer.get("error_description"))
    if error in _WOULD_ASK:
        examination.good.append(_KNOWN)
    else:
        scopes = announced.get("scopes_supported") if error == "invalid_scope" else None
        examination.findings.append(
            demand_in(description, console(client))
            or Finding(
                f"authorization.{error}",
                f"The provider refuses the login ({error}).{quoted(description)}",
                next_step("authorization", error)
                + (f" It announces {listed(scopes)}." if isinstance(scopes, list) else "")
                or ERRORS_PAGE,
            )
        )
    issuer = missing_issuer(client, answer)
    if issuer is not None:
        examination.findings.append(issuer)


def missing_issuer(client: AuthenticationClient, answer: Mapping[str, str]) -> Finding | None:
    """Return the finding for an answer without the issuer that was announced (RFC 9207 2)."""
    is_due = client.metadata().authorization_response_iss_parameter_supported
    if "iss" in answer or "id_token" in client.registration.response_type.split() or not is_due:
        return None
    return Finding(
        "authorization_response.iss_missing",
        "The provider announces that each of its answers names it (iss), and this one does not, so"
        " that every login is refused.",
        f"Let the provider name itself, in {console(client)}. (Keycloak: the client's Advanced,"
        " OpenID Connect Compatibility Modes, Exclude Issuer From Authentication Response: Off.)",
    )


def examine_end_session(
    client: AuthenticationClient, examination: Examination, post_logout_redirect_uri: str
) -> None:
    """Ask to sign out without a session: a provider that knows the way back refuses nothing.

    Some refuse whoever shows no ID token (Ory Hydra, Spring Authorization Server); then nothing
    is known. Nobody has an ID token here.
    """
    endpoint = client.metadata().end_session_endpoint
    if endpoint is None:
        examination.notes.append(
            "The provider announces no end_session_endpoint: signing out ends the session here"
            " alone."
        )
        return
    ours = _sign_out(client, endpoint, {"post_logout_redirect_uri": post_logout_redirect_uri})
    if not _is_refusal(ours) and not _stays_at_lemonldap(ours):
        other = _sign_out(client, endpoint, {"post_logout_redirect_uri": _NOBODYS})
        if _is_refusal(other) or _stays_at_lemonldap(other):
            examination.good.append(
                "The provider knows the address that people come back to after signing out."
            )
        else:
            examination.notes.append(
                "The provider does not tell here which addresses people may come back to after"
                f" signing out. See in {console(client)} that {post_logout_redirect_uri} is"
                " registered, to the letter."
            )
        return
    if _names_hint(ours) or _is_refusal(_sign_out(client, endpoint, {})):
        examination.notes.append(
            "The provider signs nobody out without an ID token, so that it could not be asked"
            f" whether it knows the address after that. See in {console(client)} that"
            f" {post_logout_redirect_uri} is registered, to the letter."
        )
        return
    examination.found(
        "post_logout_redirect_uri",
        f"The provider refuses a sign-out that comes back to {post_logout_redirect_uri}.",
        f"Register that address for the app in {console(client)} as post-logout redirect URI, to"
        " the letter."
        + (
            ""
            if client.registration.post_logout_redirect_uri
            else " If people come by another host, name it by --site."
        ),
    )


# RFC 6761 6.5: nobody has a host of such a name.
_NOBODYS: Final = "https://nobody.example/"


def _sign_out(
    client: AuthenticationClient, endpoint: str, parameters: Mapping[str, str]
) -> HttpResponse:
    # Without a state, which Ory Hydra refuses where there is no ID token.
    query = encode_form([("client_id", client.registration.app_id), *parameters.items()])
    return _open(client, f"{endpoint}{'&' if '?' in endpoint else '?'}{query}")


def _names_hint(response: HttpResponse) -> bool:
    location = response.headers.get("location", "")
    return b"id_token_hint" in response.body or "id_token_hint" in location


def _stays_at_lemonldap(response: HttpResponse) -> bool:
    """Tell whether LemonLDAP::NG shows its own page: it redirects to each address that it knows."""
    return b"LemonLDAP::NG" in response.body


def _open(client: AuthenticationClient, url: str) -> HttpResponse:
    # Spring Authorization Server answers 401 to whoever asks for no page.
    return client.answer_to(HttpRequest(method="GET", url=url, headers={"Accept": "text/html"}))


def _is_refusal(response: HttpResponse) -> bool:
    return response.status >= 400 or "error" in _refusal(response)


_KEYCLOAKS_PAGE: Final = re.compile(rb'id="kc-error-message"[^<]*<p[^>]*>([^<]{1,1000})<')


def _is_unsigned(response: HttpResponse) -> bool:
    """Tell whether Keycloak refuses a request since it has to be a signed object."""
    page = _KEYCLOAKS_PAGE.search(response.body)
    return page is not None and page[1].strip() == b"Invalid Request"


def _refusal(response: HttpResponse) -> dict[str, Any]:
    """Return the parameters of a redirect, or the members of a JSON answer, or nothing.

    Ory Hydra sends a browser whose request it refuses to a page of its own, with the error in the
    address. Keycloak's page has one sentence.
    """
    if "location" not in response.headers:
        page = _KEYCLOAKS_PAGE.search(response.body)
        if page is None:
            return members_of(response.body)
        return {"error": "", "error_description": unescape(page[1].decode("utf-8", "replace"))}
    try:
        parts = urlsplit(response.headers["location"])
    except ValueError:
        return {}
    return dict(parse_qsl(f"{parts.query}&{parts.fragment}"))
