"""A test client is signed in by one call, whatever the site's settings are."""

import time

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import AsyncClient, Client

from django_genauth import conf, grants
from django_genauth.models import Grant, Identity
from django_genauth.protocol.errors import AccountRefused
from django_genauth.signals import login_failed, user_created
from django_genauth.testing import FakeGenAuth, agenauth_login, genauth_login
from tests.testing.conftest import APP

pytestmark = pytest.mark.django_db


@pytest.fixture
def arrivals():
    """Listen to a signal of this app, as a site does."""
    heard = []

    def remember(user, **_):
        heard.append(user)

    user_created.connect(remember)
    yield heard
    user_created.disconnect(remember)


def test_the_client_is_signed_in_as_the_user_who_is_returned(app, client):
    user = genauth_login(client)

    assert client.get("/members/").content.decode() == f"user: {user}"


def test_the_user_is_the_person_of_that_sub(app, client):
    user = genauth_login(client, sub="ada")

    identity = Identity.objects.get(user=user)
    assert (identity.issuer, identity.subject) == ("https://acme.invalid/oidc", "ada")


def test_a_person_who_comes_again_is_the_same_user(app, client):
    assert genauth_login(client, sub="ada") == genauth_login(Client(), sub="ada")


def test_another_person_is_another_user(app, client):
    assert genauth_login(client, sub="ada") != genauth_login(Client(), sub="grace")


def test_claims_reach_the_users_fields(app, client):
    user = genauth_login(client, claims={"given_name": "Ada", "email": "ada@example.org"})

    stored = get_user_model().objects.get(pk=user.pk)
    assert (stored.first_name, stored.email) == ("Ada", "ada@example.org")


def test_claims_reach_the_groups(app, client):
    app |= {"GROUPS_CLAIM": "roles", "STAFF_GROUPS": ["editors"]}

    user = genauth_login(client, claims={"roles": ["editors"]})

    assert user.is_staff
    assert list(user.groups.all()) == [Group.objects.get(name="editors")]


def test_signals_are_sent(app, client, arrivals):
    user = genauth_login(client)

    assert arrivals == [user]


def test_the_grant_is_kept(app, client):
    user = genauth_login(client)

    kept = Grant.objects.get(identity__user=user)
    assert grants.get_access_token(user) == kept.token_set["access_token"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="as they are"),
        pytest.param({"ID_TOKEN_SIGNED_RESPONSE_ALG": "HS512", "APP_SECRET": "s" * 64}, id="HS512"),
        pytest.param({"ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256"}, id="RS256"),
        pytest.param({"ID_TOKEN_SIGNED_RESPONSE_ALG": "PS384"}, id="PS384"),
        pytest.param({"ID_TOKEN_SIGNED_RESPONSE_ALG": "ES256"}, id="ES256"),
        pytest.param({"ID_TOKEN_SIGNED_RESPONSE_ALG": "ES384"}, id="ES384"),
        pytest.param({"ID_TOKEN_SIGNED_RESPONSE_ALG": "ES512"}, id="ES512"),
        pytest.param({"ID_TOKEN_SIGNED_RESPONSE_ALG": "EdDSA"}, id="EdDSA"),
        pytest.param({"APP_SECRET": None}, id="a public client"),
        pytest.param({"PROTOCOL": "oauth"}, id="OAuth 2.0"),
        pytest.param({"PROTOCOL": "oauth", "APP_SECRET": None}, id="a public client, OAuth 2.0"),
        pytest.param({"PROTOCOL": "oauth", "DISCOVERY": True}, id="OAuth 2.0, discovered"),
        pytest.param({"TOKEN_ENDPOINT_AUTH_METHOD": "client_secret_basic"}, id="basic"),
        pytest.param({"TOKEN_ENDPOINT_AUTH_METHOD": "none"}, id="the secret is not shown"),
        pytest.param({"RESPONSE_MODE": "form_post"}, id="form_post"),
        pytest.param({"RESPONSE_MODE": "fragment"}, id="fragment"),
        pytest.param({"RESPONSE_TYPE": "code id_token"}, id="hybrid"),
        pytest.param({"RESPONSE_TYPE": "id_token"}, id="an ID token alone"),
        pytest.param(
            {
                "RESPONSE_TYPE": "code id_token token",
                "ALLOW_ACCESS_TOKEN_IN_FRONT_CHANNEL_INSECURE": True,
            },
            id="everything at once",
        ),
        pytest.param({"USERINFO": True}, id="userinfo"),
        pytest.param({"DISCOVERY": False}, id="no discovery"),
        pytest.param({"ISSUER": "https://login.invalid/realms/acme"}, id="another issuer"),
        pytest.param(
            {"ENDPOINTS": {"token_endpoint": "https://elsewhere.invalid/t?tenant=acme"}},
            id="an endpoint set by hand",
        ),
        pytest.param({"AUTHORIZE_PARAMS": {"max_age": 300}}, id="max_age"),
        pytest.param({"AUTHORIZE_PARAMS": {"acr_values": "gold silver"}}, id="acr_values"),
        pytest.param({"REDIRECT_URI": "https://www.example/genauth/callback/"}, id="REDIRECT_URI"),
        pytest.param({"APP_HOST": "http://acme.invalid", "ALLOW_INSECURE_HTTP": True}, id="http"),
        pytest.param({"CA_BUNDLE": __file__}, id="a private authority"),
        pytest.param({"APP_SECRET": lambda: "of-the-vault" * 4}, id="a secret from a vault"),
        pytest.param({"LOGIN_TTL": 5, "LEEWAY": 0, "TIMEOUT": 0.1}, id="little time"),
    ],
)
def test_the_fake_fits_the_settings(app, client, change):
    app |= change

    user = genauth_login(client, claims={"given_name": "Ada"})

    assert (user.first_name, client.get("/members/").status_code) == ("Ada", 200)


def test_a_site_that_insists_on_https_gets_it(app, client, settings):
    settings.MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", *settings.MIDDLEWARE]
    settings.SECURE_SSL_REDIRECT = True

    user = genauth_login(client)

    assert client.get("/members/", secure=True).content.decode() == f"user: {user}"


def test_a_client_that_enforces_csrf_tokens_is_signed_in(app):
    client = Client(enforce_csrf_checks=True)
    app["RESPONSE_MODE"] = "form_post"

    assert genauth_login(client).pk


def test_a_person_comes_through_another_app(app, client, settings):
    settings.GENAUTH["partners"] = APP | {"APP_HOST": "https://partners.invalid"}

    user = genauth_login(client, app="partners")

    assert Identity.objects.get(user=user).issuer == "https://partners.invalid/oidc"


def test_an_app_that_is_not_there_is_named(app, client):
    with pytest.raises(LookupError, match="GENAUTH has no app 'partners'"):
        genauth_login(client, app="partners")


def test_who_is_not_let_in_fails_the_test_with_the_reason(app, client):
    app["CREATE_USERS"] = False

    with pytest.raises(AssertionError, match=r"'ada' ended .* account\.unknown: The person has no"):
        genauth_login(client, sub="ada")


def test_who_is_not_let_in_is_not_taken_for_whoever_was_signed_in_before(app, client):
    genauth_login(client, sub="ada")
    app["CREATE_USERS"] = False

    with pytest.raises(AssertionError, match=r"account\.unknown"):
        genauth_login(client, sub="grace")


def test_a_login_that_cannot_begin_fails_the_test_with_the_reason(app, client):
    with FakeGenAuth() as genauth:
        genauth.goes_down()

        with pytest.raises(AssertionError, match=r"provider_unavailable\.connection"):
            genauth_login(client)


def closed(get_response):
    """Be a middleware that shows one page for all, as during maintenance."""
    return lambda request: HttpResponse("closed", status=503)


def moved(get_response):
    """Be a middleware that sends everybody to another site."""
    return lambda request: HttpResponseRedirect("https://new.example/")


def test_a_site_that_answers_by_itself_fails_the_test_with_the_status(app, client, settings):
    settings.MIDDLEWARE = [f"{__name__}.closed"]

    with pytest.raises(AssertionError, match="the site answered 503"):
        genauth_login(client)


def test_a_site_that_redirects_elsewhere_fails_the_test_with_the_status(app, client, settings):
    settings.MIDDLEWARE = [f"{__name__}.moved"]

    with pytest.raises(AssertionError, match="the site answered 302"):
        genauth_login(client)


def busy(get_response):
    """Be a middleware behind which somebody else is refused at the same time."""

    def answer(request):
        error = AccountRefused("Somebody else has no account.", reason="unknown")
        login_failed.send(sender=type(error), request=HttpRequest(), error=error)
        return HttpResponse("busy", status=503)

    return answer


def test_the_refusal_of_somebody_else_is_not_taken_for_the_reason(app, client, settings):
    settings.MIDDLEWARE = [f"{__name__}.busy"]

    with pytest.raises(AssertionError, match="the site answered 503"):
        genauth_login(client)


def test_a_fake_that_stands_in_already_is_used(fake, client):
    genauth_login(client)

    assert FakeGenAuth.active is fake


def test_no_fake_is_left_behind(app, client):
    before = conf.get_client()

    genauth_login(client)

    assert (FakeGenAuth.active, conf.get_client() is before) == (None, True)


def test_an_asynchronous_client_is_signed_in_from_a_synchronous_test(app):
    client = AsyncClient()

    user = genauth_login(client)

    assert async_to_sync(client.get)("/members/").content.decode() == f"user: {user}"


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_a_client_is_signed_in_from_an_asynchronous_test(app, kind, mode):
    app["RESPONSE_MODE"] = mode
    client = kind()

    user = async_to_sync(agenauth_login)(client, sub="ada", claims={"given_name": "Ada"})

    assert (user.first_name, client.session["_auth_user_id"]) == ("Ada", str(user.pk))


def test_a_refused_asynchronous_client_fails_the_test_with_the_reason(app):
    app["CREATE_USERS"] = False

    with pytest.raises(AssertionError, match=r"account\.unknown"):
        async_to_sync(agenauth_login)(AsyncClient())


def test_a_login_takes_a_few_milliseconds_of_work(app, client):
    app["ID_TOKEN_SIGNED_RESPONSE_ALG"] = "RS256"
    genauth_login(client)

    # Of this process's own time, as the machine may be busy with other work.
    began = time.process_time()
    genauth_login(client)

    assert time.process_time() - began < 0.1
