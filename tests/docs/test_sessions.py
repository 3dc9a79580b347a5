"""How sessions go on and end after the documentation."""

import json

import pytest

from django_genauth.models import Grant, LoginSession
from tests.support.console import post
from tests.support.documented_site import Sites
from tests.support.pages import taken, values_of
from tests.support.signed_in import log_out

pytestmark = pytest.mark.django_db

(ORDER_TO_REFRESH,) = taken("python", "howto/session-policy", "MIDDLEWARE")
(REFRESH,) = taken("python", "howto/session-policy", "GENAUTH")
(PROBLEM,) = taken("json", "howto/session-policy")
(ORDER_TO_END,) = taken("python", "howto/logout-everywhere", "MIDDLEWARE")
(WEBHOOK,) = taken("python", "howto/webhook", "WEBHOOK_TOKEN")


@pytest.fixture
def sites(settings, monkeypatch):
    """Lend a way to apply an example."""
    with Sites(settings, monkeypatch) as running:
        yield running


def test_a_session_lives_on_by_a_refresh(sites, settings):
    settings.MIDDLEWARE = values_of(ORDER_TO_REFRESH)["MIDDLEWARE"]
    visitor = sites.apply(REFRESH)
    visitor.provider.access_token_ttl = 0
    visitor.sign_in()
    visitor.provider.forget_requests()

    response = visitor.client.get("/members/")

    (request,) = visitor.provider.requests_to("token")
    assert (response.status_code, request.form["grant_type"]) == (200, "refresh_token")


@pytest.mark.urls("tests.support.site.desk")
def test_a_script_is_told_so(visitor, app, settings):
    settings.MIDDLEWARE = values_of(ORDER_TO_REFRESH)["MIDDLEWARE"]
    app["SESSION_POLICY"] = "reauthenticate"
    visitor.provider.access_token_ttl = 0
    visitor.sign_in()
    Grant.objects.update(state=Grant.State.ENDED)

    headers = {"Sec-Fetch-Mode": "cors", "Referer": "http://testserver/desk/"}
    response = visitor.client.get("/desk/", headers=headers)

    assert response.status_code == 401
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json() == json.loads(PROBLEM.text)


@pytest.mark.urls("tests.support.site.passwords")
def test_a_session_with_a_new_key_is_ended_from_afar(visitor, settings):
    settings.MIDDLEWARE = values_of(ORDER_TO_END)["MIDDLEWARE"]
    visitor.sign_in(claims={"sid": "one"})
    visitor.client.post("/cycle/")

    log_out(visitor.provider, sid="one")

    assert not visitor.is_signed_in
    assert not LoginSession.objects.exists()


def test_the_console_is_let_in_by_the_secret_of_the_settings(sites, settings):
    sites.apply(WEBHOOK)
    event = {"eventName": "kick", "data": {"id": "user-1"}}

    known = post(event, secret=settings.GENAUTH["default"]["WEBHOOK_TOKEN"])
    unknown = post(event, secret="a-guess")

    assert (known.status_code, unknown.status_code) == (200, 403)
