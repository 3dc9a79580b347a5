"""Access tokens: those that are JWTs verified without asking the provider (RFC 9068 4, RFC 7519),
and what the claims of any of them say of its bearer.

What a token allows is decided by the API that it is for, not here. How it is shown to an API, and
what that answers, stands in `bearer`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from django_genauth.protocol.errors import AccessTokenError
from django_genauth.protocol.id_token import subject_of
from django_genauth.protocol.jws import KeyFinder, verified_token
from django_genauth.protocol.registered_claims import (
    audiences,
    check_issuer,
    check_lifetime,
    is_access_token,
)

__all__ = [
    "check_audience",
    "check_kind",
    "check_unbound",
    "client_of",
    "is_machine",
    "scopes_of",
    "subject_or_none",
    "verify_access_token",
]

# Claims by which providers say of what kind a token is: Keycloak's typ, Amazon Cognito's and Ory
# Hydra's token_use, Casdoor's tokenType; and token_type, which introspection answers have, too.
_KINDS: Final = ("typ", "token_use", "token_type", "tokenType")
_ACCESS_KINDS: Final = frozenset(
    {"bearer", "access", "access_token", "access-token", "at+jwt", "jwt"}
)
# The claims that name the client, in the order of their weight: RFC 9068 2.2, OIDC Core 2,
# Microsoft Entra 1.0, Okta.
_CLIENTS: Final = ("client_id", "azp", "appid", "cid")


def verify_access_token(
    token: str,
    *,
    algorithms: Collection[str],
    find_key: KeyFinder,
    issuer: str,
    client_id: str,
    now: float,
    leeway: float,
    audience: str | Collection[str] | None = None,
    may_be_bound: bool = False,
    setting: str = "ID_TOKEN_SIGNED_RESPONSE_ALG",
) -> dict[str, Any]:
    """Verify signature, issuer, audience and lifetime, and return the claims.

    `audience` is what `aud` has to name, or one of several; None is the client id. A machine's
    token has no sub, so none is asked for. A token that `may_be_bound` to a key is accepted where
    the caller checks the proof (`confirmation`). `setting` is what decides the algorithms. Raises
    AccessTokenError.
    """
    token_type, claims = verified_token(
        token,
        algorithms=algorithms,
        find_key=find_key,
        accepted_types=("jwt", "at+jwt"),
        error=AccessTokenError,
        setting=setting,
    )
    check_issuer(claims, issuer, error=AccessTokenError)
    # RFC 9068 2.1: a type of its own, so that no other token passes for one. Without it, the claims
    # decide.
    if token_type != "at+jwt" and not is_access_token(claims):  # noqa: S105 # a type
        raise AccessTokenError(
            "The token has no scope or client_id, or a claim of ID tokens.", reason="id_token"
        )
    check_kind(claims)
    check_audience(claims, client_id if audience is None else audience)
    if not may_be_bound:
        check_unbound(claims)
    check_lifetime(claims, now=now, leeway=leeway, error=AccessTokenError)
    return claims


def check_kind(claims: Mapping[str, Any]) -> None:
    """Refuse an ID, refresh or logout token that says itself what it is (RFC 8725 3.12)."""
    if "events" in claims:
        raise AccessTokenError("The token is a logout token or an event.", reason="kind")
    for name in _KINDS:
        said = claims.get(name)
        if said is None:
            continue
        kind = said.lower() if isinstance(said, str) else ""
        # Keycloak's typ, and the token_type of RFC 9449 6.2. Bound to nothing, it is none of those.
        is_bound = kind == "dpop" and "cnf" in claims
        if kind not in _ACCESS_KINDS and not is_bound:
            raise AccessTokenError(
                f"The token's {name} says that it is no access token, or it is bound to no key.",
                reason="kind",
            )


def check_audience(claims: Mapping[str, Any], audience: str | Collection[str]) -> None:
    """Refuse a token that is for another resource, whatever else it says (RFC 9068 4)."""
    accepted = [audience] if isinstance(audience, str) else list(audience)
    if not any(each in accepted for each in audiences(claims)):
        raise AccessTokenError(
            f"The access token's aud does not name {' or '.join(accepted)}. Add it at the provider:"
            " at Keycloak by an Audience mapper (without one aud is `account`), at Ory Hydra by"
            " `audience` in AUTHORIZE_PARAMS (without it aud is empty). Or name as audience what"
            " the provider writes there (Glewlwyd: the scopes).",
            reason="aud",
        )


def check_unbound(claims: Mapping[str, Any]) -> None:
    """Refuse a token whose bearer has to prove a key, too (RFC 7800 3.1, RFC 8705 3, RFC 9449 6).

    The proof is not checked here, and without it the token may be stolen.
    """
    if "cnf" in claims:
        raise AccessTokenError(
            "The access token is bound to a key (cnf), and no proof of it is checked here. Views of"
            " an API check it.",
            reason="cnf",
        )


def subject_or_none(claims: Mapping[str, Any]) -> str | None:
    """Return the sub, or None for a token that has none. Raises AccessTokenError for a bad one."""
    return None if claims.get("sub") is None else subject_of(claims, error=AccessTokenError)


def client_of(claims: Mapping[str, Any]) -> str | None:
    """Return the client that a token was issued to, or None where no claim names it."""
    named = (claims.get(name) for name in _CLIENTS)
    return next((each for each in named if isinstance(each, str) and each), None)


def scopes_of(claims: Mapping[str, Any]) -> frozenset[str]:
    """Return the scopes of a token: a text, a list, or the `scp` of Entra and Okta.

    For an application at Entra they are its `roles`; a person's roles are no scopes.
    """
    said = claims.get("scope")
    if said is None:
        said = claims.get("scp")
    if said is None and claims.get("idtyp") == "app":
        said = claims.get("roles")
    if isinstance(said, str):
        # RFC 6749 3.3: between scopes stands a space, and nothing else.
        return frozenset(filter(None, said.split(" ")))
    if isinstance(said, list):
        return frozenset(each for each in said if isinstance(each, str) and each)
    return frozenset()


def is_machine(claims: Mapping[str, Any]) -> bool:
    """Tell whether a token was issued to a client for itself, and not for a person.

    RFC 9068 2.2: its sub is the client then. GenAuth leaves it out; Keycloak has a service account,
    Auth0 a sub that ends in `@clients`, Microsoft Entra an `idtyp`.
    """
    subject, client = claims.get("sub"), client_of(claims)
    if claims.get("idtyp") == "app":
        return True
    if subject is None:
        # A person has a name or a session: django-oauth-toolkit's introspection has `username`
        # alone (RFC 7662 2.2), Keycloak's lightweight tokens have `sid`.
        return claims.get("username") is None and claims.get("sid") is None
    if client is None or subject == client:
        return client is not None
    is_service_account = claims.get("preferred_username") == f"service-account-{client.lower()}"
    is_auth0_client = subject == f"{client}@clients" or claims.get("gty") == "client-credentials"
    return is_service_account or is_auth0_client
