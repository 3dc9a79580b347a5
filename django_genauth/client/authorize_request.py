"""The authorization request of callers of the client by itself, from their arguments."""

from __future__ import annotations

from collections.abc import Iterable
from secrets import token_urlsafe

from django_genauth.client import arguments
from django_genauth.client.authorization_settings import response_problem
from django_genauth.client.provider import Provider
from django_genauth.client.registration import ClientRegistration, scope_text
from django_genauth.protocol.authorization import AuthorizationRequest, response_type_of


def authorize_request(
    registration: ClientRegistration,
    provider: Provider,
    *,
    scope: str | Iterable[str] | None = None,
    nonce: str | None = None,
    state: str | None = None,
    response_mode: str | None = None,
    response_type: str | None = None,
    redirect_uri: str | None = None,
    code_challenge: str | None = None,
    code_challenge_method: str | None = None,
    tenant_id: str | None = None,
    **extra: str | int | list[str],
) -> AuthorizationRequest:
    """Return the request, without asking anybody. Raises ConfigurationError."""
    arguments.optional_texts(
        nonce=nonce,
        state=state,
        response_type=response_type,
        code_challenge=code_challenge,
        tenant_id=tenant_id,
    )
    further = arguments.further_parameters(extra)
    kind = response_type_of(response_type or registration.response_type)
    mode = response_mode or registration.response_mode
    if problem := response_problem(registration.protocol, kind, mode):
        raise arguments.invalid(*problem)
    if code_challenge is not None:
        code_challenge_method = code_challenge_method or "S256"
        arguments.check_challenge_method("code_challenge_method", code_challenge_method)
    elif code_challenge_method is not None:
        raise arguments.invalid("code_challenge_method", "goes with a code_challenge")
    if registration.profile is not None and (kind, code_challenge_method) != ("code", "S256"):
        # FAPI 2.0, 5.3.3.2 (1) and (3)
        raise arguments.invalid("code_challenge", "is needed, S256, with the response type code")
    return AuthorizationRequest(
        authorization_endpoint=provider.known_metadata().authorization_endpoint,
        client_id=registration.app_id,
        redirect_uri=arguments.redirect_uri(redirect_uri or registration.redirect_uri),
        scope=scope_text(scope, registration.scopes),
        state=state or token_urlsafe(32),
        nonce=(nonce or token_urlsafe(32)) if registration.is_oidc else nonce,
        response_type=kind,
        response_mode=mode,
        code_challenge=code_challenge,
        code_challenge_method=code_challenge_method,
        extra={
            **registration.default_parameters,
            **further,
            **({"tenant_id": tenant_id} if tenant_id else {}),
        },
    )
