"""The address that ends the person's session at the provider (OIDC RP-Initiated Logout 1.0)."""

from __future__ import annotations

from typing import Final

from django_genauth.protocol.messages import encode_form

__all__ = ["end_session_url"]

# Servers take a request line of about 8,000 characters.
_LONGEST_HINT: Final = 7_000


def end_session_url(
    end_session_endpoint: str,
    *,
    client_id: str,
    id_token_hint: str | None,
    post_logout_redirect_uri: str,
    state: str | None = None,
) -> str:
    """Build the address of the end-session page (section 2).

    Without an ID token, or with one too long for an address, the client names itself, so that the
    provider knows whose `post_logout_redirect_uri` it is asked to allow.
    """
    fits = id_token_hint is not None and len(id_token_hint) <= _LONGEST_HINT
    identification = ("id_token_hint", id_token_hint or "") if fits else ("client_id", client_id)
    parameters = [identification, ("post_logout_redirect_uri", post_logout_redirect_uri)]
    query = encode_form(parameters + ([("state", state)] if state else []))
    separator = "&" if "?" in end_session_endpoint else "?"
    return f"{end_session_endpoint}{separator}{query}"
