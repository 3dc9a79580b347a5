"""The methods of GenAuth's library at the stand-in, for both protocols, over its real pages."""

from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from django_genauth.client import AuthenticationClient
from django_genauth.protocol.errors import OAuthError
from tests.provider.standin import StandIn

pytestmark = pytest.mark.standin

CALLBACK = "http://127.0.0.1/genauth/callback/"
BACK = "http://127.0.0.1/genauth/logout/"


@pytest.fixture(scope="module")
def standin():
    """Run the stand-in once for all of these tests."""
    with StandIn([CALLBACK], post_logout_redirect_uris=[BACK]) as running:
        yield running


@pytest.fixture(params=["oidc", "oauth"])
def client(request, standin):
    """Make a client of either protocol."""
    settings = {
        "app_id": standin.client_id,
        "secret": standin.client_secret,
        "app_host": standin.base_url,
        "redirect_uri": CALLBACK,
        "allow_insecure_http": True,
    }
    return AuthenticationClient(**settings, protocol=request.param)


@pytest.fixture
def tokens(client, standin):
    """Sign a person in with all that can be granted."""
    scopes = {"oidc": "openid profile email offline_access", "oauth": "user"}
    verifier = client.generate_code_challenge()
    url = client.build_authorize_url(
        scope=scopes[client.protocol],
        state="the-state",
        nonce="the-nonce" if client.is_oidc else None,
        code_challenge=client.get_code_challenge_digest(code_challenge=verifier),
    )
    with requests.Session() as session:
        arrival = standin.sign_in(url, session, login="ada")
    return client.authorization_code_grant(
        arrival.url,
        pkce_code_verifier=verifier,
        expected_state="the-state",
        expected_nonce="the-nonce" if client.is_oidc else None,
    )


def test_a_code_becomes_tokens(client, tokens):
    assert tokens.token_type.lower() == "bearer"
    assert (tokens.claims() is not None) == client.is_oidc


def test_userinfo_names_the_person(client, tokens):
    assert client.get_user_info_by_access_token(tokens.access_token)["sub"]


def test_a_refresh_token_gives_a_fresh_access_token(client, tokens):
    fresh = client.get_new_access_token_by_refresh_token(tokens.refresh_token)

    assert fresh.access_token != tokens.access_token


def test_a_token_is_active_until_it_is_revoked(client, tokens):
    before = client.introspect_token(tokens.access_token)

    revoked = client.revoke_token(tokens.access_token)

    assert (before["active"], revoked) == (True, True)
    assert client.introspect_token(tokens.access_token) == {"active": False}


@pytest.mark.parametrize("client", ["oidc"], indirect=True)
def test_the_id_token_is_verified_here(client, tokens):
    assert client.validate_token(id_token=tokens.id_token)["nonce"] == "the-nonce"


@pytest.mark.parametrize("client", ["oidc"], indirect=True)
def test_the_access_token_is_verified_here(client, tokens):
    assert client.validate_token(access_token=tokens.access_token)["aud"] == client.app_id


def test_a_code_is_good_once(client, tokens):
    with pytest.raises(OAuthError) as caught:
        client.get_access_token_by_code(tokens.code, code_verifier="v" * 43)

    assert caught.value.error == "invalid_grant"


@pytest.mark.parametrize("client", ["oidc"], indirect=True)
def test_the_standards_page_leads_back(client, tokens):
    url = client.build_logout_url(
        expert=True, id_token=tokens.id_token, redirect_uri=BACK, state="s"
    )

    answer = requests.get(url, allow_redirects=False, timeout=10)

    assert dict(parse_qsl(urlsplit(answer.headers["Location"]).query)) == {"state": "s"}


def test_genauths_own_page_is_there(client):
    answer = requests.get(client.build_logout_url(), allow_redirects=False, timeout=10)

    assert answer.status_code < 400
