"""Signing out: here first, then at the provider. The way back stands in `test_logout_return`."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from django_genauth.models import Grant, LoginSession

pytestmark = pytest.mark.django_db


def query_of(response):
    """Return what the browser is told to bring to the provider."""
    return parse_qs(urlsplit(response["Location"]).query)


def test_signing_out_ends_the_session_here_and_leads_to_the_provider(visitor, provider, app):
    visitor.sign_in()
    id_token = Grant.objects.get().token_set["id_token"]

    response = visitor.client.post("/genauth/logout/")

    query = query_of(response)
    (state,) = query.pop("state")
    assert not visitor.is_signed_in
    assert response["Location"].startswith(f"{provider.base_url}/oidc/session/end?")
    assert len(state) == 43
    assert query == {
        "id_token_hint": [id_token],
        "client_id": [app["APP_ID"]],
        "post_logout_redirect_uri": ["http://testserver/genauth/logout/"],
    }


def test_each_sign_out_has_a_state_of_its_own(visitor):
    visitor.sign_in()
    first = query_of(visitor.client.post("/genauth/logout/"))["state"]
    visitor.sign_in()

    second = query_of(visitor.client.post("/genauth/logout/"))["state"]

    assert first != second


def test_a_link_to_the_page_signs_nobody_out_but_asks(visitor):
    visitor.sign_in()

    response = visitor.client.get("/genauth/logout/")

    assert visitor.is_signed_in
    assert 'method="post"' in response.content.decode()


def test_the_question_keeps_the_page_to_land_on(visitor):
    visitor.sign_in()

    page = visitor.client.get("/genauth/logout/?next=/members/%3Fa=1").content.decode()

    assert '<input type="hidden" name="next" value="/members/?a=1">' in page


def test_the_question_does_not_keep_another_sites_page(visitor):
    visitor.sign_in()

    page = visitor.client.get("/genauth/logout/?next=https://evil.example/").content.decode()

    assert "evil.example" not in page


def test_signing_out_without_a_csrf_token_is_refused_even_without_the_middleware(visitor, settings):
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if "Csrf" not in each]
    visitor.sign_in()
    visitor.client.handler.enforce_csrf_checks = True

    response = visitor.client.post("/genauth/logout/")

    assert response.status_code == 403
    assert visitor.is_signed_in


def test_a_session_that_began_otherwise_ends_here_alone(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("plain"))

    response = client.post("/genauth/logout/")

    assert response["Location"] == "/genauth/logout/"
    assert "_auth_user_id" not in client.session


def test_a_session_that_began_otherwise_leads_to_the_page_asked_for(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("plain"))

    response = client.post("/genauth/logout/", {"next": "/members/"})

    assert response["Location"] == "/members/"


def test_somebody_who_is_not_signed_in_is_told_that_they_are_signed_out():
    response = Client().post("/genauth/logout/")

    assert response["Location"] == "/genauth/logout/"


def test_the_local_policy_leaves_the_provider_alone(visitor, app):
    app["LOGOUT"] = "local"
    visitor.sign_in()

    response = visitor.client.post("/genauth/logout/")

    assert response["Location"] == "/genauth/logout/"


def test_the_local_policy_leads_to_the_page_asked_for(visitor, app):
    app["LOGOUT"] = "local"
    visitor.sign_in()

    response = visitor.client.post("/genauth/logout/?next=/members/")

    assert response["Location"] == "/members/"


@pytest.mark.parametrize(
    "next_url",
    [
        pytest.param("https://evil.example/", id="another site"),
        pytest.param("//evil.example/", id="another site, of the same scheme"),
        pytest.param("javascript:alert(1)", id="a script"),
        pytest.param("/" + "a" * 1_000, id="too long"),
    ],
)
def test_a_page_that_is_none_of_this_sites_is_not_landed_on(visitor, app, next_url):
    app["LOGOUT"] = "local"
    visitor.sign_in()

    response = visitor.client.post("/genauth/logout/", {"next": next_url})

    assert response["Location"] == "/genauth/logout/"


def test_the_policy_of_genauth_leads_to_its_own_page(visitor, app, provider):
    app["LOGOUT"] = "genauth"
    visitor.sign_in()

    response = visitor.client.post("/genauth/logout/")

    assert response["Location"] == (
        f"{provider.base_url}/login/profile/logout"
        "?redirect_uri=http%3A%2F%2Ftestserver%2Fgenauth%2Flogout%2F"
    )


def test_the_return_address_of_the_settings_is_used_as_it_is(visitor, app):
    app["POST_LOGOUT_REDIRECT_URI"] = "https://www.example.com/bye/"
    visitor.sign_in()

    response = visitor.client.post("/genauth/logout/")

    assert query_of(response)["post_logout_redirect_uri"] == ["https://www.example.com/bye/"]


def test_a_provider_without_an_end_session_page_is_left_out(visitor, provider):
    provider.lie("discovery", edit=lambda answer: answer | {"end_session_endpoint": None})
    visitor.sign_in()

    response = visitor.client.post("/genauth/logout/", {"next": "/members/"})

    assert response["Location"] == "/members/"
    assert not visitor.is_signed_in


def test_settings_that_broke_meanwhile_do_not_keep_a_person_signed_in(visitor, app, caplog):
    visitor.sign_in()
    del app["APP_ID"]

    response = visitor.client.post("/genauth/logout/")

    assert "You are signed out here." in response.content.decode()
    assert not visitor.is_signed_in
    assert "Signed out here alone: code=configuration.app_id" in caplog.text


def test_a_grant_under_a_lost_key_is_no_obstacle(visitor, settings):
    visitor.sign_in()
    settings.GENAUTH["default"]["TOKEN_KEYS"] = ["A" * 43]

    response = visitor.client.post("/genauth/logout/")

    assert "client_id" in query_of(response)
    assert "id_token_hint" not in query_of(response)


def test_a_session_whose_grant_is_gone_still_has_its_id_token(visitor):
    visitor.sign_in()
    Grant.objects.all().delete()

    response = visitor.client.post("/genauth/logout/")

    assert "id_token_hint" in query_of(response)


def test_a_session_of_an_earlier_version_without_a_grant_is_no_obstacle(visitor):
    visitor.sign_in()
    Grant.objects.all().delete()
    LoginSession.objects.update(id_token=None)

    response = visitor.client.post("/genauth/logout/")

    assert "client_id" in query_of(response)
    assert "id_token_hint" not in query_of(response)
