"""Tokens of real providers, verified here."""

import pytest

from django_genauth.protocol.errors import ProviderError
from tests.client.sdk.providers.material import (
    EXPECTED,
    RESOURCE,
    V6,
    V9,
    app_of,
    sign_in,
    tokens_of,
)

pytestmark = pytest.mark.providers


@pytest.mark.parametrize("kind", ["post", "RS256"])
def test_an_id_token_is_verified_here(provider, session, kind):
    app = app_of(provider, kind)
    tokens = tokens_of(provider, app, session)
    before = len(provider.requests)

    claims = app.validate_token(id_token=tokens.id_token)

    assert claims == tokens.claims()
    assert provider.requests[before:] == []


@pytest.mark.parametrize("provider", [V6], indirect=True)
def test_an_access_token_that_is_a_jwt_is_verified_here(provider, session):
    app = app_of(provider, "post")
    tokens = tokens_of(provider, app, session)

    claims = app.validate_token(access_token=tokens.access_token)

    assert (claims["sub"], claims["aud"]) == ("ada", ["post"])


@pytest.mark.parametrize("provider", [V6], indirect=True)
def test_an_access_token_for_another_app_is_refused_here(provider, session):
    tokens = tokens_of(provider, app_of(provider, "post"), session)

    with pytest.raises(ProviderError) as caught:
        app_of(provider, "RS256").validate_token(access_token=tokens.access_token)

    assert caught.value.code == "access_token.aud"


@pytest.mark.parametrize("provider", [V9], indirect=True)
def test_an_access_token_for_a_resource_is_verified_here(provider, session):
    app = app_of(provider, RESOURCE)
    arrival, verifier = sign_in(provider, app, session, resource=RESOURCE)

    tokens = app.authorization_code_grant(
        arrival.url,
        pkce_code_verifier=verifier,
        **EXPECTED,
        token_endpoint_parameters={"resource": RESOURCE},
    )
    claims = app.validate_token(access_token=tokens.access_token)

    assert (claims["sub"], claims["aud"]) == ("ada", RESOURCE)
