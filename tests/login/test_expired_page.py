"""Keycloak's login page that was left open too long: the login begins once more, once."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model

from django_genauth.models import Identity
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db

# What Keycloak 26.7 answers.
EXPIRED = {
    "error": "temporarily_unavailable",
    "error_description": "authentication_expired",
    "code": None,
}


def answer(visitor, url, **overrides):
    return visitor.come_back(visitor.provider.authorize(url, **overrides))


def test_a_login_whose_page_expired_begins_once_more_and_ends_where_it_should(visitor):
    again = answer(visitor, visitor.begin("/members/"), **EXPIRED)

    response = answer(visitor, again["Location"])

    assert again["Location"].startswith(visitor.provider.base_url)
    assert (response["Location"], visitor.is_signed_in) == ("/members/", True)


def test_a_signed_answer_begins_it_once_more_too(visitor, app):
    app["RESPONSE_MODE"] = "jwt"
    about = ("iss", "aud", "exp", "state")
    visitor.provider.forge(
        "response",
        claims_edit=lambda claims: (
            {name: claims[name] for name in about}
            | {name: value for name, value in EXPIRED.items() if value}
        ),
    )

    again = answer(visitor, visitor.begin("/members/"))

    assert again["Location"].startswith(visitor.provider.base_url)


def test_the_login_that_begins_again_is_another(visitor):
    url = visitor.begin()

    again = answer(visitor, url, **EXPIRED)["Location"]

    old, new = (parse_qs(urlsplit(each).query) for each in (url, again))
    assert {name for name in old if old[name] != new[name]} == {"state", "nonce", "code_challenge"}


def test_it_begins_again_once_alone(visitor, refusals):
    again = answer(visitor, visitor.begin(), **EXPIRED)

    response = answer(visitor, again["Location"], **EXPIRED)

    assert response.status_code == 503
    assert refusals.codes == ["authorization_response.error_temporarily_unavailable"]


def test_a_provider_that_is_busy_is_not_asked_again_at_once(visitor, refusals):
    response = visitor.sign_in(error="temporarily_unavailable", code=None)

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert refusals.codes == ["authorization_response.error_temporarily_unavailable"]


def test_somebody_who_signed_in_in_another_tab_is_sent_on(visitor, refusals):
    old_tab = visitor.begin("/members/")
    visitor.sign_in()

    response = answer(visitor, old_tab, **EXPIRED)

    assert (response["Location"], refusals.codes) == ("/members/", [])


def test_a_fresh_login_that_was_asked_for_begins_again_with_its_age(visitor, app):
    app["AUTHORIZE_PARAMS"] = {"max_age": 60}
    visitor.sign_in()

    again = answer(visitor, visitor.begin("/members/"), **EXPIRED)["Location"]

    assert again.startswith(visitor.provider.base_url)
    assert parse_qs(urlsplit(again).query)["max_age"] == ["60"]


def test_where_sessions_follow_the_provider_the_login_begins_again(visitor, app):
    app["SESSION_POLICY"] = "reauthenticate"
    visitor.sign_in()

    response = answer(visitor, visitor.begin("/members/"), **EXPIRED)

    assert response["Location"].startswith(visitor.provider.base_url)


@pytest.fixture
def signed_in(visitor):
    user = get_user_model().objects.create_user("local")
    visitor.client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return visitor


def test_a_link_begins_again_as_a_link(signed_in):
    url = signed_in.client.post("/genauth/link/", {"next": "/members/"})["Location"]
    again = answer(signed_in, url, **EXPIRED)["Location"]

    response = answer(signed_in, again, sub="mine")

    assert response["Location"] == "/members/"
    assert Identity.objects.get().user.username == "local"


def test_a_link_of_somebody_who_has_left_does_not_begin_again(signed_in, refusals):
    url = signed_in.client.post("/genauth/link/")["Location"]
    other = get_user_model().objects.create_user("other")
    signed_in.client.force_login(other, "django.contrib.auth.backends.ModelBackend")

    response = answer(signed_in, url, **EXPIRED)

    assert response.status_code == 503
    assert refusals.codes == ["authorization_response.error_temporarily_unavailable"]


def test_the_same_words_with_another_error_are_no_expired_page(visitor):
    response = visitor.sign_in(**EXPIRED | {"error": "server_error"})

    assert response.status_code == 503


def test_a_consent_that_lemonldap_calls_required_is_the_friendly_page(visitor, refusals):
    response = visitor.sign_in(error="consent_required", code=None)

    assert response.status_code == 403
    assert "You did not sign in" in response.content.decode()
    assert refusals.codes == ["authorization_response.error_consent_required"]


@pytest.mark.usefixtures("session_middleware")
@pytest.mark.parametrize("error", ["temporarily_unavailable", "server_error"])
def test_a_provider_that_is_out_of_order_ends_no_session(provider, app, error):
    app["SESSION_POLICY"] = "reauthenticate"
    provider.access_token_ttl = 0
    visitor = Visitor(provider)
    visitor.sign_in()

    visitor.sign_in(error=error, code=None)

    assert visitor.is_signed_in
