"""Signing out at the standard's page."""

from urllib.parse import parse_qsl

import pytest

from tests.client.sdk.providers.material import SIGNED_OUT, app_of, tokens_of

pytestmark = pytest.mark.providers


@pytest.mark.parametrize("kind", ["post", "public"])
def test_signing_out_leads_through_the_provider_and_back(provider, session, kind):
    app = app_of(provider, kind)
    tokens = tokens_of(provider, app, session)
    url = app.build_logout_url(
        expert=True, id_token=tokens.id_token, redirect_uri=SIGNED_OUT, state="the state"
    )

    arrival = provider.sign_out(url, session)

    address, _, query = arrival.url.partition("?")
    assert address == SIGNED_OUT.partition("?")[0]
    assert parse_qsl(query) == [("from", "provider"), ("to", "nowhere"), ("state", "the state")]
    with pytest.raises(RuntimeError, match="asks for the password"):
        provider.pass_through(app.build_authorize_url(), session)
