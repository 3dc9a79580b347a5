"""The methods of GenAuth's library at the stand-in, for both protocols, over its real pages.

Those that are about a token by itself are in `test_standin_tokens`.
"""

from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from django.test import RequestFactory

from django_genauth.protocol.errors import AccessDenied, OAuthError
from tests.client.sdk.conftest import BACK, CALLBACK, client_of

pytestmark = pytest.mark.standin


def code_in(arrival):
    return dict(parse_qsl(urlsplit(arrival.url).query))["code"]


def test_a_code_becomes_tokens(client, tokens):
    assert tokens.token_type.lower() == "bearer"
    assert (tokens.claims() is not None) == client.registration.is_oidc


def test_a_code_is_exchanged_without_a_code_verifier(client, come_back):
    arrival = come_back(code_challenge=None)

    assert client.get_access_token_by_code(code_in(arrival)).access_token


def test_a_code_is_exchanged_with_its_code_verifier(client, come_back, verifier):
    arrival = come_back()

    assert client.exchange_authorization_code_with_pkce(
        code=code_in(arrival), redirect_uri=CALLBACK, code_verifier=verifier
    ).access_token


@pytest.mark.filterwarnings("ignore:A plain code challenge")
def test_a_code_is_exchanged_with_the_verifier_of_a_plain_challenge(client, come_back, verifier):
    arrival = come_back(code_challenge=verifier, code_challenge_method="plain")

    assert client.get_access_token_by_code(code_in(arrival), code_verifier=verifier).access_token


def test_another_code_verifier_is_refused(client, come_back):
    arrival = come_back()

    with pytest.raises(OAuthError) as caught:
        client.get_access_token_by_code(code_in(arrival), code_verifier="v" * 43)

    assert caught.value.error == "invalid_grant"


def test_a_code_is_good_once(client, tokens, verifier):
    with pytest.raises(OAuthError) as caught:
        client.get_access_token_by_code(tokens.code, code_verifier=verifier)

    assert caught.value.error == "invalid_grant"


def test_the_answer_may_be_posted(come_back, grant):
    arrival = come_back(response_mode="form_post")

    assert grant(RequestFactory().post(arrival.url, dict(arrival.form))).access_token


def test_the_answer_may_stand_behind_the_hash(come_back, grant):
    arrival = come_back(response_mode="fragment")

    assert urlsplit(arrival.url).query == ""
    assert grant(arrival.url).access_token


def test_a_posted_no_is_a_no(come_back, grant):
    arrival = come_back(response_mode="form_post", allow=False)

    with pytest.raises(AccessDenied):
        grant(RequestFactory().post(arrival.url, dict(arrival.form)))


def test_a_no_behind_the_hash_is_a_no(come_back, grant):
    arrival = come_back(response_mode="fragment", allow=False)

    with pytest.raises(AccessDenied):
        grant(arrival.url)


def test_userinfo_names_the_person(client, tokens):
    assert client.get_user_info_by_access_token(tokens.access_token)["sub"]


def test_a_refresh_token_gives_a_fresh_access_token(client, tokens):
    fresh = client.get_new_access_token_by_refresh_token(tokens.refresh_token)

    assert fresh.access_token != tokens.access_token


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_a_token_is_active_until_it_is_revoked(client, tokens, kind):
    token = getattr(tokens, kind)
    before = client.introspect_token(token)

    revoked = client.revoke_token(token)

    assert (before["active"], revoked) == (True, True)
    assert client.introspect_token(token) == {"active": False}


def test_a_revocation_that_fails_is_an_error(standin, client, tokens):
    stranger = client_of(standin, protocol=client.registration.protocol, app_id="stranger")

    with pytest.raises(OAuthError) as caught:
        stranger.revoke_token(tokens.access_token)

    assert caught.value.error == "invalid_client"
    assert client.introspect_token(tokens.access_token)["active"] is True


@pytest.mark.parametrize("client", ["oidc"], indirect=True)
def test_the_standards_page_leads_back(client, tokens):
    url = client.build_logout_url(
        expert=True, id_token=tokens.id_token, redirect_uri=BACK, state="s"
    )

    answer = requests.get(url, allow_redirects=False, timeout=10)

    assert dict(parse_qsl(urlsplit(answer.headers["Location"]).query)) == {"state": "s"}


def test_genauths_own_page_leads_back(client):
    url = client.build_logout_url(redirect_uri=BACK)

    answer = requests.get(url, allow_redirects=False, timeout=10)

    assert answer.headers["Location"] == BACK


def test_genauths_own_page_is_there(client):
    answer = requests.get(client.build_logout_url(), allow_redirects=False, timeout=10)

    assert answer.status_code < 400
