"""Sessions of each engine end by their keys, many in one round trip where the engine allows it."""

import pytest
from django.contrib.sessions.backends.cache import SessionStore as CacheStore
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_genauth.sessions import engine as session_engine
from django_genauth.times import from_timestamp
from tests.support.signed_in import new_session
from tests.support.site.engines import archiving

pytestmark = pytest.mark.django_db

DJANGO = "django.contrib.sessions.backends"
ENGINES = [
    pytest.param(f"{DJANGO}.db", id="db"),
    pytest.param(f"{DJANGO}.cached_db", id="cached_db"),
    pytest.param(f"{DJANGO}.cache", id="cache"),
    pytest.param(f"{DJANGO}.file", id="file"),
    pytest.param("tests.support.site.engines.inherited", id="a class of the site's own"),
    pytest.param("tests.support.site.engines.prefixed", id="another prefix in the cache"),
    pytest.param("tests.support.site.engines.archiving", id="a delete of the site's own"),
]


@pytest.fixture
def sessions(settings, tmp_path):
    """Let files go into a folder of the test's own."""
    settings.SESSION_FILE_PATH = str(tmp_path)


def keys(number):
    made = [new_session() for _ in range(number)]
    for session in made:
        session["who"] = "ada"
        session.create()
    return [session.session_key for session in made]


def known(key):
    return new_session(key).get("who") == "ada"


@pytest.mark.parametrize("engine", ENGINES)
def test_those_end_that_are_named_and_no_other(settings, sessions, engine):
    settings.SESSION_ENGINE = engine
    first, second, other = keys(3)

    session_engine.end([first, second])

    assert [known(key) for key in (first, second, other)] == [False, False, True]


@pytest.mark.parametrize("engine", ENGINES)
def test_one_that_is_over_is_no_obstacle(settings, sessions, engine):
    settings.SESSION_ENGINE = engine
    (key,) = keys(1)
    session_engine.end([key])

    session_engine.end([key])

    assert not known(key)


def test_nothing_is_asked_where_none_is_named():
    with CaptureQueriesContext(connection) as asked:
        session_engine.end([])

    assert len(asked) == 0


@pytest.mark.parametrize("engine", [f"{DJANGO}.db", f"{DJANGO}.cached_db"])
def test_the_database_is_asked_once_for_many(settings, engine):
    settings.SESSION_ENGINE = engine
    many = keys(20)

    with CaptureQueriesContext(connection) as asked:
        session_engine.end(many)

    statements = [each["sql"] for each in asked if "django_session" in each["sql"]]
    assert len(statements) == 1
    assert statements[0].startswith("DELETE")


def test_the_cache_that_the_settings_name_is_asked(settings):
    local = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = settings.CACHES | {"sessions": {"BACKEND": local, "LOCATION": "sessions"}}
    settings.SESSION_CACHE_ALIAS = "sessions"
    settings.SESSION_ENGINE = f"{DJANGO}.cache"
    (key,) = keys(1)
    kept = f"{DJANGO.removesuffix('.backends')}.cache{key}"
    was_there = caches["sessions"].get(kept)

    session_engine.end([key])

    assert was_there == {"who": "ada"}
    assert caches["sessions"].get(kept) is None


def test_an_engine_that_ends_sessions_in_its_own_way_does_so(settings):
    settings.SESSION_ENGINE = "tests.support.site.engines.archiving"
    archiving.archived.clear()

    session_engine.end(["one", "two"])

    assert archiving.archived == ["one", "two"]


def test_an_engine_that_is_out_of_order_is_not_taken_for_done(settings):
    settings.CACHES = {"default": {"BACKEND": "tests.support.site.broken_cache.BrokenCache"}}
    settings.SESSION_ENGINE = f"{DJANGO}.cache"

    with pytest.raises(ConnectionError):
        session_engine.end(["a-key"])


@pytest.mark.parametrize("engine", ENGINES)
def test_those_that_live_are_told_from_those_that_do_not(settings, sessions, engine):
    settings.SESSION_ENGINE = engine
    living, ended = keys(2)
    session_engine.end([ended])

    assert session_engine.living([living, ended]).keys() == {living}


def test_a_session_that_the_database_still_has_may_be_over():
    (key,) = keys(1)
    Session.objects.update(expire_date=from_timestamp(1_500_000_000))

    assert session_engine.living([key]) == {}


def test_the_database_says_when_a_session_ends():
    (key,) = keys(1)

    assert session_engine.living([key]) == {key: Session.objects.get().expire_date}


@pytest.mark.parametrize(
    ("engine", "can_end"),
    [
        pytest.param(f"{DJANGO}.signed_cookies", False, id="in the browser"),
        pytest.param(f"{DJANGO}.db", True, id="on the server"),
    ],
)
def test_only_the_browser_can_end_what_only_the_browser_has(settings, engine, can_end):
    settings.SESSION_ENGINE = engine

    assert session_engine.can_end() is can_end


def test_a_session_that_no_database_keeps_counts_as_saved():
    assert session_engine.save(CacheStore()) is True
