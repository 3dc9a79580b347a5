"""Signing out: here first, then at the provider, and back."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from django_genauth.models import Grant

pytestmark = pytest.mark.django_db


def test_signing_out_ends_the_session_here_and_leads_to_the_provider(visitor, provider):
    visitor.sign_in()
    id_token = Grant.objects.get().token_set["id_token"]

    response = visitor.client.post("/genauth/logout/")

    address = urlsplit(response["Location"])
    assert not visitor.is_signed_in
    assert response["Location"].startswith(f"{provider.base_url}/oidc/session/end?")
    assert parse_qs(address.query) == {
        "id_token_hint": [id_token],
        "post_logout_redirect_uri": ["http://testserver/genauth/logout/"],
    }


def test_coming_back_shows_that_one_is_signed_out(visitor):
    response = visitor.client.get("/genauth/logout/")

    assert response.status_code == 200
    assert "You are signed out" in response.content.decode()


def test_coming_back_leads_to_logout_redirect_url_where_the_site_has_one(visitor, settings):
    settings.LOGOUT_REDIRECT_URL = "home"

    response = visitor.client.get("/genauth/logout/")

    assert response["Location"] == reverse("home")


def test_a_link_to_the_page_signs_nobody_out_but_asks(visitor):
    visitor.sign_in()

    response = visitor.client.get("/genauth/logout/")

    assert visitor.is_signed_in
    assert 'method="post"' in response.content.decode()


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


def test_somebody_who_is_not_signed_in_is_told_that_they_are_signed_out():
    response = Client().post("/genauth/logout/")

    assert response["Location"] == "/genauth/logout/"


def test_the_local_policy_leaves_the_provider_alone(visitor, app):
    app["LOGOUT"] = "local"
    visitor.sign_in()

    response = visitor.client.post("/genauth/logout/")

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

    query = parse_qs(urlsplit(response["Location"]).query)
    assert query["post_logout_redirect_uri"] == ["https://www.example.com/bye/"]


def test_a_provider_without_an_end_session_page_is_left_out(visitor, provider):
    provider.lie("discovery", edit=lambda answer: answer | {"end_session_endpoint": None})
    visitor.sign_in()

    response = visitor.client.post("/genauth/logout/")

    assert response["Location"] == "/genauth/logout/"
    assert not visitor.is_signed_in


def test_settings_that_broke_meanwhile_do_not_keep_a_person_signed_in(visitor, app):
    visitor.sign_in()
    del app["APP_ID"]

    response = visitor.client.post("/genauth/logout/")

    assert response["Location"] == "/genauth/logout/"
    assert not visitor.is_signed_in


def test_a_grant_under_a_lost_key_is_no_obstacle(visitor, settings):
    visitor.sign_in()
    Grant.objects.update(app="default")
    settings.GENAUTH["default"]["TOKEN_KEYS"] = ["A" * 43]

    response = visitor.client.post("/genauth/logout/")

    assert "client_id=" in response["Location"]
    assert "id_token_hint" not in response["Location"]
