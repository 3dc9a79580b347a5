"""What `manage.py check` says of servers that could keep the pages of a site waiting."""

import sys

import pytest
from django.core.checks import run_checks

REDIS = "django.core.cache.backends.redis.RedisCache"
ADDRESS = "redis://127.0.0.1:6379/1"


def messages(name):
    """Return what one check finds."""
    return [each.msg for each in run_checks(tags=["genauth"]) if each.id == f"genauth.{name}"]


@pytest.mark.parametrize(
    "cache",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"OPTIONS": {"socket_timeout": None}}, id="none"),
        pytest.param({"OPTIONS": {"socket_connect_timeout": 1}}, id="for connecting alone"),
        pytest.param({"LOCATION": [f"{ADDRESS}?socket_timeout=1", ADDRESS]}, id="one of two"),
        pytest.param({"LOCATION": "redis://[::1"}, id="an address that is none"),
        pytest.param({"BACKEND": "django_redis.cache.RedisCache"}, id="django-redis"),
    ],
)
def test_a_redis_without_a_time_out_is_found(settings, cache):
    settings.CACHES = {"default": {"BACKEND": REDIS, "LOCATION": ADDRESS, **cache}}

    assert messages("W025") == ["CACHES['default'] is Redis, and sets no time-out."]


@pytest.mark.parametrize(
    "cache",
    [
        pytest.param({"OPTIONS": {"socket_timeout": 1}}, id="in the options"),
        pytest.param({"LOCATION": f"{ADDRESS}?socket_timeout=1"}, id="in the address"),
        pytest.param(
            {"BACKEND": "django_redis.cache.RedisCache", "OPTIONS": {"SOCKET_TIMEOUT": 1}},
            id="django-redis",
        ),
        pytest.param({"BACKEND": "mysite.redis.Cache"}, id="a backend that nobody knows"),
    ],
)
def test_one_with_a_time_out_is_none(settings, cache):
    settings.CACHES = {"default": {"BACKEND": REDIS, "LOCATION": ADDRESS, **cache}}

    assert messages("W025") == []


def test_the_cache_of_sessions_is_looked_at_too(settings):
    settings.CACHES = {**settings.CACHES, "sessions": {"BACKEND": REDIS, "LOCATION": ADDRESS}}
    settings.SESSION_CACHE_ALIAS = "sessions"

    assert messages("W025") == ["CACHES['sessions'] is Redis, and sets no time-out."]


@pytest.fixture
def _keeps_connections(settings, monkeypatch):
    """Set CONN_MAX_AGE."""
    monkeypatch.setitem(settings.DATABASES["default"], "CONN_MAX_AGE", None)


@pytest.mark.usefixtures("_keeps_connections")
def test_connections_that_are_kept_are_found_under_asgi(settings):
    settings.ASGI_APPLICATION = "mysite.asgi.application"

    (message,) = messages("W026")

    assert "and ASGI has a thread for each request" in message


@pytest.mark.usefixtures("_keeps_connections")
def test_they_are_found_where_gunicorn_is_told_to_use_gevent(monkeypatch):
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--worker-class gevent")

    (message,) = messages("W026")

    assert "and gevent has a thread for each request" in message


@pytest.mark.usefixtures("_keeps_connections")
def test_they_are_found_where_gevent_runs(monkeypatch):
    monkeypatch.setitem(sys.modules, "gevent", sys)

    assert len(messages("W026")) == 1


@pytest.mark.usefixtures("_keeps_connections")
def test_they_are_found_where_gevent_is_installed(monkeypatch, tmp_path):
    (tmp_path / "gevent.py").touch()
    monkeypatch.syspath_prepend(tmp_path)

    assert len(messages("W026")) == 1


@pytest.mark.usefixtures("_keeps_connections")
def test_they_are_fine_with_threads():
    assert messages("W026") == []


def test_connections_that_are_closed_are_fine_under_asgi(settings):
    settings.ASGI_APPLICATION = "mysite.asgi.application"

    assert messages("W026") == []
