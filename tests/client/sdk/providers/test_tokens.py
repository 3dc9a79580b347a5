"""What tokens are good for: userinfo, refresh, introspection, revocation; and a machine's."""

import pytest

from django_genauth.protocol.errors import ProviderError
from tests.client.sdk.providers.material import app_of, tokens_of

pytestmark = pytest.mark.providers


@pytest.mark.parametrize("kind", ["post", "public"])
def test_userinfo_tells_of_the_person(provider, session, kind):
    app = app_of(provider, kind)
    tokens = tokens_of(provider, app, session)

    claims = app.get_user_info_by_access_token(tokens.access_token)

    assert (claims["sub"], claims["email"]) == ("ada", "ada@example.org")
    assert provider.requests[-1] == "GET /oidc/me Bearer"


@pytest.mark.parametrize("kind", ["post", "basic", "public", "RS256"])
def test_a_refresh_token_gives_fresh_tokens_and_is_replaced(provider, session, kind):
    app = app_of(provider, kind)
    tokens = tokens_of(provider, app, session, scope="openid offline_access")

    fresh = app.get_new_access_token_by_refresh_token(tokens.refresh_token)

    assert fresh.access_token != tokens.access_token
    assert fresh.refresh_token != tokens.refresh_token
    assert fresh.claims()["sub"] == "ada"


def test_a_refresh_token_that_was_replaced_is_used_up(provider, session):
    app = app_of(provider, "post")
    tokens = tokens_of(provider, app, session, scope="openid offline_access")
    app.get_new_access_token_by_refresh_token(tokens.refresh_token)

    with pytest.raises(ProviderError) as caught:
        app.get_new_access_token_by_refresh_token(tokens.refresh_token)

    assert caught.value.code == "oauth.invalid_grant"


def test_a_refresh_token_that_is_not_replaced_serves_again(provider_without_rotation, session):
    app = app_of(provider_without_rotation, "post")
    tokens = tokens_of(provider_without_rotation, app, session, scope="openid offline_access")
    first = app.get_new_access_token_by_refresh_token(tokens.refresh_token)

    second = app.get_new_access_token_by_refresh_token(tokens.refresh_token)

    assert (first.refresh_token, second.refresh_token) == (tokens.refresh_token,) * 2
    assert second.access_token != first.access_token
    assert second.claims()["sub"] == "ada"


@pytest.mark.parametrize("kind", ["post", "basic", "public"])
def test_a_token_is_active_until_it_is_revoked(provider, session, kind):
    app = app_of(provider, kind)
    tokens = tokens_of(provider, app, session)

    before = app.introspect_token(tokens.access_token)
    revoked = app.revoke_token(tokens.access_token)

    assert (before["active"], before["client_id"], before["sub"]) == (True, kind, "ada")
    assert revoked is True
    assert app.introspect_token(tokens.access_token) == {"active": False}


def test_a_refresh_token_that_was_revoked_gives_nothing(provider, session):
    app = app_of(provider, "post")
    tokens = tokens_of(provider, app, session, scope="openid offline_access")

    app.revoke_token(tokens.refresh_token)

    with pytest.raises(ProviderError) as caught:
        app.get_new_access_token_by_refresh_token(tokens.refresh_token)
    assert caught.value.code == "oauth.invalid_grant"


def test_a_token_that_nobody_knows_is_inactive(provider):
    assert app_of(provider, "post").introspect_token("no-token") == {"active": False}


def test_a_machine_gets_a_token_for_its_key(provider):
    app = app_of(provider, "post")

    tokens = app.get_access_token_by_client_credentials(
        "email openid", access_key="access-key", secret_key="secret-key"
    )

    assert (tokens.token_type, tokens.id_token, tokens.refresh_token) == ("Bearer", None, None)
    assert app.introspect_token(tokens.access_token)["client_id"] == "access-key"


def test_a_machine_with_another_key_gets_none(provider):
    with pytest.raises(ProviderError) as caught:
        app_of(provider, "post").get_access_token_by_client_credentials(
            "email", access_key="access-key", secret_key="another-key"
        )

    assert caught.value.code == "oauth.invalid_client"
