"""What SESSION_POLICY makes of a session whose access token has run out.

How `refresh` renews stands in `test_middleware_refresh`, and what a script and a form are answered
on a session that is dead in `test_middleware_answers`.
"""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from django_genauth.models import Grant

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.support.site.desk")]


@pytest.fixture
def app(app, session_middleware):
    """Have the middleware, and a refresh token."""
    app["SCOPE"] = "openid offline_access"
    return app


@pytest.fixture
def member(visitor):
    """Sign in, with an access token that runs out at once."""
    visitor.provider.access_token_ttl = 0
    visitor.sign_in()
    visitor.provider.access_token_ttl = 3600
    visitor.provider.forget_requests()
    return visitor


@pytest.fixture
def statements():
    """Collect the statements that reach the database."""
    collected = []

    def collect(execute, sql, params, many, context):
        collected.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(collect):
        yield collected


def test_an_independent_session_lives_on(member, app):
    response = member.client.get("/members/")

    assert response.content.startswith(b"user: ")
    assert member.provider.requests == []


@pytest.mark.parametrize("policy", ["refresh", "reauthenticate"])
def test_until_the_token_runs_out_a_page_takes_no_statement_more(
    visitor, app, statements, policy, settings
):
    app["SESSION_POLICY"] = policy
    visitor.sign_in()
    statements.clear()
    visitor.client.get("/members/")
    with_it = len(statements)
    settings.MIDDLEWARE = settings.MIDDLEWARE[:-1]
    visitor.client.handler._middleware_chain = None
    statements.clear()

    visitor.client.get("/members/")

    assert len(statements) == with_it


def test_a_page_for_everybody_does_not_vary_by_cookie_for_who_has_none(visitor, app):
    app["SESSION_POLICY"] = "reauthenticate"

    response = visitor.client.get("/nowhere/")

    assert "Vary" not in response


@pytest.mark.parametrize("policy", ["refresh", "reauthenticate"])
def test_a_session_that_began_otherwise_lives_on(client, app, policy):
    app["SESSION_POLICY"] = policy
    user = get_user_model().objects.create_user("local")
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")

    assert client.get("/members/").content == b"user: local"


@pytest.mark.parametrize("policy", ["refresh", "reauthenticate"])
def test_a_session_whose_end_nobody_knows_lives_on(visitor, app, policy):
    app["SESSION_POLICY"] = policy
    visitor.provider.lie("token", edit=lambda answer: {**answer, "expires_in": None})
    visitor.sign_in()

    assert visitor.client.get("/members/").content.startswith(b"user: ")


@pytest.mark.parametrize("lost", ["partner", None])
def test_an_app_that_is_configured_no_more_ends_its_sessions_and_is_logged(
    member, settings, caplog, lost
):
    settings.GENAUTH = {} if lost is None else {lost: settings.GENAUTH["default"]}

    response = member.client.get("/")

    assert response.content == b"user: AnonymousUser"
    assert "A session ends: code=configuration." in caplog.text


def test_reauthenticate_sends_to_the_provider_and_back_to_the_same_address(member, app):
    app["SESSION_POLICY"] = "reauthenticate"

    away = member.client.get("/members/?page=2")
    to_provider = member.client.get(away["Location"])
    back = member.come_back(member.provider.authorize(to_provider["Location"]))

    assert parse_qs(urlsplit(away["Location"]).query) == {"next": ["/members/?page=2"]}
    assert "no-store" in away["Cache-Control"]
    assert back["Location"] == "/members/?page=2"
    assert member.client.get("/members/").content.startswith(b"user: ")


def test_reauthenticate_asks_nobody_to_refresh(member, app):
    app["SESSION_POLICY"] = "reauthenticate"

    member.client.get("/members/")

    assert member.provider.requests == []


def test_the_session_of_another_app_leads_to_that_apps_login(visitor, app, settings):
    app["SESSION_POLICY"] = "reauthenticate"
    settings.GENAUTH = {"default": app, "partner": dict(app)}
    visitor.provider.access_token_ttl = 0
    visitor.come_back(visitor.provider.authorize(visitor.begin(path="/genauth/partner/login/")))

    response = visitor.client.get("/members/")

    assert response["Location"] == "/genauth/partner/login/?next=%2Fmembers%2F"


def test_reauthenticate_ends_the_session_of_who_declines(member, app):
    app["SESSION_POLICY"] = "reauthenticate"
    url = member.begin()

    refused = member.come_back(member.provider.authorize(url, code=None, error="access_denied"))

    assert refused.status_code == 403
    assert member.client.get("/").content == b"user: AnonymousUser"


def test_reauthenticate_keeps_the_session_while_the_provider_is_out_of_order(member, app):
    app["SESSION_POLICY"] = "reauthenticate"
    callback = member.provider.authorize(member.begin())
    member.provider.lie("token", status=500)

    refused = member.come_back(callback)

    assert refused.status_code == 503
    assert member.is_signed_in


@pytest.mark.parametrize("policy", ["independent", "refresh"])
def test_who_declines_stays_signed_in_otherwise(member, app, policy):
    app["SESSION_POLICY"] = policy
    url = member.begin()

    member.come_back(member.provider.authorize(url, code=None, error="access_denied"))

    assert member.is_signed_in


def test_who_declines_before_the_token_runs_out_stays_signed_in(visitor, app):
    app["SESSION_POLICY"] = "reauthenticate"
    visitor.sign_in()
    url = visitor.begin()

    visitor.come_back(visitor.provider.authorize(url, code=None, error="access_denied"))

    assert visitor.is_signed_in


@pytest.mark.parametrize("policy", ["refresh", "reauthenticate"])
def test_signing_out_goes_through_on_a_dead_session(member, app, policy):
    app["SESSION_POLICY"] = policy
    Grant.objects.all().delete()

    asked, done = member.client.get("/genauth/logout/"), member.client.post("/genauth/logout/")

    assert "Sign out?" in asked.content.decode()
    assert (done.status_code, member.is_signed_in) == (302, False)


def test_where_one_is_signed_in_is_not_shown_to_whoever_comes_later(member, app):
    app["SESSION_POLICY"] = "reauthenticate"

    response = member.client.get("/genauth/sessions/")

    assert response["Location"] == "/genauth/login/?next=%2Fgenauth%2Fsessions%2F"


def test_an_identity_is_not_added_on_a_dead_session(member, app):
    app["SESSION_POLICY"] = "reauthenticate"

    asked, posted = member.client.get("/genauth/link/"), member.client.post("/genauth/link/")

    assert asked["Location"] == "/genauth/login/?next=%2Fgenauth%2Flink%2F"
    assert (posted.status_code, "Location" in posted) == (403, False)


def test_an_address_that_does_not_exist_is_no_way_around(member, app):
    app["SESSION_POLICY"] = "reauthenticate"

    assert member.client.get("/nowhere/").status_code == 302


def test_another_browser_is_not_disturbed(member, app):
    app["SESSION_POLICY"] = "reauthenticate"

    assert Client().get("/").content == b"user: AnonymousUser"
