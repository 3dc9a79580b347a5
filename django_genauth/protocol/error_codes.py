"""The error codes of the specifications.

What to do about each stands in `refusals`, the classes of this package's own errors in `errors`.
"""

from __future__ import annotations

from typing import Final

__all__ = ["registered"]

# RFC 6749 4.1.2.1 and 5.2, RFC 6750 3.1, RFC 7009 2.2.1, OIDC Core 3.1.2.6, RFC 8707 2, RFC
# 9449 12.2; and token_inactive, which Ory Hydra says of a dead refresh token. A code outside this
# list is text of the provider's own and goes no further than here.
_REGISTERED: Final = frozenset(
    {
        "access_denied",
        "account_selection_required",
        "consent_required",
        "insufficient_scope",
        "interaction_required",
        "invalid_client",
        "invalid_dpop_proof",
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
        "use_dpop_nonce",
    }
)


def registered(error: object) -> str:
    """Return the provider's error code where a specification knows it, else `unregistered`."""
    return error if isinstance(error, str) and error in _REGISTERED else "unregistered"
