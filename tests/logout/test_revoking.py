"""Signing out where the grant is revoked too, and where the provider does not answer."""

import pytest

from django_genauth.models import Grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(app):
    """Have grants revoked, and providers asked in vain for a short while only."""
    app["REVOKE_ON_LOGOUT"] = True
    app["TIMEOUT"] = 2
    return app


def test_the_grant_is_revoked_at_the_provider(visitor, provider):
    visitor.sign_in()
    access_token = Grant.objects.get().token_set["access_token"]

    response = visitor.client.post("/genauth/logout/")

    (request,) = provider.requests_to("revocation")
    assert request.form["token"] == access_token
    assert Grant.objects.get().state == "ended"
    assert "id_token_hint=" in response["Location"]


@pytest.mark.parametrize("policy", ["local", "genauth"])
def test_it_is_revoked_wherever_signing_out_leads(visitor, app, policy):
    app["LOGOUT"] = policy
    visitor.sign_in()

    visitor.client.post("/genauth/logout/")

    assert Grant.objects.get().state == "ended"


def test_without_the_setting_it_stays(visitor, provider, app):
    app["REVOKE_ON_LOGOUT"] = False
    visitor.sign_in()

    visitor.client.post("/genauth/logout/")

    assert provider.requests_to("revocation") == []
    assert Grant.objects.get().state == "active"


def test_a_session_whose_grant_is_gone_ends_without_one(visitor, provider):
    visitor.sign_in()
    Grant.objects.all().delete()

    response = visitor.client.post("/genauth/logout/")

    assert provider.requests_to("revocation") == []
    assert response.status_code == 302


def test_a_provider_that_is_down_is_told_and_the_person_is_signed_out(visitor, provider, caplog):
    visitor.sign_in()
    provider.stop()

    response = visitor.client.post("/genauth/logout/")

    assert not visitor.is_signed_in
    assert response.status_code == 200
    assert "The provider could not be reached" in response.content.decode()
    assert "Signed out here alone: code=provider_unavailable." in caplog.text


def test_what_a_provider_that_is_down_did_not_revoke_is_tried_again(visitor, provider):
    visitor.sign_in()
    provider.stop()

    visitor.client.post("/genauth/logout/")

    assert Grant.objects.get().state == "revoking"


def test_the_page_leads_on_where_a_page_was_asked_for(visitor, provider):
    visitor.sign_in()
    provider.stop()

    response = visitor.client.post("/genauth/logout/", {"next": "/members/"})

    assert '<a class="button" href="/members/">Continue</a>' in response.content.decode()


def test_a_provider_whose_configuration_cannot_be_had_is_told_too(visitor, provider, app):
    app["REVOKE_ON_LOGOUT"] = False
    visitor.sign_in()
    provider.stop()
    # Another client, which has not read the configuration yet.
    app["APP_HOST"] = f"{provider.base_url}/moved"

    response = visitor.client.post("/genauth/logout/")

    assert not visitor.is_signed_in
    assert "The provider could not be reached" in response.content.decode()


def test_a_provider_that_refuses_to_revoke_still_ends_its_session(visitor, provider, caplog):
    visitor.sign_in()
    provider.lie("revocation", status=400, body=b'{"error": "unsupported_token_type"}')

    response = visitor.client.post("/genauth/logout/")

    assert response["Location"].startswith(f"{provider.base_url}/oidc/session/end?")
    assert Grant.objects.get().state == "revoking"
    assert "code=oauth.unsupported_token_type" in caplog.text


def test_a_grant_that_nothing_opens_does_not_keep_a_person_signed_in(visitor, app, caplog):
    visitor.sign_in()
    app["TOKEN_KEYS"] = ["A" * 43]

    response = visitor.client.post("/genauth/logout/")

    assert "session/end" in response["Location"]
    assert "Not revoked at a logout" in caplog.text
