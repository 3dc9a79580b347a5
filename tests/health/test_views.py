"""The health page: who sees it, and with which status."""

import pytest
from django.test import Client
from django.urls import resolve

pytestmark = pytest.mark.django_db

PARTS = ("provider", "keys", "cache", "database")


@pytest.fixture
def health(app):
    """Switch the page on, and lend a way to ask for it."""
    app["HEALTH"] = True
    return lambda path="/genauth/health/", **kwargs: Client().get(path, **kwargs)


def test_it_is_off_by_default(app):
    assert Client().get("/genauth/health/").status_code == 404


def test_it_says_what_passes(health):
    response = health()

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert {part: response.json()[part]["status"] for part in PARTS} == dict.fromkeys(PARTS, "pass")


def test_it_says_what_fails_and_when_to_ask_again(health, provider):
    provider.lie("discovery", status=503)

    response = health()

    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert response.json()["provider"]["code"] == "provider_unavailable.status_503"


def test_no_cache_keeps_it(health):
    assert "no-store" in health()["Cache-Control"]


def test_nothing_in_it_is_secret(health, app, provider):
    text = health().content.decode()

    assert app["APP_SECRET"] not in text
    assert app["APP_ID"] not in text
    assert provider.base_url not in text


def test_an_app_is_switched_on_by_itself(health, app, settings):
    settings.GENAUTH = {"default": app, "partners": dict(app, HEALTH=False)}

    statuses = [health().status_code, health("/genauth/partners/health/").status_code]

    assert statuses == [200, 404]


def test_an_app_that_is_not_there_is_not_found(health):
    assert health("/genauth/nobody/health/").status_code == 404


def test_settings_that_cannot_work_are_told_where_it_is_on(health, app):
    app["APP_HOST"] = "nowhere"

    response = health()

    assert response.status_code == 503
    assert response.json() == {
        "status": "fail",
        "settings": {"status": "fail", "code": "configuration.app_host"},
    }


def test_settings_that_cannot_work_are_not_told_where_it_is_off(app):
    app["APP_HOST"] = "nowhere"

    assert Client().get("/genauth/health/").status_code == 404


def test_it_asks_for_no_login_and_begins_no_session(health, settings, session_middleware):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]

    response = health()

    assert (response.status_code, len(response.cookies)) == (200, 0)


def test_a_database_that_is_down_does_not_end_the_request_before_it_is_told(health):
    # What Django looks at where ATOMIC_REQUESTS is on.
    view = resolve("/genauth/health/").func

    assert vars(view)["_non_atomic_requests"] == {"default"}


def test_it_is_read_alone(health):
    assert Client().post("/genauth/health/").status_code == 405


def test_before_anything_is_known_it_says_so(health, monkeypatch):
    monkeypatch.setattr("django_genauth.health.examination.Examination.findings", lambda self: None)

    response = health()

    assert (response.status_code, response.json()) == (503, {"status": "unknown"})


def test_a_failure_is_no_line_of_the_log_each_time(health, provider, caplog):
    provider.lie("discovery", status=503)

    health()

    assert not [record for record in caplog.records if record.name == "django.request"]
