"""One login from end to end, over real sockets to a provider: what is asked, in which order."""

import threading

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from django_genauth.models import Grant, Identity
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def statements(db):
    """Collect the statements that reach the database; a commit is none."""
    collected = []
    # A connection that another test closed is opened with statements of its own.
    get_user_model().objects.first()

    def collect(execute, sql, params, many, context):
        collected.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(collect):
        yield collected


def test_a_person_signs_in_and_lands_on_the_page_asked_for(visitor):
    response = visitor.sign_in(next_url="/members/")

    assert (response.status_code, response["Location"]) == (302, "/members/")
    assert visitor.client.get("/members/").status_code == 200


def test_without_a_page_asked_for_a_login_ends_at_login_redirect_url(visitor, settings):
    settings.LOGIN_REDIRECT_URL = "/welcome/"

    response = visitor.sign_in()

    assert response["Location"] == "/welcome/"


def test_the_second_login_finds_the_same_user(visitor, provider):
    visitor.sign_in()
    second = Visitor(provider)

    second.sign_in()

    assert get_user_model().objects.count() == 1
    assert second.is_signed_in


def test_two_subjects_that_differ_in_case_are_two_people(visitor, provider):
    visitor.sign_in(sub="AbC")

    Visitor(provider).sign_in(sub="abc")

    assert get_user_model().objects.count() == 2


def test_two_people_whose_claims_are_all_null_are_two_people(visitor, provider):
    nulls = {"email": None, "name": None, "preferred_username": None, "given_name": None}
    visitor.sign_in(sub="one", claims=nulls)

    Visitor(provider).sign_in(sub="two", claims=nulls)

    assert get_user_model().objects.count() == 2


def test_a_warm_login_is_one_request_over_the_connection_that_is_open(visitor, provider):
    visitor.sign_in()
    provider.forget_requests()

    Visitor(provider).sign_in()

    assert [request.path for request in provider.requests] == ["/oidc/token"]
    assert provider.connections == 0


def test_a_warm_login_view_asks_neither_provider_nor_database(visitor, provider, statements):
    visitor.begin()
    provider.forget_requests()
    statements.clear()

    visitor.begin()

    assert (provider.requests, statements) == ([], [])


@pytest.mark.django_db(transaction=True)
def test_the_callback_of_a_returning_user_takes_few_statements(visitor, provider, statements):
    visitor.sign_in()
    returning = Visitor(provider)
    callback = provider.authorize(returning.begin())
    statements.clear()

    returning.come_back(callback)

    # SQLite is told to begin its two transactions by statements, the others are not.
    assert len(statements) == {"sqlite": 10}.get(connection.vendor, 8)


@pytest.mark.django_db(transaction=True)
def test_the_callback_of_a_new_user_takes_few_statements(visitor, provider, statements):
    callback = provider.authorize(visitor.begin())
    statements.clear()

    visitor.come_back(callback)

    assert len(statements) == {"sqlite": 14}.get(connection.vendor, 12)


def test_a_page_of_a_signed_in_user_takes_no_statement_more_than_without_this_app(
    visitor, statements, django_user_model
):
    visitor.sign_in()
    other = Client()
    other.force_login(
        django_user_model.objects.create_user("plain"), "django.contrib.auth.backends.ModelBackend"
    )
    statements.clear()
    other.get("/members/")
    without = len(statements)
    statements.clear()

    visitor.client.get("/members/")

    assert len(statements) == without


def test_two_logins_of_one_browser_finish_in_any_order_each_with_its_own_page(visitor, provider):
    first = provider.authorize(visitor.begin("/first/"))
    second = provider.authorize(visitor.begin("/second/"))

    answers = [visitor.come_back(second), visitor.come_back(first)]

    assert [answer["Location"] for answer in answers] == ["/second/", "/first/"]


def test_the_session_key_of_before_is_not_the_one_of_after(visitor):
    visitor.client.session.save()
    visitor.client.cookies["sessionid"] = before = visitor.client.session.session_key

    visitor.sign_in()

    assert visitor.client.cookies["sessionid"].value != before


def test_the_older_grant_of_a_browser_stays_beside_the_newer_as_its_predecessor(visitor, provider):
    visitor.sign_in()
    provider.lie("token", edit=lambda answer: answer | {"refresh_token": "the-second-one"})

    visitor.sign_in()

    older, newer = Grant.objects.order_by("pk")
    assert (newer.app, newer.token_set["refresh_token"]) == ("default", "the-second-one")
    assert (older.state, older.successor) == ("active", newer)


def test_userinfo_adds_its_claims_where_the_site_asks_for_it(visitor, provider, app):
    app["USERINFO"] = True
    provider.lie("userinfo", edit=lambda claims: claims | {"given_name": "Ada"})

    visitor.sign_in()

    assert get_user_model().objects.get().first_name == "Ada"


def test_the_identity_keeps_what_was_said_of_the_person_and_nothing_of_the_token(visitor):
    visitor.sign_in(claims={"nickname": "Countess", "address": {"country": None}})

    claims = Identity.objects.get().claims
    assert claims["nickname"] == "Countess"
    assert not {"nonce", "exp", "at_hash", "iss"} & claims.keys()


def test_no_backend_for_id_tokens_is_a_configuration_error(visitor, settings, refusals):
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]

    response = visitor.sign_in()

    assert (response.status_code, refusals.codes) == (503, ["configuration.backend"])


def test_a_site_of_several_apps_keeps_them_apart(visitor, provider, app, settings):
    settings.GENAUTH = {"default": app, "partner": dict(app)}
    url = visitor.begin("/p/", path="/genauth/partner/login/")

    response = visitor.come_back(provider.authorize(url))

    assert response["Location"] == "/p/"
    assert Grant.objects.get().app == "partner"


def test_the_answer_of_one_app_does_not_complete_a_login_of_another(
    visitor, provider, app, settings, refusals
):
    settings.GENAUTH = {"default": app, "partner": dict(app)}
    callback = provider.authorize(visitor.begin(path="/genauth/partner/login/"))

    response = visitor.come_back(callback.replace("/genauth/partner/", "/genauth/"))

    assert (response.status_code, refusals.codes) == (
        400,
        ["authorization_response.state_unknown"],
    )


def test_an_app_that_is_not_configured_is_not_found(visitor):
    response = visitor.client.get("/genauth/nobody/login/")

    assert response.status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite in memory has one connection")
def test_of_two_uses_at_the_same_instant_one_signs_in(visitor, provider):
    callback = provider.authorize(visitor.begin())
    start = threading.Barrier(2)
    statuses = []

    def come_back():
        browser = Client()
        browser.cookies.update(visitor.client.cookies)
        start.wait()
        statuses.append(browser.get(callback.removeprefix("http://testserver")).status_code)
        connection.close()

    threads = [threading.Thread(target=come_back) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert sorted(statuses) == [302, 400]
    assert len(provider.requests_to("token")) == 1
