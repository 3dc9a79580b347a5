"""Token requests and the token set that answers them (RFC 6749 4.1.3-4, 5; RFC 7636 4.5).

An ID token in the answer is carried along as text; reading it is the business of `id_token`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django_genauth.protocol.client_auth import ClientCredentials, authenticated_request
from django_genauth.protocol.errors import ConfigurationError, TokenResponseError
from django_genauth.protocol.genauth import read_answer
from django_genauth.protocol.messages import HttpRequest, HttpResponse, is_token_text

__all__ = [
    "TokenSet",
    "client_credentials_request",
    "code_request",
    "parse_token_set",
    "refresh_request",
]

_MEMBERS: Final = frozenset(
    {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
)
_MADE_HERE: Final = frozenset(
    {"client_id", "client_secret", "grant_type", "code", "redirect_uri", "code_verifier"}
)
_TEN_YEARS: Final = 315_360_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    """Hold what a token endpoint answered; tokens never show in its repr.

    `expires_in` is in seconds and `expires_at` in seconds since the epoch; both are None where
    the provider named no lifetime. `id_token_payload` is there once the ID token was verified,
    `code` and `state` where the set is the answer to an authorization response. `extra` holds the
    members of the answer that are not listed here.
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
        if name in _MADE_HERE or not isinstance(value, str):
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
    """Build the request of a machine that acts for itself (RFC 6749 4.4.2)."""
    parameters = [("grant_type", "client_credentials"), ("scope", scope)]
    return authenticated_request(token_endpoint, credentials, parameters)


def parse_token_set(response: HttpResponse, *, now: float, id_token_required: bool) -> TokenSet:
    """Read a token response (RFC 6749 5.1, OIDC Core 3.1.3.3); `now` is in epoch seconds.

    Raises TokenResponseError, OAuthError where the provider refused, ProviderUnavailable where it
    could not answer.
    """
    answer = read_answer(response, error=TokenResponseError)
    token_type = answer.get("token_type")
    if not isinstance(token_type, str) or token_type.lower() != "bearer":
        # RFC 6749 7.1: a client must not use a token whose type it does not understand.
        raise TokenResponseError("The token_type is missing or not Bearer.", reason="token_type")
    access_token = _token(answer, "access_token")
    if access_token is None:
        raise TokenResponseError("There is no access token.", reason="access_token")
    id_token = _token(answer, "id_token")
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
        scope=scope if isinstance(scope, str) else None,
        refresh_token=_token(answer, "refresh_token"),
        id_token=id_token,
        extra={name: value for name, value in answer.items() if name not in _MEMBERS},
    )


def _token(answer: Mapping[str, Any], name: str) -> str | None:
    token: str | None = answer.get(name)
    if token is not None and not is_token_text(token):
        raise TokenResponseError(f"The {name} is not a token's text.", reason=name)
    return token


def _seconds(value: object) -> int | None:
    # RFC 6749 5.1 says a number; text of digits and floats are seen, and without one the app
    # finds out by being refused.
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 11:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value <= _TEN_YEARS else None
