"""The ID token by which the provider knows whom to sign out, and when it is left out."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache

from django_genauth import conf, grants
from django_genauth.models import Grant, LoginSession
from tests.support.provider.scripted import ScriptedProvider
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db


def sign_out(visitor):
    """Return what the browser is told to bring to the provider."""
    response = visitor.client.post("/genauth/logout/")
    assert response.status_code == 302
    return parse_qs(urlsplit(response["Location"]).query)


def test_keycloak_is_shown_no_hint_whose_key_it_has_deleted(visitor, provider, app):
    visitor.sign_in()
    provider.rotate_key(keep_old=False)

    query = sign_out(visitor)

    assert "id_token_hint" not in query
    assert query["client_id"] == [app["APP_ID"]]


def test_a_hint_whose_key_was_replaced_under_its_kid_is_left_out(visitor, provider):
    provider.forge("id_token", header_edit=lambda header: {"alg": "RS256"})
    visitor.sign_in()
    provider.rotate_key(keep_old=False)

    assert "id_token_hint" not in sign_out(visitor)


def test_a_key_that_signs_no_more_and_is_still_published_is_good_for_a_hint(visitor, provider):
    visitor.sign_in()
    provider.rotate_key(keep_old=True)

    assert "id_token_hint" in sign_out(visitor)


def test_a_hint_may_have_expired(visitor, provider):
    provider.forge("id_token", claims_edit=lambda claims: claims | {"exp": claims["iat"] - 20})
    visitor.sign_in()

    assert "id_token_hint" in sign_out(visitor)


def test_where_the_keys_cannot_be_had_the_hint_is_sent(visitor, provider):
    visitor.sign_in()
    cache.clear()
    conf._loaded.clear()
    provider.lie("jwks", status=503)

    assert "id_token_hint" in sign_out(visitor)


def test_the_keys_are_fetched_once_for_many_who_sign_out(visitor, provider):
    others = [Visitor(provider) for _ in range(3)]
    signed_in = [each for each in (visitor, *others) if each.sign_in()]
    provider.forget_requests()

    queries = [sign_out(each) for each in signed_in]

    assert all("id_token_hint" in query for query in queries)
    assert provider.asked == ["jwks"]


def test_a_hint_that_the_client_secret_signs_is_sent_and_no_key_is_asked_for(app, db):
    with ScriptedProvider(client_secret=app["APP_SECRET"], alg="HS256") as provider:
        app.update(APP_HOST=provider.base_url, ID_TOKEN_SIGNED_RESPONSE_ALG="HS256")
        visitor = Visitor(provider)
        visitor.sign_in()

        query = sign_out(visitor)

        assert ("id_token_hint" in query, provider.requests_to("jwks")) == (True, [])


@pytest.mark.parametrize("response_type", ["id_token", "code id_token"])
def test_each_response_type_has_a_hint_of_its_own_sign_in(provider, app, db, response_type):
    app.update(RESPONSE_TYPE=response_type, RESPONSE_MODE="form_post")
    visitor = Visitor(provider, HTTPS="on", HTTP_HOST="testserver", SERVER_PORT="443")
    answer = provider.respond(visitor.begin())
    visitor.client.post("/genauth/callback/", dict(answer.pairs))

    (hint,) = sign_out(visitor)["id_token_hint"]

    assert hint in provider.issued_id_tokens


def test_a_grant_that_was_revoked_before_leaves_the_hint(visitor):
    visitor.sign_in()
    Grant.objects.all().delete()

    assert "id_token_hint" in sign_out(visitor)


@pytest.fixture
def refreshable(provider, app):
    """Let the provider give refresh tokens."""
    app["SCOPE"] = "openid offline_access"


@pytest.mark.parametrize("claims", [{"sid": "one"}, {}], ids=["with sid", "without"])
def test_spring_is_shown_the_id_token_of_the_last_refresh(visitor, refreshable, claims):
    visitor.sign_in(claims=claims)
    first = LoginSession.objects.get().id_token.open()
    grants.refresh(Grant.objects.get())

    (hint,) = sign_out(visitor)["id_token_hint"]

    assert hint == Grant.objects.get().token_set["id_token"] != first


@pytest.mark.parametrize("sids", [("one", "two"), ("", "")], ids=["with sid", "without"])
def test_a_sign_in_that_shares_a_grant_shows_its_own_id_token(visitor, provider, refreshable, sids):
    first, second = ({"sid": sid} if sid else {} for sid in sids)
    Visitor(provider).sign_in(claims=first)
    # As Google and others do, which give a refresh token to the first sign-in alone.
    provider.lie("token", edit=lambda answer: answer | {"refresh_token": None})
    visitor.sign_in(claims=second)
    provider.tell_the_truth()
    own = LoginSession.objects.latest("pk").id_token.open()
    grants.refresh(Grant.objects.get())

    (hint,) = sign_out(visitor)["id_token_hint"]

    assert hint == own


def test_an_end_session_endpoint_with_a_query_of_its_own_keeps_it(visitor, app):
    """As Amazon Cognito's /logout and Auth0's /v2/logout need."""
    own = "https://acme.example/logout?client_id=a&logout_uri=https%3A%2F%2Fsite.example%2F"
    app["ENDPOINTS"] = {"end_session_endpoint": own}
    visitor.sign_in()

    location = visitor.client.post("/genauth/logout/")["Location"]

    assert location.startswith(f"{own}&id_token_hint=")
