"""The row of a session: written with the login, kept true, and gone when the session is."""

from contextlib import suppress
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_genauth import receivers
from django_genauth.conf import get_app
from django_genauth.models import Identity, LoginSession
from django_genauth.protocol.errors import SealError
from django_genauth.sealing import fingerprints, newest_key_id
from django_genauth.sessions import registry
from tests.support.signed_in import a_session, an_identity, lives, new_session
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db

PASSWORDS = "django.contrib.auth.backends.ModelBackend"


def key_of(visitor):
    return visitor.client.session.session_key


def statements_of(deed):
    """Return the statements of a deed that have to do with the rows of sessions."""
    with CaptureQueriesContext(connection) as captured:
        deed()
    return [each["sql"] for each in captured if "genauth_loginsession" in each["sql"]]


def test_a_login_writes_who_where_and_until_when(visitor):
    visitor.client.defaults["HTTP_USER_AGENT"] = "Lynx/2.9"

    visitor.sign_in(claims={"sid": "s-1"})

    row = LoginSession.objects.get()
    assert (row.identity, row.app, row.sid) == (Identity.objects.get(), "default", "s-1")
    assert (row.session_key, row.user_agent) == (key_of(visitor), "Lynx/2.9")
    assert row.digest == fingerprints(key_of(visitor), app=get_app())[0]
    assert abs(row.expires_at - Session.objects.get().expire_date) < timedelta(seconds=5)
    assert row.created_at <= row.seen_at <= timezone.now()


def test_the_session_key_does_not_stand_in_the_database(visitor):
    visitor.sign_in()

    with connection.cursor() as cursor:
        cursor.execute("SELECT session_key FROM genauth_loginsession")
        ((kept,),) = cursor.fetchall()
    assert key_of(visitor) not in kept


@pytest.mark.parametrize(
    "sid",
    [
        pytest.param(None, id="none"),
        pytest.param(7, id="a number"),
        pytest.param("s" * 256, id="too long"),
        pytest.param("a\0b", id="NUL"),
    ],
)
def test_a_session_id_that_cannot_be_kept_is_none(visitor, sid):
    visitor.sign_in(claims={"sid": sid})

    assert visitor.is_signed_in
    assert LoginSession.objects.get().sid == ""


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param("b" * 3_000, "b" * 255, id="long"),
        pytest.param("a\0b", "ab", id="NUL"),
        pytest.param("Br\u00f6wser", "Br\u00f6wser", id="letters"),
    ],
)
def test_whatever_a_browser_calls_itself_fits(visitor, sent, kept):
    visitor.client.defaults["HTTP_USER_AGENT"] = sent

    visitor.sign_in()

    assert LoginSession.objects.get().user_agent == kept


def test_each_browser_has_a_row(visitor, provider):
    visitor.sign_in()
    second = Visitor(provider)

    second.sign_in()

    assert {row.session_key.open() for row in LoginSession.objects.all()} == {
        key_of(visitor),
        key_of(second),
    }


def test_another_person_in_the_same_browser_ends_the_first_ones_row(visitor):
    visitor.sign_in(sub="ada")

    visitor.sign_in(sub="grace")

    row = LoginSession.objects.get()
    assert (row.identity.subject, row.session_key) == ("grace", key_of(visitor))


def test_the_same_person_again_has_a_new_key_and_one_row(visitor):
    visitor.sign_in(claims={"sid": "first"})
    first = key_of(visitor)

    visitor.sign_in(claims={"sid": "second"})

    row = LoginSession.objects.get()
    assert (row.sid, row.session_key) == ("second", key_of(visitor))
    assert key_of(visitor) != first


def test_the_same_person_again_after_a_change_of_the_sealing_key_has_one_row(visitor, settings):
    visitor.sign_in()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-key-of-the-tests"

    visitor.sign_in()

    row = LoginSession.objects.get()
    assert row.digest == fingerprints(key_of(visitor), app=get_app())[0]


def test_a_session_that_began_with_a_password_gets_a_row_when_the_person_comes_by_the_provider(
    visitor,
):
    Visitor(visitor.provider).sign_in(sub="ada")
    LoginSession.objects.all().delete()
    visitor.client.force_login(get_user_model().objects.get(), PASSWORDS)

    visitor.sign_in(sub="ada")

    assert LoginSession.objects.get().session_key == key_of(visitor)


def test_a_second_person_takes_one_statement_more_than_the_first(visitor):
    first = statements_of(lambda: visitor.sign_in(sub="ada"))

    second = statements_of(lambda: visitor.sign_in(sub="grace"))

    assert (len(first), len(second)) == (1, 2)


def test_of_sessions_in_signed_cookies_nothing_is_kept(visitor, settings):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"

    visitor.sign_in()

    assert visitor.client.get("/members/").status_code == 200
    assert not LoginSession.objects.exists()


def test_signing_out_deletes_the_row(visitor):
    visitor.sign_in()

    visitor.client.post("/genauth/logout/")

    assert not LoginSession.objects.exists()


def test_signing_out_in_the_admin_deletes_it_too(visitor):
    visitor.sign_in()
    get_user_model().objects.update(is_staff=True)

    visitor.client.post("/admin/logout/")

    assert not LoginSession.objects.exists()


def test_signing_out_of_a_session_that_began_otherwise_asks_for_no_row(client):
    client.force_login(get_user_model().objects.create_user("ada"), PASSWORDS)

    assert statements_of(client.logout) == []


def test_a_logout_outside_of_any_request_is_no_obstacle():
    receivers.delete_session_row(request=None)

    assert not LoginSession.objects.exists()


def test_a_database_that_is_out_of_order_keeps_nobody_signed_in(visitor, settings, caplog):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    visitor.sign_in()

    def fail(execute, sql, params, many, context):
        raise DatabaseError("the database is down")

    request = RequestFactory().get("/")
    request.session = visitor.client.session
    with connection.execute_wrapper(fail):
        receivers.delete_session_row(request=request)

    assert "The row of a session stays behind: DatabaseError" in caplog.text


def test_where_nobody_is_named_nobody_is_found():
    row = a_session(an_identity())

    assert registry.find(get_app(), row.identity.issuer) == []


def test_sessions_end_with_their_rows():
    identity = an_identity()
    ended, other = a_session(identity), a_session(identity)

    registry.end([ended])

    assert (lives(ended), lives(other)) == (False, True)
    assert list(LoginSession.objects.all()) == [other]


def test_many_end_a_few_at_a_time(monkeypatch):
    monkeypatch.setattr(registry, "ROWS_AT_ONCE", 2)
    rows = [a_session(an_identity()) for _ in range(5)]

    registry.end(LoginSession.objects.all())

    assert [lives(row) for row in rows] == [False] * 5
    assert not LoginSession.objects.exists()


def test_one_that_changes_its_key_meanwhile_ends_under_the_new_one():
    row = a_session(an_identity())
    seen = LoginSession.objects.get()
    session = new_session(row.session_key.open())
    before = registry.place_of(session)
    session.cycle_key()
    registry.sync(session, before)

    registry.end([seen])

    assert not new_session().exists(session.session_key)
    assert not LoginSession.objects.exists()


def test_one_that_somebody_else_has_ended_is_no_obstacle():
    row = a_session(an_identity())
    LoginSession.objects.all().delete()

    registry.end([row])

    assert not lives(row)


def test_one_that_nothing_opens_is_told_of_and_the_others_end(settings):
    lost = a_session(an_identity())
    settings.SECRET_KEY = "another-secret-key-of-the-tests"
    other = a_session(an_identity())

    with pytest.raises(SealError) as caught:
        registry.end([lost, other])

    assert caught.value.code == "seal.key"
    assert not lives(other)
    assert list(LoginSession.objects.all()) == [lost]


def with_a_password(visitor):
    visitor.sign_in()
    user = get_user_model().objects.get()
    user.set_password("old")
    user.save()
    visitor.sign_in()


@pytest.mark.urls("tests.support.site.passwords")
def test_the_row_follows_a_change_of_the_password(visitor, session_middleware):
    with_a_password(visitor)
    old_key = key_of(visitor)

    changed = visitor.client.post("/password/", {"new": "another"})

    assert changed.status_code == 200
    assert LoginSession.objects.get().session_key == key_of(visitor) != old_key


@pytest.mark.urls("tests.support.site.passwords")
def test_the_row_follows_under_asgi_too(visitor, session_middleware, async_client):
    visitor.sign_in()
    async_client.cookies = visitor.client.cookies
    old_key = key_of(visitor)

    changed = async_to_sync(async_client.post)("/cycle/")

    assert changed.status_code == 200
    assert LoginSession.objects.get().session_key == key_of(visitor) != old_key


@pytest.mark.urls("tests.support.site.passwords")
def test_a_session_that_ends_while_its_key_changes_ends_under_the_new_one(
    visitor, session_middleware
):
    visitor.sign_in()
    LoginSession.objects.all().delete()

    visitor.client.post("/cycle/")

    assert not visitor.is_signed_in


@pytest.mark.urls("tests.support.site.passwords")
def test_a_change_of_the_password_ends_the_sessions_elsewhere(
    visitor, provider, session_middleware
):
    with_a_password(visitor)
    elsewhere = Visitor(provider)
    elsewhere.sign_in()

    visitor.client.post("/password/", {"new": "another"})

    assert elsewhere.client.get("/members/").status_code == 302
    assert visitor.client.get("/members/").status_code == 200


@pytest.mark.urls("tests.support.site.passwords")
def test_a_session_without_a_row_may_change_its_key(client, session_middleware):
    client.force_login(get_user_model().objects.create_user("ada"), PASSWORDS)

    client.post("/cycle/")

    assert client.get("/members/").status_code == 200


@pytest.mark.urls("tests.support.site.passwords")
def test_a_session_that_django_throws_away_takes_its_row_along(visitor, session_middleware):
    visitor.sign_in()
    user = get_user_model().objects.get()
    user.set_password("another")
    user.save()

    visitor.client.get("/members/")

    assert not LoginSession.objects.exists()


def test_the_middleware_takes_no_statement_at_a_login(visitor, session_middleware):
    assert len(statements_of(visitor.sign_in)) == 1


def test_a_user_who_is_switched_off_is_signed_out_for_good(visitor):
    visitor.sign_in()
    user = get_user_model().objects.get()

    user.is_active = False
    user.save()
    user.is_active = True
    user.save()

    assert visitor.client.get("/members/").status_code == 302
    assert not LoginSession.objects.exists()


def test_a_user_who_is_switched_off_behind_the_back_of_save_is_refused_meanwhile(visitor):
    visitor.sign_in()

    get_user_model().objects.update(is_active=False)

    assert visitor.client.get("/members/").status_code == 302


def test_saving_a_user_takes_no_statement_more():
    user = an_identity().user

    assert statements_of(user.save) == []


def test_a_new_user_who_is_not_active_takes_none_either():
    assert statements_of(lambda: get_user_model().objects.create(is_active=False)) == []


def test_an_engine_that_is_out_of_order_does_not_keep_a_user_switched_on(settings, caplog):
    row = a_session(an_identity())
    settings.CACHES = {"default": {"BACKEND": "tests.support.site.broken_cache.BrokenCache"}}
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    user = row.identity.user
    user.is_active = False

    user.save()

    assert not get_user_model().objects.get().is_active
    assert "Sessions may live on: ConnectionError" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_deleting_an_identity_ends_its_sessions(visitor):
    visitor.sign_in()

    Identity.objects.get().delete()

    assert visitor.client.get("/members/").status_code == 302
    assert not Session.objects.filter(session_key=key_of(visitor)).exists()


@pytest.mark.django_db(transaction=True)
def test_deleting_rows_alone_ends_their_sessions_too():
    row = a_session(an_identity())

    LoginSession.objects.all().delete()

    assert not lives(row)


@pytest.mark.django_db(transaction=True)
def test_a_deletion_that_is_rolled_back_ends_no_session():
    row = a_session(an_identity())

    with suppress(ZeroDivisionError), transaction.atomic():
        row.identity.user.delete()
        raise ZeroDivisionError

    assert lives(row)


@pytest.mark.django_db(transaction=True)
def test_an_engine_out_of_order_keeps_no_identity_from_being_deleted(settings, caplog):
    row = a_session(an_identity())
    settings.CACHES = {"default": {"BACKEND": "tests.support.site.broken_cache.BrokenCache"}}
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"

    row.identity.delete()

    assert not Identity.objects.exists()
    assert "Sessions may live on: ConnectionError" in caplog.text


def expire(**rows):
    LoginSession.objects.filter(**rows).update(expires_at=timezone.now() - timedelta(seconds=1))


def test_purging_deletes_rows_whose_sessions_are_over():
    identity = an_identity()
    over, living = a_session(identity), a_session(identity)
    expire(pk=over.pk)
    Session.objects.filter(session_key=over.session_key.open()).delete()

    assert registry.purge() == 1
    assert list(LoginSession.objects.all()) == [living]


def test_purging_leaves_a_session_that_was_given_more_time():
    a_session(an_identity())
    expire()

    assert registry.purge() == 0
    assert LoginSession.objects.get().expires_at == Session.objects.get().expire_date


def test_purging_leaves_a_row_that_is_given_more_time_at_the_same_moment():
    row = a_session(an_identity())
    expire()
    Session.objects.filter(session_key=row.session_key).delete()

    def sign_in_meanwhile(execute, sql, params, many, context):
        if sql.startswith("DELETE"):
            registry.rows().update(expires_at=timezone.now() + timedelta(days=1))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(sign_in_meanwhile):
        deleted = registry.purge()

    assert (deleted, list(LoginSession.objects.all())) == (0, [row])


def test_purging_deletes_rows_that_nothing_opens(settings):
    a_session(an_identity())
    expire()
    settings.SECRET_KEY = "another-secret-key-of-the-tests"

    assert registry.purge() == 1


def test_purging_goes_on_where_many_live(monkeypatch):
    monkeypatch.setattr(registry, "ROWS_AT_ONCE", 1)
    for row in [a_session(an_identity()) for _ in range(3)][1:]:
        Session.objects.filter(session_key=row.session_key.open()).delete()
    expire()

    assert registry.purge() == 2


def test_a_row_is_sealed_anew_under_the_newest_key(settings):
    row = a_session(an_identity())
    key = row.session_key.open()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-key-of-the-tests"

    was_done = registry.reseal(LoginSession.objects.get(), get_app())

    settings.SECRET_KEY_FALLBACKS = []
    row = LoginSession.objects.get()
    assert (was_done, row.session_key) == (True, key)
    assert vars(row)["session_key"].text.count(".") == 4
    assert row.digest == fingerprints(key, app=get_app())[0]


def test_the_id_token_is_sealed_anew_too_also_where_the_key_is_already(visitor, settings):
    visitor.sign_in()
    id_token = LoginSession.objects.get().id_token.open()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-key-of-the-tests"
    row = LoginSession.objects.get()
    LoginSession.objects.update(**registry._key_columns(row.session_key.open(), get_app()))

    was_done = registry.reseal(LoginSession.objects.get(), get_app())

    settings.SECRET_KEY_FALLBACKS = []
    assert was_done
    assert LoginSession.objects.get().id_token == id_token


def test_a_row_under_the_newest_key_is_left_alone():
    row = a_session(an_identity())

    assert not registry.reseal(row, get_app())
    assert newest_key_id(get_app())


def test_a_row_whose_session_has_another_key_by_now_is_left_alone(settings):
    row = a_session(an_identity())
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a-newer-one", [settings.SECRET_KEY]
    LoginSession.objects.update(digest="of-another-key")

    assert registry.reseal(row, get_app()) is False
    assert LoginSession.objects.get().digest == "of-another-key"


def test_a_row_that_is_gone_is_not_sealed_anew(settings):
    row = a_session(an_identity())
    LoginSession.objects.all().delete()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-key-of-the-tests"

    assert not registry.reseal(row, get_app())


def test_a_row_says_whose_session_it_is_without_its_key():
    row = a_session(an_identity(), sid="s-1")

    assert str(row).startswith("An unknown browser, ")
    assert row.session_key.open() not in repr(row)
