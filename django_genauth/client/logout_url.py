"""The address that signs a person out at the provider: GenAuth's own page, or the standard's."""

from __future__ import annotations

from django_genauth.client import arguments
from django_genauth.client.provider import Provider
from django_genauth.client.registration import ClientRegistration
from django_genauth.protocol import genauth
from django_genauth.protocol.logout import end_session_url


def logout_url(
    registration: ClientRegistration,
    provider: Provider,
    *,
    redirect_uri: str | None,
    expert: bool,
    id_token: str | None,
    state: str | None,
) -> str:
    """Return the address, without asking anybody. `expert` is the standard's."""
    arguments.optional_texts(state=state)
    if not expert:
        back = None if redirect_uri is None else arguments.redirect_uri(redirect_uri)
        return genauth.hosted_logout_url(registration.app_host, redirect_uri=back)
    if not registration.is_oidc or not id_token or not redirect_uri:
        raise arguments.invalid("expert", "is for oidc, and needs id_token and redirect_uri")
    return end_session_url(
        provider.known_metadata().end_session_endpoint or "",
        client_id=registration.app_id,
        id_token_hint=arguments.token_text("id_token", id_token),
        post_logout_redirect_uri=arguments.redirect_uri(redirect_uri),
        state=state,
        # As GenAuth's own libraries do.
        is_hint_enough=True,
    )
