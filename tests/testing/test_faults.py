"""What a test can have go wrong at the fake, and what the site makes of it."""

import time

import pytest

from django_genauth import conf, grants
from django_genauth.models import Grant
from django_genauth.protocol.errors import GrantError, IDTokenError, OAuthError
from django_genauth.testing import genauth_login
from tests.testing.conftest import OFFLINE

pytestmark = pytest.mark.django_db

RS256 = {"ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256"}


@pytest.mark.parametrize("mode", ["query", "form_post", "fragment"])
def test_a_person_declines(fake, app, client, mode):
    app["RESPONSE_MODE"] = mode
    fake.person_declines()

    response = fake.sign_in(client)

    assert response.status_code == 403
    assert "You did not sign in" in response.content.decode()


def test_a_browser_brings_the_answer_of_a_person_who_declined(fake, client):
    fake.person_declines()
    begun = client.get("/genauth/login/")

    assert "?error=access_denied&state=" in fake.authorize(begun["Location"])


@pytest.mark.parametrize(
    ("protocol", "page"),
    [
        pytest.param("oidc", "/genauth/login/", id="while the login begins"),
        pytest.param("oauth", "/genauth/callback/", id="after the person signed in"),
    ],
)
def test_a_provider_that_is_down(fake, app, client, refusals, protocol, page):
    app["PROTOCOL"] = protocol
    fake.goes_down()

    response = fake.sign_in(client)

    assert (response.status_code, response.wsgi_request.path) == (503, page)
    assert refusals.codes == ["provider_unavailable.connection"]


def test_a_provider_that_goes_down_when_its_configuration_is_known(fake, client):
    genauth_login(client)
    fake.goes_down()

    response = fake.sign_in(client)

    assert (response.status_code, response.wsgi_request.path) == (503, "/genauth/callback/")


def test_a_provider_that_hangs_makes_nobody_wait(fake, client, refusals):
    fake.hangs()

    began = time.monotonic()
    response = fake.sign_in(client)

    assert time.monotonic() - began < 1
    assert (response.status_code, refusals.codes) == (503, ["provider_unavailable.timeout"])


def test_an_id_token_that_has_expired(fake, client, refusals):
    fake.issues_expired_id_tokens()

    response = fake.sign_in(client)

    assert (response.status_code, refusals.codes) == (502, ["id_token.exp"])


def test_an_id_token_of_another_login(fake, client, refusals):
    fake.issues_id_tokens_of_another_login()

    response = fake.sign_in(client)

    assert (response.status_code, refusals.codes) == (502, ["id_token.nonce"])


def test_an_id_token_in_the_browser_is_as_wrong(fake, app, client, refusals):
    app["RESPONSE_TYPE"] = "id_token"
    fake.issues_expired_id_tokens()

    fake.sign_in(client)

    assert refusals.codes == ["id_token.exp"]


def test_access_tokens_are_good_while_id_tokens_are_not(fake, app):
    app |= RS256
    fake.issues_expired_id_tokens()

    token = conf.get_client().client_credentials("reports").access_token

    assert conf.get_client().validate_token(access_token=token)["scope"] == "reports"


@pytest.mark.parametrize("alg", ["HS256", "RS256", "ES256"])
def test_keys_that_are_rotated_between_two_logins(fake, app, client, alg):
    app["ID_TOKEN_SIGNED_RESPONSE_ALG"] = alg
    genauth_login(client)
    fake.rotates_keys()

    assert genauth_login(client).pk


def test_a_token_under_a_key_of_before_holds_no_longer_where_the_new_ones_are_known(
    fake, app, client
):
    app |= RS256
    genauth_login(client)
    old = Grant.objects.get().token_set["id_token"]
    fake.rotates_keys()
    genauth_login(client)

    with pytest.raises(IDTokenError, match="no key"):
        conf.get_client().verify_id_token(old, just_issued=False)


def test_a_grant_that_the_provider_has_ended(fake, app, client):
    app |= OFFLINE
    fake.issues_access_tokens_that_run_out()
    user = genauth_login(client)
    fake.ends_all_grants()

    with pytest.raises(GrantError, match="invalid_grant"):
        grants.get_access_token(user)


def test_the_tokens_of_a_grant_that_the_provider_has_ended(fake, client):
    user = genauth_login(client)
    token = grants.get_access_token(user)
    conf.get_client().client_credentials("of-a-machine")
    fake.ends_all_grants()

    assert conf.get_client().introspect_token(token) == {"active": False}
    with pytest.raises(OAuthError, match="status 401"):
        conf.get_client().userinfo_claims(token)


def test_a_person_who_signs_in_again_has_a_new_grant(fake, client):
    genauth_login(client)
    fake.ends_all_grants()

    user = genauth_login(client)

    assert conf.get_client().introspect_token(grants.get_access_token(user))["active"]


@pytest.mark.parametrize(
    "goes_wrong",
    [
        "person_declines",
        "goes_down",
        "hangs",
        "issues_expired_id_tokens",
        "issues_id_tokens_of_another_login",
        "issues_access_tokens_that_run_out",
        "rotates_keys",
        "ends_all_grants",
    ],
)
def test_it_recovers(fake, client, goes_wrong):
    genauth_login(client)
    getattr(fake, goes_wrong)()
    fake.recovers()

    user = genauth_login(client)

    assert conf.get_client().introspect_token(grants.get_access_token(user))["active"]
