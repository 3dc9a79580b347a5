"""Signing in with PROTOCOL oauth: opaque tokens, no ID token, identity from userinfo."""

from urllib.parse import parse_qs, urlsplit

import pytest

from django_genauth.models import Grant, Identity
from tests.support.provider.scripted import CLIENT_ID, CLIENT_SECRET, ScriptedProvider
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider():
    with ScriptedProvider(
        client_id=CLIENT_ID, client_secret=CLIENT_SECRET, protocol="oauth"
    ) as running:
        yield running


@pytest.fixture
def app(app):
    app["PROTOCOL"] = "oauth"
    del app["ID_TOKEN_SIGNED_RESPONSE_ALG"]
    return app


def test_a_person_signs_in(visitor, provider):
    response = visitor.sign_in(sub="somebody", next_url="/members/")

    identity = Identity.objects.get()
    assert response["Location"] == "/members/"
    assert (identity.issuer, identity.subject) == (f"{provider.base_url}/oidc", "somebody")


def test_the_request_asks_for_a_user_without_a_nonce_and_with_pkce(visitor, provider):
    url = visitor.begin()

    asked = parse_qs(urlsplit(url).query)
    assert url.startswith(f"{provider.base_url}/oauth/auth?")
    assert (asked["scope"], asked["code_challenge_method"]) == (["user"], ["S256"])
    assert "nonce" not in asked


def test_the_opaque_tokens_are_kept(visitor):
    visitor.sign_in()

    kept = Grant.objects.get().token_set
    assert kept["access_token"]
    assert kept["id_token"] is None


def test_a_login_is_two_requests_and_the_token_stands_in_a_header(visitor, provider):
    visitor.sign_in()

    assert [request.path for request in provider.requests] == ["/oauth/token", "/oauth/me"]
    assert provider.requests[1].query == {}


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        pytest.param(lambda a: {"name": "x"}, "userinfo.sub", id="no sub"),
        pytest.param(lambda a: a | {"sub": ""}, "userinfo.sub", id="an empty sub"),
        pytest.param(lambda a: a | {"sub": 7}, "userinfo.sub", id="a number for a sub"),
        pytest.param(lambda a: {"code": 400, "message": "no"}, "oauth.unregistered", id="an error"),
    ],
)
def test_an_answer_that_names_nobody_signs_nobody_in(visitor, provider, refusals, edit, code):
    provider.lie("userinfo", edit=edit)

    response = visitor.sign_in()

    assert (response.status_code, refusals.codes) == (502, [code])
    assert not visitor.is_signed_in


def test_the_same_person_by_oidc_is_the_same_user(visitor, provider, app, settings):
    visitor.sign_in(sub="somebody")
    with ScriptedProvider(client_id=CLIENT_ID, client_secret=CLIENT_SECRET) as oidc:
        both = {
            **app,
            "PROTOCOL": "oidc",
            "ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256",
            "APP_HOST": oidc.base_url,
        }
        Identity.objects.update(issuer=oidc.issuer)
        settings.GENAUTH = {"default": both}

        Visitor(oidc).sign_in(sub="somebody")

    assert Identity.objects.count() == 1


def test_signing_out_names_the_client(visitor):
    visitor.sign_in()

    response = visitor.client.post("/genauth/logout/")

    assert f"client_id={CLIENT_ID}" in response["Location"]
