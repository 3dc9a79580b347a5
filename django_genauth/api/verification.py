"""The order in which a token is checked: itself, its key, its person, a recent sign-in, scopes.

Each check's rule stands elsewhere: those of tokens in `protocol`, whose user it is in `people`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser

from django_genauth.api import people
from django_genauth.api.bearer import Bearer
from django_genauth.api.exchange import exchanged
from django_genauth.api.possession import ShownToken, check_possession
from django_genauth.backends import GenAuthBackend
from django_genauth.conf import App
from django_genauth.protocol.access_token import client_of, scopes_of, subject_or_none
from django_genauth.protocol.bearer import Requirements
from django_genauth.protocol.errors import (
    AccessTokenError,
    AccountRefused,
    BearerError,
    ConfigurationError,
    ProviderError,
    ProviderUnavailable,
)
from django_genauth.protocol.introspection import check_introspected
from django_genauth.protocol.logout import session_id_of
from django_genauth.protocol.messages import is_token_text
from django_genauth.protocol.userinfo import identify
from django_genauth.sessions import ended
from django_genauth.tracebacks import without_variables

_RETRY_AFTER: Final = 30


@without_variables
def verify(shown: ShownToken, app: App, needed: Requirements) -> Bearer:
    """Verify an access token that was shown, and return its bearer.

    Raises BearerError for a token that is not good here, ProviderUnavailable where the provider
    cannot be asked or its answer not be used, ConfigurationError where the site accepts no tokens.
    """
    if not app.api.audience:
        raise ConfigurationError(
            f"GENAUTH[{app.alias!r}] has no API_AUDIENCE, without which no token is accepted. Set"
            " it to what access tokens for this site name as aud.",
            reason="api_audience",
        )
    claims, issued_at = _claims(shown.text, app)
    check_possession(shown, claims, app)
    bearer = _bearer(shown.text, claims, issued_at, app)
    # What is wrong with the token or its person comes first (401), what it does not allow after
    # that (403). A user is made last, as who may not do anything here needs none.
    _check_authentication(claims, app, needed)
    require_scopes(bearer, needed)
    if bearer.user is not None or app.api.users != "create":
        return bearer
    if bearer.is_machine or bearer.subject is None:
        # Nobody to make an account for, or nothing to find it by the next time.
        return bearer
    return replace(bearer, user=_made_user(claims, app))


def require_scopes(bearer: Bearer, needed: Requirements) -> None:
    """Raise BearerError for a bearer whose token lacks one of the scopes (RFC 6750 3.1)."""
    missing = frozenset(needed.scopes) - bearer.scopes
    if missing:
        raise BearerError(
            f"The token does not have the scopes {', '.join(sorted(missing))}.",
            reason="scope",
            status=403,
            error="insufficient_scope",
            scopes=needed.scopes,
        )


def _claims(token: str, app: App) -> tuple[dict[str, Any], float]:
    """Return what is known of a token, and when it was issued.

    Raises BearerError for one that is not good.
    """
    if not is_token_text(token):
        # Not sent to anybody: no access token is so long, or has such characters (RFC 6750 2.1).
        raise BearerError("The token is no text that a token can be.", reason="text")
    refused: AccessTokenError | None = None
    try:
        if app.api.tokens == "introspection":
            return _introspected(token, app)
        claims = app.client.verify_bearer_token(
            token, audience=app.api.audience, algorithm=app.api.token_signed_response_alg
        )
        return claims, claims["iat"]
    except AccessTokenError as error:
        refused = error
    except ProviderUnavailable:
        raise
    except ProviderError as error:
        if error.code == "jwks.ambiguous":
            refused = AccessTokenError(str(error), reason="ambiguous")
        else:
            raise ProviderUnavailable(
                f"The provider's answer cannot be used ({error.code}): {error}",
                reason="unusable",
                retry_after=_RETRY_AFTER,
            ) from error
    raise BearerError(str(refused), reason=refused.code.partition(".")[2]) from refused


def _introspected(token: str, app: App) -> tuple[dict[str, Any], float]:
    """Return what the provider says of a token, and check it anew: it may have been kept."""
    client, ttl = app.client, app.api.introspection_ttl
    issuer = client.registration.issuer
    introspected = client.introspections.introspect_bearer(token, ttl=ttl)
    subject = introspected.state.get("sub")
    if isinstance(subject, str) and ended.are_answers_marked(
        issuer, subject=subject, asked_at=introspected.asked_at
    ):
        client.introspections.forget(token)
        introspected = client.introspections.introspect_bearer(token, ttl=ttl)
    check_introspected(
        introspected.state,
        issuer=issuer,
        audience=app.api.audience,
        now=client.clock(),
        leeway=client.registration.leeway,
    )
    # Where nobody says when the token was issued, it was before the provider was asked.
    issued_at = introspected.state.get("iat")
    return introspected.state, introspected.asked_at if issued_at is None else issued_at


def _bearer(token: str, claims: dict[str, Any], issued_at: float, app: App) -> Bearer:
    """Return who came with a token, with their user if they are known."""
    try:
        subject = subject_or_none(claims)
    except AccessTokenError as error:
        raise BearerError(str(error), reason="sub") from error
    issuer = app.client.registration.issuer
    if subject is not None:
        _check_signed_in(issuer, subject, session_id_of(claims.get("sid")), issued_at)
    backend = people.backend_for(app)
    is_machine = backend.is_machine(claims)
    user = None
    if app.api.users != "none" and subject is not None and not is_machine:
        user = people.find_user(issuer, subject)
    _check_person(backend, claims, user)
    return Bearer(
        claims=MappingProxyType(claims),
        subject=subject,
        client_id=client_of(claims),
        scopes=scopes_of(claims),
        expires_at=claims.get("exp"),
        is_machine=is_machine,
        user=user,
        # Not a partial, whose repr would show the token.
        _exchange=lambda resource, scope: exchanged(token, app, resource, scope),
    )


def _check_signed_in(issuer: str, subject: str, sid: str | None, issued_at: float) -> None:
    """Refuse a token of a person who was signed out from afar after it was issued.

    The token itself cannot know, and the provider may have said so before that moment.
    """
    if ended.is_token_marked(issuer, subject=subject, sid=sid, issued_at=issued_at):
        raise BearerError(
            "The person was signed out, or their account closed, after the token was issued.",
            reason="ended",
        )


def _check_person(
    backend: GenAuthBackend, claims: dict[str, Any], user: AbstractBaseUser | None
) -> None:
    if not backend.verify_claims(claims):
        raise BearerError("verify_claims() refused the person.", reason="claims")
    if user is not None and not backend.user_can_authenticate(user):  # type: ignore[arg-type] # as in GenAuthBackend
        raise BearerError("The user is inactive.", reason="inactive_user")


def _check_authentication(claims: Mapping[str, Any], app: App, needed: Requirements) -> None:
    """Check how and when the person signed in at the provider (RFC 9470 4)."""
    is_level_good = not needed.acr_values or claims.get("acr") in needed.acr_values
    if is_level_good and needed.max_age is None:
        return
    if is_level_good and _is_recent(claims.get("auth_time"), app, needed.max_age or 0):
        return
    raise BearerError(
        "The person did not sign in at the provider as is needed here, or too long ago, or the"
        " token does not say (acr, auth_time).",
        reason="authentication",
        error="insufficient_user_authentication",
        acr_values=needed.acr_values,
        max_age=needed.max_age,
    )


def _is_recent(auth_time: object, app: App, max_age: int) -> bool:
    if isinstance(auth_time, bool) or not isinstance(auth_time, int | float):
        return False
    now, leeway = app.client.clock(), app.client.registration.leeway
    # Compared and not subtracted: an integer may be too large for that.
    return now - max_age - leeway <= auth_time <= now + leeway


def _made_user(claims: dict[str, Any], app: App) -> AbstractBaseUser:
    issuer = app.client.registration.issuer
    refused: AccountRefused
    try:
        return people.backend_for(app).admit(identify(claims, issuer=issuer), app)
    except AccountRefused as error:
        refused = error
    raise BearerError(str(refused), reason=refused.code.partition(".")[2]) from refused
