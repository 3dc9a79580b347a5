"""The end-session URL, which ends a session at the provider (OIDC RP-Initiated Logout 1.0), and the
logout token, by which the provider ends one here (OIDC Back-Channel Logout 1.0).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from django_genauth.protocol.errors import LogoutTokenError
from django_genauth.protocol.id_token import subject_of
from django_genauth.protocol.jws import KeyFinder, verified_claims
from django_genauth.protocol.messages import encode_form
from django_genauth.protocol.registered_claims import (
    check_audience,
    check_issuer,
    check_lifetime,
    numeric_date,
)

__all__ = ["LogoutToken", "end_session_url", "session_id_of", "verify_logout_token"]

# Servers take a request line of about 8,000 characters.
_LONGEST_HINT: Final = 7_000
# At each of its hosts. It refuses an ID token, and knows who asks by client_id alone.
_LOGIN_GOV: Final = "/openid_connect/logout"
_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_LONGEST_ID: Final = 255
# What Back-Channel Logout 2.4 recommends as the longest lifetime, in seconds.
_LIFETIME_WITHOUT_EXP: Final = 120


def end_session_url(
    end_session_endpoint: str,
    *,
    client_id: str,
    id_token_hint: str | None,
    post_logout_redirect_uri: str,
    state: str | None = None,
    is_hint_enough: bool = False,
) -> str:
    """Build the URL of the end-session endpoint (section 2).

    The client names itself, so that the provider knows whose `post_logout_redirect_uri` it is asked
    to allow, also where the ID token is missing, too long for an address, or not readable there
    any more. With `is_hint_enough` it does so only without an ID token.
    """
    fits = (
        id_token_hint is not None
        and len(id_token_hint) <= _LONGEST_HINT
        and not end_session_endpoint.endswith(_LOGIN_GOV)
    )
    parameters = [("id_token_hint", id_token_hint or "")] if fits else []
    if not (fits and is_hint_enough):
        parameters.append(("client_id", client_id))
    parameters.append(("post_logout_redirect_uri", post_logout_redirect_uri))
    query = encode_form(parameters + ([("state", state)] if state else []))
    separator = "&" if "?" in end_session_endpoint else "?"
    return f"{end_session_endpoint}{separator}{query}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutToken:
    """Hold a verified logout token, which names a session by `sid`, its person by `sub`, or both.

    `jti` names the token itself, which counts once; until `expires_at`, in seconds since the epoch.
    `revoke_offline_access` is Keycloak's: what was granted for offline use ends, too.
    """

    issuer: str
    subject: str | None
    session_id: str | None
    jti: str = field(repr=False)
    expires_at: float
    revoke_offline_access: bool = False


def verify_logout_token(
    token: str,
    *,
    algorithm: str,
    find_key: KeyFinder,
    issuer: str,
    client_id: str,
    now: float,
    leeway: float,
) -> LogoutToken:
    """Verify a logout token by the rules of Back-Channel Logout 2.6, except a replayed jti.

    Ory Hydra and Glewlwyd leave `exp` out, which 2.4 demands: their tokens are good for two minutes
    after `iat`. Raises LogoutTokenError with the broken rule as its reason, and what `find_key`
    raises.
    """
    claims = verified_claims(
        token,
        algorithms=(algorithm,),
        find_key=find_key,
        accepted_types=("logout+jwt", "jwt"),
        error=LogoutTokenError,
    )
    check_issuer(claims, issuer, error=LogoutTokenError)
    check_audience(claims, client_id, error=LogoutTokenError)
    issued = numeric_date(claims, "iat", error=LogoutTokenError)
    claims.setdefault("exp", issued + _LIFETIME_WITHOUT_EXP)
    check_lifetime(claims, now=now, leeway=leeway, error=LogoutTokenError)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(_EVENT), dict):
        raise LogoutTokenError("The token's events name no back-channel logout.", reason="events")
    if "nonce" in claims:
        # So that no ID token passes for one, nor the other way round (2.4).
        raise LogoutTokenError("The token has a nonce, as ID tokens have.", reason="nonce")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not jti:
        raise LogoutTokenError("The token has no jti.", reason="jti")
    session_id = session_id_of(claims.get("sid"))
    if session_id is None and claims.get("sid") is not None:
        raise LogoutTokenError("The sid is not a text of 1 to 255 characters.", reason="sid")
    has_subject = claims.get("sub") is not None
    if session_id is None and not has_subject:
        raise LogoutTokenError("The token names neither sub nor sid.", reason="sub_or_sid")
    return LogoutToken(
        issuer=issuer,
        subject=subject_of(claims, error=LogoutTokenError) if has_subject else None,
        session_id=session_id,
        jti=jti,
        expires_at=numeric_date(claims, "exp", error=LogoutTokenError),
        revoke_offline_access=events.get("revoke_offline_access") is True,
    )


def session_id_of(value: object) -> str | None:
    """Return a sid that can be stored and compared, or None for any other value."""
    if isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and value.isprintable():
        return value
    return None
