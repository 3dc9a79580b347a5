"""The fake answers for the provider of every app, and nothing of it is left behind."""

import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client

from django_genauth import conf, grants
from django_genauth.conf import get_app
from django_genauth.grants import refreshing
from django_genauth.models import Grant
from django_genauth.protocol.errors import ConfigurationError, OAuthError
from django_genauth.testing import FakeGenAuth, genauth_login
from django_genauth.testing.fake import _said_of
from tests.testing.conftest import APP, OFFLINE

pytestmark = pytest.mark.django_db


def test_without_the_fake_the_network_is_asked(app, client):
    with pytest.raises(AssertionError, match="The network was asked for acme"):
        client.get("/genauth/login/")


def test_a_login_gives_the_sites_last_answer(fake, client):
    response = fake.sign_in(client, next_url="/members/?page=2")

    assert (response.status_code, response["Location"]) == (302, "/members/?page=2")


def test_tokens_are_bound_to_a_key_where_the_app_wants_that(fake, app, client):
    app |= {"DPOP": True, "USERINFO": True}

    fake.sign_in(client, sub="ada")

    assert Grant.objects.get().token_set["token_type"] == "DPoP"


def test_the_browser_is_sent_back_to_where_it_came_from(fake, client):
    begun = client.get("/genauth/login/")

    back = fake.authorize(begun["Location"], sub="ada")

    assert back.startswith("http://testserver/genauth/callback/?code=")
    assert client.get(back).status_code == 302


def test_the_browser_is_sent_back_to_the_app_that_it_came_from(fake, client, settings):
    settings.GENAUTH["partners"] = APP | {"APP_ID": "another-app-of-this-host"}
    begun = client.get("/genauth/partners/login/")

    assert "/genauth/partners/callback/" in fake.authorize(begun["Location"])


def test_an_answer_that_is_posted_has_no_address(fake, app, client):
    app["RESPONSE_MODE"] = "form_post"
    begun = client.get("/genauth/login/")

    with pytest.raises(ValueError, match="posted"):
        fake.authorize(begun["Location"])


def test_nobody_signs_in_at_a_foreign_address(fake):
    with pytest.raises(LookupError, match="No app"):
        fake.authorize("https://acme.invalid/oidc/auth?client_id=a-stranger")


def test_the_token_of_a_user_can_be_used_at_the_provider(fake, client):
    user = genauth_login(client, sub="ada", claims={"given_name": "Ada"})

    claims = conf.get_client().userinfo_claims(grants.get_access_token(user))

    assert (claims["sub"], claims["given_name"]) == ("ada", "Ada")


def test_a_token_is_active_until_it_is_revoked(fake, client):
    user = genauth_login(client)
    token = grants.get_access_token(user)

    before = conf.get_client().introspect_token(token)
    conf.get_client().revoke_token(token)
    after = conf.get_client().introspect_token(token)

    assert (before["active"], after["active"]) == (True, False)


def test_a_token_that_runs_out_is_refreshed(fake, app, client):
    app |= OFFLINE
    fake.issues_access_tokens_that_run_out()
    user = genauth_login(client)
    fake.recovers()

    fresh = grants.get_access_token(user)

    assert conf.get_client().introspect_token(fresh)["active"]
    assert Grant.objects.get().token_set["access_token"] == fresh


def test_a_machine_gets_a_token(fake, app):
    app["TOKEN_ENDPOINT_AUTH_METHOD"] = "client_secret_basic"
    fake.machines["the-access-key"] = "the-secret-key"

    tokens = conf.get_client().get_access_token_by_client_credentials(
        "reports", access_key="the-access-key", secret_key="the-secret-key"
    )

    assert conf.get_client().introspect_token(tokens.access_token)["scope"] == "reports"


def test_the_app_itself_gets_a_token(fake):
    tokens = conf.get_client().client_credentials("reports")

    assert tokens.scope == "reports"


def test_an_unknown_machine_gets_none(fake):
    with pytest.raises(OAuthError, match="status 401"):
        conf.get_client().get_access_token_by_client_credentials(
            "reports", access_key="of-a-stranger", secret_key="the-secret-key"
        )


def test_an_interface_that_the_fake_does_not_have_is_named_without_the_token(fake):
    with pytest.raises(AssertionError, match=r"has nothing at https://acme\.invalid/api/\S+\.$"):
        conf.get_client().validate_token(access_token="a-token", online=True)


@pytest.mark.parametrize("where", ["standard", "genauth", "local"])
def test_signing_out_ends_on_the_page_that_says_so(fake, app, client, where):
    app["LOGOUT"] = where
    genauth_login(client)

    response = fake.sign_out(client)

    assert "You are signed out" in response.content.decode()
    assert client.get("/members/").status_code == 302


def test_signing_out_through_another_app_ends_on_its_page(fake, client, settings):
    settings.GENAUTH["partners"] = APP | {"APP_HOST": "https://partners.invalid"}
    genauth_login(client, app="partners")

    response = fake.sign_out(client, app="partners")

    assert "/genauth/partners/login/" in response.content.decode()


def test_signing_out_that_the_site_refuses_ends_there(fake):
    response = fake.sign_out(Client(enforce_csrf_checks=True))

    assert response.status_code == 403


def test_the_session_of_an_earlier_fake_cannot_be_ended_at_this_one(app, client):
    genauth_login(client)

    with FakeGenAuth() as later, pytest.raises(AssertionError, match="id_token_hint"):
        later.sign_out(client)


def test_a_logout_token_holds(fake, app):
    app |= {"ID_TOKEN_SIGNED_RESPONSE_ALG": "ES256", "LEEWAY": 0}

    verified = conf.get_client().verify_logout_token(
        fake.logout_token(sub="ada", sid="the-session")
    )

    assert (verified.subject, verified.session_id) == ("ada", "the-session")


def test_a_logout_token_ends_the_sessions_of_the_person(fake, client):
    genauth_login(client, sub="ada")

    Client().post(
        "/genauth/backchannel-logout/",
        urlencode({"logout_token": fake.logout_token(sub="ada")}),
        content_type="application/x-www-form-urlencoded",
    )

    assert client.get("/members/").status_code == 302


def test_many_threads_speak_to_one_provider(fake):
    instant = threading.Barrier(8, timeout=5)

    def ask(number):
        instant.wait()
        return conf.get_client().client_credentials(f"reports:{number}").access_token

    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(ask, range(8)))

    assert [conf.get_client().introspect_token(token)["active"] for token in tokens] == [True] * 8


def test_what_was_granted_under_other_settings_still_holds(fake, app, client):
    app |= OFFLINE
    genauth_login(client)
    app["ID_TOKEN_SIGNED_RESPONSE_ALG"] = "RS256"

    refreshed = refreshing.refresh(Grant.objects.get(), get_app())

    assert conf.get_client().introspect_token(refreshed.token_set["access_token"])["active"]


def test_clients_of_before_are_not_spoken_to_during_the_test_and_come_back_after_it(app):
    before = conf.get_client()

    with FakeGenAuth():
        during = conf.get_client()

    assert during is not before
    assert conf.get_client() is before


def test_a_client_that_outlives_the_fake_speaks_to_nobody(app):
    with FakeGenAuth():
        kept = conf.get_client()

    with pytest.raises(RuntimeError, match="used after it"):
        kept.metadata()


def test_a_client_that_outlives_the_fake_does_not_speak_to_the_next_one(app):
    with FakeGenAuth():
        kept = conf.get_client()

    with FakeGenAuth(), pytest.raises(RuntimeError, match="used after it"):
        kept.metadata()


def test_what_the_fake_publishes_is_not_kept_for_the_network(app, client):
    app["ID_TOKEN_SIGNED_RESPONSE_ALG"] = "RS256"
    genauth_login(client)

    with pytest.raises(AssertionError, match="The network was asked"):
        conf.get_client().metadata()


def test_what_the_network_published_is_not_known_to_the_fake(app):
    key = conf.get_client().provider._cache_key("configuration")
    cache.set(key, (b"not JSON", conf.get_client().clock()), 60)

    with FakeGenAuth():
        assert conf.get_client().metadata().issuer == "https://acme.invalid/oidc"


def test_a_test_that_fails_leaves_no_fake_behind(app):
    before = conf.get_client()

    with pytest.raises(ZeroDivisionError), FakeGenAuth():
        raise ZeroDivisionError

    assert (FakeGenAuth.active, conf.get_client() is before) == (None, True)


def test_there_is_one_fake_at_a_time(fake):
    with pytest.raises(RuntimeError, match="one at a time"), FakeGenAuth():
        pass

    assert FakeGenAuth.active is fake


@pytest.mark.parametrize("key", ["SEND", "SURROUNDINGS", "TESTING", "CLOCK", "SHARED_CACHE"])
def test_no_setting_leads_past_the_network(app, key):
    app[key] = "django_genauth.testing"

    with pytest.raises(ConfigurationError, match="is unknown"):
        conf.get_client()


def test_the_sign_in_page_is_asked_for_what_the_settings_say(fake, app, client):
    app |= OFFLINE

    asked = parse_qs(urlsplit(client.get("/genauth/login/")["Location"]).query)

    assert (asked["scope"], asked["prompt"]) == (["openid offline_access"], ["consent"])


@pytest.mark.parametrize(
    ("claims", "email"),
    [
        pytest.param(None, "ada-x@example.org", id="made"),
        pytest.param({"email": "ada@acme.example"}, "ada@acme.example", id="given"),
    ],
)
def test_people_of_a_site_that_names_its_users_by_address_have_one(monkeypatch, claims, email):
    monkeypatch.setattr(get_user_model(), "USERNAME_FIELD", "email")

    assert _said_of("ada@x", claims)["email"] == email
