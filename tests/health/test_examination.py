"""What the health page finds, how often it asks, and who waits for it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection

from django_genauth.conf import get_app
from django_genauth.health.examination import PAUSE, Examination, examination_of
from tests.support.documents import Clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def examination(app, clock):
    return Examination(get_app(), clock)


def codes(findings):
    """Return the codes of the parts that fail."""
    parts = {name: part for name, part in findings.items() if isinstance(part, dict)}
    return {name: part["code"] for name, part in parts.items() if part["status"] == "fail"}


def test_a_site_where_people_can_sign_in_passes(examination):
    findings = examination.findings()

    assert (findings["status"], codes(findings)) == ("pass", {})
    assert {part: findings[part]["status"] for part in ("provider", "keys")} == {
        "provider": "pass",
        "keys": "pass",
    }


def test_the_gate_and_the_age_of_the_keys_are_told(examination):
    findings = examination.findings()

    gate = {name: findings["provider"][name] for name in ("under_way", "waiting", "is_silent")}
    assert gate == {"under_way": 0, "waiting": 0, "is_silent": False}
    assert findings["provider"]["limit"] >= 4
    assert findings["keys"]["age"] == 0


def test_a_provider_that_is_out_of_order_fails(provider, examination):
    provider.lie("discovery", status=503)

    findings = examination.findings()

    assert (findings["status"], codes(findings)["provider"]) == (
        "fail",
        "provider_unavailable.status_503",
    )


def test_a_provider_that_fell_ill_fails_whatever_is_in_memory(provider, examination, clock):
    examination.findings()
    provider.lie("discovery", status=503)
    clock.advance(PAUSE)

    assert codes(examination.findings()) == {"provider": "provider_unavailable.status_503"}


def test_keys_of_another_algorithm_fail(app, provider):
    app["ID_TOKEN_SIGNED_RESPONSE_ALG"] = "ES512"

    assert codes(Examination(get_app()).findings()) == {"keys": "jwks.no_key"}


def test_keys_that_nothing_needs_are_unused(app, provider):
    app["ID_TOKEN_SIGNED_RESPONSE_ALG"] = "HS256"

    findings = Examination(get_app()).findings()

    assert (findings["status"], findings["keys"]["status"], findings["keys"]["age"]) == (
        "pass",
        "unused",
        None,
    )


def test_a_provider_that_publishes_nothing_is_not_asked(app, provider):
    app |= {"DISCOVERY": False, "ID_TOKEN_SIGNED_RESPONSE_ALG": "HS256"}

    findings = Examination(get_app()).findings()

    assert (findings["status"], findings["provider"]["status"]) == ("pass", "unused")
    assert provider.requests == []


def test_a_cache_that_keeps_nothing_fails(examination, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

    assert codes(examination.findings()) == {"cache": "NotKept"}


def test_a_cache_that_is_out_of_order_fails(examination, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            # Below a file there is no folder.
            "LOCATION": f"{__file__}/cache",
        }
    }

    assert codes(examination.findings()) == {"cache": "NotADirectoryError"}


def test_nothing_is_left_in_the_cache(examination, settings):
    # One whose keys can be listed.
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "own"}
    }

    examination.findings()

    assert not [key for key in cache._cache if "health" in key]  # type: ignore[attr-defined] # LocMemCache's


def failing(execute, sql, params, many, context):
    raise DatabaseError("with a value of a row")


def test_a_database_that_is_out_of_order_fails(examination):
    with connection.execute_wrapper(failing):
        findings = examination.findings()

    assert codes(findings) == {"database": "DatabaseError"}
    assert "a value of a row" not in repr(findings)


def test_for_ten_seconds_nobody_is_asked_again(provider, examination, clock):
    first = examination.findings()
    provider.lie("discovery", status=503)
    provider.forget_requests()
    clock.advance(PAUSE - 1)

    again = examination.findings()

    assert provider.requests == []
    assert (first["seconds_ago"], again["seconds_ago"]) == (0, PAUSE - 1)
    assert again == first | {"seconds_ago": PAUSE - 1}


def test_one_thread_asks_for_all_who_come_meanwhile(provider, examination, clock):
    before = examination.findings()
    clock.advance(PAUSE)
    hangs = threading.Event()
    provider.lie("discovery", until=hangs)
    provider.forget_requests()

    with ThreadPoolExecutor(1) as people:
        first = people.submit(examination.findings)
        while not provider.requests:
            pass
        others = [examination.findings() for _ in range(3)]
        hangs.set()
        found = first.result()

    assert others == [before | {"seconds_ago": PAUSE}] * 3
    assert found["seconds_ago"] == 0
    assert provider.asked == ["discovery"]


class JustReleased:
    """A lock that another thread gives back, after it has examined."""

    def __init__(self, examination, findings):
        self._examination, self._findings = examination, findings

    def acquire(self, blocking):
        self._examination._found = self._findings
        return True

    def release(self):
        pass


def test_who_comes_as_another_ends_takes_what_that_one_found(provider, examination, clock):
    examination._asking = JustReleased(examination, (clock(), {"status": "pass"}))

    findings = examination.findings()

    assert findings == {"status": "pass", "seconds_ago": 0}
    assert provider.requests == []


def test_before_the_first_is_done_nothing_is_known(provider, examination):
    hangs = threading.Event()
    provider.lie("discovery", until=hangs)

    with ThreadPoolExecutor(1) as people:
        first = people.submit(examination.findings)
        while not provider.requests:
            pass
        other = examination.findings()
        hangs.set()
        first.result()

    assert other is None


def test_an_app_has_one_examination_as_long_as_its_settings_stay(app):
    first = examination_of(get_app())
    again = examination_of(get_app())
    app["TIMEOUT"] = 5

    assert first is again
    assert examination_of(get_app()) is not first
