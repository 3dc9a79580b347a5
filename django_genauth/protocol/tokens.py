"""Token requests and the token set that answers them (RFC 6749 4.1.3-4, 5; RFC 7636 4.5).

An ID token in the answer stays text here; `id_token` verifies it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from django_genauth.protocol.client_auth import ClientCredentials, authenticated_request
from django_genauth.protocol.errors import (
    ConfigurationError,
    GenAuthError,
    OAuthError,
    TokenResponseError,
)
from django_genauth.protocol.genauth import read_answer
from django_genauth.protocol.messages import (
    HttpRequest,
    HttpResponse,
    is_token_text,
    is_vschar_text,
)

__all__ = [
    "TokenSet",
    "client_credentials_request",
    "code_request",
    "effect_on_grant",
    "parse_token_set",
    "refresh_request",
]

_MEMBERS: Final = frozenset(
    {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
)
_OWN_PARAMETERS: Final = frozenset(
    {"client_id", "client_secret", "grant_type", "code", "redirect_uri", "code_verifier"}
)
_TEN_YEARS: Final = 315_360_000
_SECONDS: Final = re.compile(r"[0-9]{1,10}(\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    """Hold the answer of a token endpoint; its repr shows no token.

    `expires_in` is in seconds and `expires_at` in seconds since the epoch; both are None where
    the provider named no lifetime. `id_token_payload` is there once the ID token was verified,
    `code` and `state` where the set is the answer to an authorization response. `dpop_key` is the
    private key that the tokens are bound to, as DpopKey has it; None for bearer tokens. `extra`
    holds the members of the answer that are not listed here.
    """

    access_token: str = field(repr=False)
    token_type: str
    expires_in: int | None = None
    expires_at: float | None = None
    scope: str | None = None
    refresh_token: str | None = field(default=None, repr=False)
    id_token: str | None = field(default=None, repr=False)
    id_token_payload: Mapping[str, Any] | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)
    state: str | None = field(default=None, repr=False)
    dpop_key: str | None = field(default=None, repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def claims(self) -> Mapping[str, Any] | None:
        """Return the claims of the ID token once it is verified, or None without one."""
        return self.id_token_payload


def code_request(
    token_endpoint: str,
    credentials: ClientCredentials,
    code: str,
    *,
    redirect_uri: str,
    code_verifier: str | None,
    extra: Mapping[str, str] | None = None,
) -> HttpRequest:
    """Build the request that exchanges an authorization code for tokens (RFC 6749 4.1.3).

    `extra` are further parameters, such as `resource` (RFC 8707 2.2).
    """
    parameters = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
    ]
    if code_verifier is not None:
        parameters.append(("code_verifier", code_verifier))
    for name, value in (extra or {}).items():
        if name in _OWN_PARAMETERS or not isinstance(value, str):
            # RFC 6749 3.2: a parameter stands once, and these stand already.
            raise ConfigurationError(
                f"{name!r} cannot be among the further parameters of a token request.",
                reason="token_endpoint_parameters",
            )
        parameters.append((name, value))
    return authenticated_request(token_endpoint, credentials, parameters)


def refresh_request(
    token_endpoint: str, credentials: ClientCredentials, refresh_token: str
) -> HttpRequest:
    """Build the request that exchanges a refresh token for fresh ones (RFC 6749 6)."""
    parameters = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)]
    return authenticated_request(token_endpoint, credentials, parameters)


def client_credentials_request(
    token_endpoint: str, credentials: ClientCredentials, scope: str
) -> HttpRequest:
    """Build the request of a client that acts for itself, without a person (RFC 6749 4.4.2)."""
    parameters = [("grant_type", "client_credentials")]
    if scope:
        # Keycloak answers `scope=` with invalid_scope; without one the provider's default holds.
        parameters.append(("scope", scope))
    return authenticated_request(token_endpoint, credentials, parameters)


def parse_token_set(
    response: HttpResponse, *, now: float, id_token_required: bool, dpop_key: str | None = None
) -> TokenSet:
    """Parse a token response (RFC 6749 5.1, OIDC Core 3.1.3.3); `now` is in epoch seconds.

    With a `dpop_key`, to which the request asked the tokens to be bound, they have to be so.
    Lenient in what protects nobody: any status of a success, and members that are null or empty
    as if they were missing. Raises TokenResponseError, OAuthError where the provider refused,
    ProviderUnavailable where it could not answer.
    """
    answer = read_answer(
        response, endpoint="token", error=TokenResponseError, statuses=_ANY_SUCCESS
    )
    token_type = answer.get("token_type")
    wanted = "Bearer" if dpop_key is None else "DPoP"
    if not isinstance(token_type, str) or token_type.lower() != wanted.lower():
        # RFC 6749 7.1: a client must not use a token whose type it does not understand. RFC 9449 5:
        # nor one that anybody can use, where it asked for one that is bound to its key.
        raise TokenResponseError(_OTHER_TYPE[wanted], reason="token_type")
    access_token = _token_member(answer, "access_token", is_token_text)
    if access_token is None:
        raise TokenResponseError("There is no access token.", reason="access_token")
    id_token = _token_member(answer, "id_token", is_token_text)
    if id_token is None and id_token_required:
        raise TokenResponseError(
            "There is no ID token, though the scope names openid. If the app at the provider is"
            " one for OAuth 2.0, set PROTOCOL.",
            reason="id_token",
        )
    expires_in = _seconds(answer.get("expires_in"))
    scope = answer.get("scope")
    return TokenSet(
        access_token=access_token,
        token_type=token_type,
        expires_in=expires_in,
        expires_at=None if expires_in is None else now + expires_in,
        scope=scope if isinstance(scope, str) and scope else None,
        refresh_token=_token_member(answer, "refresh_token", is_vschar_text),
        id_token=id_token,
        dpop_key=dpop_key,
        extra={name: value for name, value in answer.items() if name not in _MEMBERS},
    )


_OTHER_TYPE: Final = {
    "Bearer": "The token_type is missing or not Bearer. Where the provider binds the app's tokens"
    " to a key (DPoP), set DPOP to True.",
    "DPoP": "The token_type is not DPoP, so the tokens are not bound to the app's key. Switch DPoP"
    " on for the app in the provider's console, or set DPOP to False.",
}
# RFC 6749 5.1 says 200; Supabase and Harvest answer 201.
_ANY_SUCCESS: Final = range(200, 300)


def effect_on_grant(error: GenAuthError) -> Literal["ends", "keeps", "unclear"]:
    """Tell whether an error of a refresh ends the grant.

    `unclear` is an answer that some providers give for a dead refresh token and others for other
    reasons. The caller counts how often it comes in a row.
    """
    if isinstance(error, OAuthError):
        if error.error in _ENDING_ERRORS:
            return "ends"
        is_outage = error.status is not None and (error.status == 429 or error.status >= 500)
        return "keeps" if is_outage or error.error in _KEEPING_ERRORS else "unclear"
    return "unclear" if error.code in _UNCLEAR_CODES else "keeps"


# RFC 6749 5.2, OIDC Core 3.1.2.6, RFC 6750 3.1; token_inactive is Ory Hydra's word.
_ENDING_ERRORS: Final = frozenset(
    {
        "consent_required",
        "interaction_required",
        "invalid_grant",
        "invalid_token",
        "login_required",
        "token_inactive",
    }
)
# They speak of the client or of the server, and end when somebody has repaired it.
_KEEPING_ERRORS: Final = frozenset(
    {
        "invalid_client",
        "invalid_dpop_proof",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "use_dpop_nonce",
    }
)
# A refusal without a word: Glewlwyd answers a dead refresh token with an empty 400. Not 401, which
# is about the client (RFC 6749 5.2; zitadel/oidc says so in plain text). Not 404 and the like,
# which are about the address.
_UNCLEAR_CODES: Final = frozenset({"token_response.status_400", "token_response.status_403"})


def _token_member(
    answer: Mapping[str, Any], name: str, is_text: Callable[[object], bool]
) -> str | None:
    token: str | None = answer.get(name)
    if token is None or token == "":
        # Casdoor writes empty texts for what it does not give.
        return None
    if not is_text(token):
        raise TokenResponseError(f"The {name} is not a token's text.", reason=name)
    return token


def _seconds(value: object) -> int | None:
    # RFC 6749 5.1 says a number; text and floats are seen, and without one the app finds out by
    # being refused.
    if isinstance(value, str) and _SECONDS.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value <= _TEN_YEARS else None
