"""Refusals of a provider: the next step for the developer, by the endpoint that refused.

The provider's own words are cleaned here. Only commands and the doctor show them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal

from django_genauth.protocol.error_codes import registered

__all__ = ["Endpoint", "next_step", "one_line", "refused"]

Endpoint = Literal[
    "authorization",
    "pushed_authorization",
    "token",
    "userinfo",
    "introspection",
    "revocation",
    "validation",
]

_LONGEST: Final = 200
# A server may repeat the token that it refuses. Words of a sentence are shorter than any token:
# 128 bits of it (RFC 6749 10.10) are 22 characters of base64url.
_LIKE_A_TOKEN: Final = re.compile(r"[^\s\"'(),;]{20,}")
# Such as code_challenge_method, which Keycloak names as missing.
_PARAMETER_NAME: Final = re.compile(r"[a-z]{1,14}(_[a-z]{1,14}){1,4}[.:]?")

_ADDRESS: Final = "Compare the endpoint address, or set it in ENDPOINTS."
_LOG: Final = "Look into its log."
_SCOPE: Final = "Compare SCOPE with what the app may ask for there."
_KIND: Final = "Compare RESPONSE_TYPE with what the app may use there."
_REQUEST_OBJECT: Final = (
    "Compare REQUEST_OBJECT_SIGNING_ALG and CLIENT_KEYS with the app there, and this machine's"
    " clock."
)
_CREDENTIALS: Final = "Compare APP_ID, APP_SECRET and TOKEN_ENDPOINT_AUTH_METHOD there."
_INTROSPECTION: Final = (
    "Compare INTROSPECTION_ENDPOINT_AUTH_METHOD and APP_SECRET there, and let the app ask about"
    " tokens; a public client may not at most providers."
)
_REVOCATION: Final = "Compare REVOCATION_ENDPOINT_AUTH_METHOD and APP_SECRET there."

# By the error's word, then by the status of an answer without one; "" is for all others.
_NEXT_STEPS: Final[Mapping[Endpoint, Mapping[str | int, str]]] = {
    "authorization": {
        "invalid_client": "Compare APP_ID there.",
        "invalid_request": "Look at AUTHORIZE_PARAMS, and at what the app there demands of a"
        " request.",
        "invalid_request_object": _REQUEST_OBJECT,
        "invalid_request_uri": "Begin the login anew: a pushed request is good for one login, and"
        " not for long.",
        "invalid_scope": _SCOPE,
        "invalid_target": "Look at the resource in AUTHORIZE_PARAMS.",
        "unauthorized_client": _KIND,
        "unregistered": _LOG,
        "unsupported_response_type": _KIND,
    },
    "pushed_authorization": {
        "invalid_client": _CREDENTIALS,
        "invalid_request": "Look at AUTHORIZE_PARAMS, at the redirect URI registered there, and at"
        " what the app there demands of a request.",
        "invalid_request_object": _REQUEST_OBJECT,
        "invalid_scope": _SCOPE,
        "invalid_target": "Look at the resource in AUTHORIZE_PARAMS.",
        "unauthorized_client": _KIND,
        "unregistered": _LOG,
        "unsupported_response_type": _KIND,
        400: _LOG,
        401: _CREDENTIALS,
        403: _CREDENTIALS,
        # RFC 9126 2.3.
        413: "The request is too long. Look at SCOPE and AUTHORIZE_PARAMS.",
    },
    "token": {
        "invalid_client": _CREDENTIALS,
        "invalid_grant": "What it was given is used, too old, or another redirect URI's.",
        "invalid_request": "Look at what the app there demands of a token request, and at"
        " TOKEN_ENDPOINT_AUTH_METHOD.",
        "invalid_scope": _SCOPE,
        "invalid_target": "Look at the resource that was asked for.",
        # Keycloak and Glewlwyd say it of a wrong secret, too.
        "unauthorized_client": "Compare APP_SECRET there, and allow the app codes, refresh tokens"
        " or client credentials, whichever it was.",
        "unregistered": _LOG,
        "unsupported_grant_type": "Allow the app there codes, refresh tokens or client credentials,"
        " whichever it was.",
        400: _LOG,
        401: _CREDENTIALS,
        403: _CREDENTIALS,
    },
    "userinfo": {
        "insufficient_scope": "Compare SCOPE with what is needed there.",
        "invalid_token": "The access token has ended, or is of a kind that is not accepted there.",
        "unregistered": _LOG,
        401: "The access token has ended, or is of a kind that userinfo does not accept, as"
        " Keycloak's lightweight ones are.",
        403: "The access token may not read userinfo. Name openid in SCOPE, which Keycloak"
        " demands.",
    },
    "introspection": {
        "access_denied": _INTROSPECTION,
        "insufficient_scope": _INTROSPECTION,
        "invalid_client": _INTROSPECTION,
        "invalid_request": _INTROSPECTION,
        "invalid_token": _INTROSPECTION,
        "unauthorized_client": _INTROSPECTION,
        "unregistered": _LOG,
        "unsupported_token_type": "The provider tells nothing of tokens of this kind.",
        400: _INTROSPECTION,
        401: _INTROSPECTION,
        403: _INTROSPECTION,
    },
    "revocation": {
        "access_denied": _REVOCATION,
        "invalid_client": _REVOCATION,
        "unauthorized_client": _REVOCATION,
        "unregistered": _LOG,
        "unsupported_token_type": "The provider revokes no tokens of this kind.",
        400: _REVOCATION,
        401: _REVOCATION,
        403: _REVOCATION,
    },
    "validation": {},
}


def next_step(endpoint: Endpoint, said: str | int) -> str:
    """Return what to do next, by the error's word or the status of an answer without one."""
    # The address is wrong where nothing better is known of a status.
    return _NEXT_STEPS[endpoint].get(said, _ADDRESS if isinstance(said, int) else "")


def refused(endpoint: Endpoint, error: object, *, status: int | None = None) -> str:
    """Return the sentence of a refusal: what was refused, its error code, what to do next."""
    word = registered(error)
    what = "the authorization request" if "authorization" in endpoint else "the request"
    with_status = "" if status is None else f" with status {status}"
    return (
        f"The provider refused {what}{with_status} ({word}). {next_step(endpoint, word)}".rstrip()
    )


def one_line(text: object) -> str:
    """Return a provider's text as one line of at most 200 characters.

    Without control characters, and without anything that may be a token.
    """
    if not isinstance(text, str):
        return ""
    # As much as the line can be made of; the rest costs time alone.
    plain = "".join(each if each.isprintable() else " " for each in text[: 10 * _LONGEST])
    return " ".join(_LIKE_A_TOKEN.sub(_without_token, plain).split())[:_LONGEST]


def _without_token(found: re.Match[str]) -> str:
    return found[0] if _PARAMETER_NAME.fullmatch(found[0]) else "..."
