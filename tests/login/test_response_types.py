"""Ways in which the answer comes back: posted, behind a `#`, with an ID token, without a code."""

import time
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.contrib.auth import get_user_model

from django_genauth.models import Grant
from tests.support.provider.keys import signing_key
from tests.support.provider.scripted import CLIENT_ID, CLIENT_SECRET, ScriptedProvider
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db

HYBRID = {"RESPONSE_TYPE": "code id_token", "RESPONSE_MODE": "form_post"}


@pytest.fixture
def visitor(provider, app, db):
    """Come over https, without which no browser sends a cookie with another site's POST."""
    return Visitor(provider, HTTPS="on", HTTP_HOST="testserver", SERVER_PORT="443")


def answer(visitor, url=None, **overrides):
    """Let the provider answer, and post the answer to the site as the browser would."""
    response = visitor.provider.respond(url or visitor.begin(), **overrides)
    return visitor.client.post(
        urlsplit(response.redirect_uri).path,
        urlencode(response.pairs),
        content_type="application/x-www-form-urlencoded",
    )


def flow_cookie(visitor):
    return next(each for name, each in visitor.client.cookies.items() if "genauth" in name)


def test_a_posted_code_signs_in(visitor, app):
    app["RESPONSE_MODE"] = "form_post"

    answer(visitor)

    assert visitor.is_signed_in


def test_the_cookie_of_a_login_whose_answer_is_posted_travels_with_another_sites_post(visitor, app):
    app["RESPONSE_MODE"] = "form_post"

    visitor.begin()

    assert (flow_cookie(visitor)["samesite"], flow_cookie(visitor)["secure"]) == ("None", True)


def test_a_posted_answer_needs_no_csrf_token(visitor, app):
    app["RESPONSE_MODE"] = "form_post"
    visitor.client.handler.enforce_csrf_checks = True

    answer(visitor)

    assert visitor.is_signed_in


def test_an_answer_in_the_address_is_refused_where_it_was_to_be_posted(visitor, app, refusals):
    app["RESPONSE_MODE"] = "form_post"
    response = visitor.provider.respond(visitor.begin())

    visitor.client.get(urlsplit(response.redirect_uri).path, dict(response.pairs))

    assert refusals.codes == ["authorization_response.method"]
    assert not visitor.is_signed_in


def test_a_posted_answer_is_refused_where_it_was_to_be_in_the_address(visitor, refusals):
    answer(visitor)

    assert refusals.codes == ["authorization_response.method"]
    assert not visitor.is_signed_in


def test_a_parameter_twice_in_a_posted_answer_is_refused(visitor, app, refusals):
    app["RESPONSE_MODE"] = "form_post"

    answer(visitor, code=["one", "two"])

    assert refusals.codes == ["authorization_response.repeated"]


@pytest.mark.parametrize("alg", ["RS256", "HS256", "ES384", "PS512", "EdDSA"])
def test_a_code_with_an_id_token_signs_in(visitor, app, alg):
    with ScriptedProvider(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, alg=alg) as provider:
        app.update(HYBRID, ID_TOKEN_SIGNED_RESPONSE_ALG=alg, APP_HOST=provider.base_url)
        visitor.provider = provider

        answer(visitor)

    assert visitor.is_signed_in


def test_an_id_token_alone_signs_in_and_asks_for_no_token(visitor, app, provider):
    app.update(RESPONSE_TYPE="id_token", RESPONSE_MODE="form_post")
    url = visitor.begin()
    provider.forget_requests()

    answer(visitor, url)

    assert visitor.is_signed_in
    assert provider.requests_to("token") == []
    assert not Grant.objects.exists()


def test_an_access_token_in_the_browser_needs_a_setting_that_says_so(visitor, app, refusals):
    app.update(RESPONSE_TYPE="id_token token", RESPONSE_MODE="form_post")

    response = visitor.client.get("/genauth/login/")

    assert (response.status_code, refusals.codes) == (503, ["configuration.response_type"])


@pytest.mark.parametrize("kind", ["id_token token", "code id_token token", "code token"])
def test_an_access_token_in_the_browser_signs_in_where_the_site_says_so(visitor, app, kind):
    app.update(
        RESPONSE_TYPE=kind,
        RESPONSE_MODE="form_post",
        ALLOW_ACCESS_TOKEN_IN_FRONT_CHANNEL_INSECURE=True,
        USERINFO=True,
    )

    answer(visitor)

    assert visitor.is_signed_in
    assert Grant.objects.get().token_set["access_token"]


def test_an_access_token_of_another_type_than_bearer_stops_before_the_exchange(
    visitor, app, provider, refusals
):
    app.update(
        RESPONSE_TYPE="code token",
        RESPONSE_MODE="form_post",
        ALLOW_ACCESS_TOKEN_IN_FRONT_CHANNEL_INSECURE=True,
    )

    answer(visitor, token_type="mac")

    assert refusals.codes == ["authorization_response.token_type"]
    assert provider.requests_to("token") == []


@pytest.mark.parametrize("kind", ["none", "token"])
def test_a_response_type_that_names_nobody_signs_nobody_in(visitor, app, refusals, kind):
    app.update(RESPONSE_TYPE=kind, ALLOW_ACCESS_TOKEN_IN_FRONT_CHANNEL_INSECURE=True)
    app["PROTOCOL"] = "oauth" if kind == "token" else "oidc"

    visitor.client.get("/genauth/login/")

    assert refusals.codes == ["configuration.response_type"]


@pytest.mark.parametrize(
    ("forgery", "code"),
    [
        pytest.param({"c_hash": "AAAA"}, "id_token.c_hash", id="wrong c_hash"),
        pytest.param({"c_hash": None}, "id_token.c_hash", id="no c_hash"),
        pytest.param({"s_hash": "AAAA"}, "id_token.s_hash", id="wrong s_hash"),
        pytest.param({"nonce": "other"}, "id_token.nonce", id="wrong nonce"),
        pytest.param({"aud": "other"}, "id_token.aud", id="wrong aud"),
    ],
)
def test_an_id_token_in_the_response_that_does_not_hold_stops_before_the_exchange(
    visitor, app, provider, refusals, forgery, code
):
    app.update(HYBRID)
    url = visitor.begin()
    edit = lambda honest: {k: v for k, v in (honest | forgery).items() if v is not None}  # noqa: E731 # of this one test
    provider.forge("id_token", claims_edit=edit)
    provider.forget_requests()

    answer(visitor, url)

    assert refusals.codes == [code]
    assert provider.requests_to("token") == []


def test_a_response_whose_id_token_is_signed_by_a_stranger_is_refused(
    visitor, app, provider, refusals
):
    app.update(HYBRID)
    url = visitor.begin()
    provider.forge("id_token", sign_with=signing_key("RS256", 9))

    answer(visitor, url)

    assert refusals.codes == ["id_token.key_unknown"]


@pytest.mark.parametrize(
    ("missing", "code"),
    [("id_token", "id_token_missing"), ("code", "code_missing")],
)
def test_a_response_without_what_its_type_names_is_refused(visitor, app, refusals, missing, code):
    app.update(HYBRID)

    answer(visitor, **{missing: None})

    assert refusals.codes == [f"authorization_response.{code}"]


def test_two_id_tokens_of_two_people_are_refused(visitor, app, provider, refusals):
    app.update(HYBRID)
    response = provider.respond(visitor.begin(), sub="one")
    provider.forge("id_token", claims_edit=lambda claims: claims | {"sub": "two"})

    visitor.client.post(
        "/genauth/callback/",
        urlencode(response.pairs),
        content_type="application/x-www-form-urlencoded",
    )

    assert refusals.codes == ["id_token.sub"]
    assert not get_user_model().objects.exists()


def test_an_id_token_in_the_response_needs_no_iss_beside_it(visitor, app, provider):
    app.update(HYBRID)
    provider.iss_in_response = True

    answer(visitor, iss=None)

    assert visitor.is_signed_in


def test_an_answer_behind_the_hash_is_posted_by_a_page_that_can_do_nothing_else(visitor, app):
    app.update(RESPONSE_TYPE="code id_token", RESPONSE_MODE="fragment")
    visitor.begin()

    page = visitor.client.get("/genauth/callback/")

    policy = page["Content-Security-Policy"]
    nonce = page.context["script_nonce"]
    assert page.status_code == 200
    assert "default-src 'none'" in policy
    assert f"script-src 'nonce-{nonce}'" in policy
    assert f'<script nonce="{nonce}">' in page.content.decode()
    assert f"style-src 'nonce-{nonce}'" in policy
    assert f'<style nonce="{nonce}">' in page.content.decode()
    assert "no-store" in page["Cache-Control"]


def test_what_that_page_posts_signs_in(visitor, app):
    app.update(RESPONSE_TYPE="code id_token", RESPONSE_MODE="fragment")

    answer(visitor)

    assert visitor.is_signed_in
    assert flow_cookie(visitor)["samesite"] == "Lax"


def test_an_answer_in_the_address_does_not_get_that_page(visitor, app, refusals):
    app.update(RESPONSE_TYPE="code id_token", RESPONSE_MODE="fragment")
    visitor.begin()

    response = visitor.client.get("/genauth/callback/?code=a&state=of-another-login")

    assert (response.status_code, refusals.codes) == (400, ["authorization_response.state_unknown"])


def test_nobody_without_such_a_login_gets_that_page(visitor, refusals):
    visitor.begin()

    response = visitor.client.get("/genauth/callback/")

    assert (response.status_code, refusals.codes) == (400, ["authorization_response.state_missing"])


@pytest.mark.parametrize(
    "logins",
    [
        pytest.param({"RESPONSE_MODE": "form_post"}, id="post the code"),
        pytest.param(HYBRID, id="post an ID token too"),
        pytest.param({"RESPONSE_TYPE": "code id_token"}, id="take both behind the hash"),
    ],
)
def test_a_link_asks_for_a_code_in_the_address_whatever_logins_do(visitor, app, logins):
    app.update(logins)
    user = get_user_model().objects.create_user("local")
    visitor.client.force_login(user, "django.contrib.auth.backends.ModelBackend")

    url = visitor.client.post("/genauth/link/")["Location"]
    visitor.come_back(visitor.provider.authorize(url))

    assert user.genauth_identities.count() == 1


def test_max_age_of_the_settings_is_asked_for_and_verified(visitor, app, provider, refusals):
    app["AUTHORIZE_PARAMS"] = {"max_age": 300, "acr_values": "gold silver"}
    url = visitor.begin()
    provider.forge("id_token", claims_edit=lambda c: c | {"auth_time": time.time() - 400})

    visitor.come_back(provider.authorize(url))

    asked = parse_qs(urlsplit(url).query)
    assert (asked["max_age"], asked["acr_values"]) == (["300"], ["gold silver"])
    assert refusals.codes == ["id_token.auth_time"]


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        pytest.param({"acr": "gold"}, None, id="one that was asked for"),
        pytest.param({"acr": "lead"}, "id_token.acr", id="another"),
        pytest.param({}, "id_token.acr", id="none"),
        pytest.param({"acr": ["gold"]}, "id_token.acr", id="a list"),
    ],
)
def test_the_acr_is_one_of_those_asked_for(visitor, app, provider, refusals, claims, code):
    app["AUTHORIZE_PARAMS"] = {"acr_values": "gold silver"}
    provider.forge("id_token", claims_edit=lambda honest: honest | claims)

    visitor.sign_in()

    assert refusals.codes == ([code] if code else [])


def test_a_refused_answer_without_a_code_leaves_nothing_to_revoke(visitor, app):
    app |= {"RESPONSE_MODE": "form_post", "RESPONSE_TYPE": "id_token", "CREATE_USERS": False}

    response = answer(visitor)

    assert response.status_code == 403
    assert not Grant.objects.exists()
