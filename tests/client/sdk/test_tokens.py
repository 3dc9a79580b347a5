"""getUserInfoByAccessToken, getNewAccessTokenByRefreshToken, getAccessTokenByClientCredentials."""

import pytest

from django_genauth.protocol.errors import ProviderError
from tests.client.sdk.material import online, tokens_from


def test_userinfo_is_asked_with_the_token_in_a_header(either):
    client = online(either)
    tokens = tokens_from(either, client)

    claims = client.get_user_info_by_access_token(tokens.access_token)

    (request,) = either.requests_to("userinfo")
    assert claims["sub"] == "user-1"
    assert request.headers["Authorization"] == f"Bearer {tokens.access_token}"
    assert request.query == {}


@pytest.mark.parametrize("rotation", ["rotate", "keep", "omit"])
def test_a_refresh_token_gives_fresh_tokens(provider, rotation):
    provider.refresh_tokens = rotation
    client = online(provider)
    tokens = tokens_from(provider, client, scope="openid offline_access")

    fresh = client.get_new_access_token_by_refresh_token(tokens.refresh_token)

    request = provider.requests_to("token")[-1]
    assert fresh.access_token != tokens.access_token
    assert (fresh.refresh_token is None) == (rotation == "omit")
    assert [name for name, _ in request.pairs] == [
        "client_id",
        "client_secret",
        "grant_type",
        "refresh_token",
    ]


def test_an_id_token_beside_a_refreshed_token_is_verified(provider):
    client = online(provider)
    tokens = tokens_from(provider, client, scope="openid offline_access")
    provider.forge("id_token", claims_edit=lambda claims: claims | {"aud": "other"})

    with pytest.raises(ProviderError) as caught:
        client.get_new_access_token_by_refresh_token(tokens.refresh_token)

    assert caught.value.code == "id_token.aud"


def test_a_machine_shows_its_own_key(either):
    either.machines["the-key"] = "the-secret"

    tokens = online(either).get_access_token_by_client_credentials(
        "email openid", access_key="the-key", secret_key="the-secret"
    )

    (request,) = either.requests_to("token")
    assert tokens.access_token
    assert request.pairs == [
        ("client_id", "the-key"),
        ("client_secret", "the-secret"),
        ("grant_type", "client_credentials"),
        ("scope", "email openid"),
    ]
