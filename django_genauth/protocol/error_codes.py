"""The error codes of the specifications, and what to do about each.

The classes of this package's own errors stand in `errors`.
"""

from __future__ import annotations

from typing import Final

__all__ = ["refused", "registered"]

# RFC 6749 4.1.2.1 and 5.2, RFC 6750 3.1, RFC 7009 2.2.1, OIDC Core 3.1.2.6, RFC 8707 2; and
# token_inactive, which Ory Hydra says of a dead refresh token. A code outside this list is text of
# the provider's own and goes no further than here.
_REGISTERED: Final = frozenset(
    {
        "access_denied",
        "account_selection_required",
        "consent_required",
        "insufficient_scope",
        "interaction_required",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_request_object",
        "invalid_request_uri",
        "invalid_scope",
        "invalid_target",
        "invalid_token",
        "login_required",
        "registration_not_supported",
        "request_not_supported",
        "request_uri_not_supported",
        "server_error",
        "temporarily_unavailable",
        "token_inactive",
        "unauthorized_client",
        "unsupported_grant_type",
        "unsupported_response_type",
        "unsupported_token_type",
    }
)


def registered(error: object) -> str:
    """Return the provider's error code where a specification knows it, else `unregistered`."""
    return error if isinstance(error, str) and error in _REGISTERED else "unregistered"


# For those words behind which, as a rule, a setting does not fit.
_NEXT_STEPS: Final = {
    "insufficient_scope": "Compare SCOPE with what is needed there.",
    "invalid_client": "Compare APP_ID, APP_SECRET and TOKEN_ENDPOINT_AUTH_METHOD there.",
    "invalid_grant": "What it was given is used, too old, or another redirect URI's.",
    "invalid_request": "Look at AUTHORIZE_PARAMS and ENDPOINTS.",
    "invalid_scope": "Compare SCOPE with what the app may ask for there.",
    "invalid_target": "Look at the resource in AUTHORIZE_PARAMS.",
    "invalid_token": "The access token has ended, or is of a kind that is not accepted there.",
    "unauthorized_client": "Compare RESPONSE_TYPE with what the app may use there.",
    "unregistered": "Look into its log.",
    "unsupported_grant_type": "Allow the app there codes, refresh tokens or client credentials,"
    " whichever it was.",
    "unsupported_response_type": "Compare RESPONSE_TYPE with what the app may use there.",
}


def refused(what: str, error: object) -> str:
    """Return the sentence of a refusal: what was refused, its error code, what to do next."""
    word = registered(error)
    return f"The provider refused {what} ({word}). {_NEXT_STEPS.get(word, '')}".rstrip()
