"""genauth_rekey: what is sealed anew, and what stays shut."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.utils import timezone

from django_genauth import grants
from django_genauth.conf import get_app
from django_genauth.grants import rows
from django_genauth.models import Grant, Identity, LoginSession
from django_genauth.protocol.tokens import TokenSet
from django_genauth.sealing import key_id, newest_key_id
from tests.support.signals import press_ctrl_c


@pytest.fixture
def grant(db):
    return a_grant("ada")


def a_grant(name, app="default"):
    """Make a grant under the newest key."""
    user, _ = get_user_model().objects.get_or_create(username=name)
    identity, _ = Identity.objects.get_or_create(
        user=user, issuer="https://acme.genauth.ai/oidc", subject=name
    )
    token_set = TokenSet(access_token=f"access-{name}", token_type="Bearer", refresh_token=name)
    grants.store(identity, get_app(app), token_set)
    return Grant.objects.get(identity=identity, app=app)


def rekey(run, *arguments):
    return run("genauth_rekey", *arguments, workers=())


def turn_the_key(settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]


def key_of(grant):
    return key_id(vars(Grant.objects.get(pk=grant.pk))["token_set"].text)


def test_a_grant_is_sealed_under_the_newest_key(grant, run, settings):
    turn_the_key(settings)

    ran = rekey(run)

    assert (ran.status, ran.out, ran.err) == (
        0,
        "1 sealed anew, 0 under the newest key already, 0 not opened.\n",
        "",
    )
    assert key_of(grant) == newest_key_id(get_app())


def test_a_script_reads_the_numbers(grant, run, settings):
    turn_the_key(settings)

    ran = rekey(run, "--format", "json")

    assert json.loads(ran.out) == {"sealed": 1, "newest": 0, "not_opened": 0}


def test_what_was_sealed_is_read_and_found_without_the_old_key(grant, run, settings):
    turn_the_key(settings)
    rekey(run)

    settings.SECRET_KEY_FALLBACKS = []

    assert Grant.objects.get().token_set["access_token"] == "access-ada"
    assert rows.find("access-ada", get_app()) == rows.find("ada", get_app()) == grant


def test_nothing_else_of_the_row_is_changed(grant, run, settings):
    turn_the_key(settings)

    rekey(run)

    after = Grant.objects.get()
    assert (after.updated_at, after.lease) == (grant.updated_at, grant.lease)


def test_what_is_under_the_newest_key_is_left_as_it_is(grant, run):
    before = vars(Grant.objects.get())["token_set"].text

    ran = rekey(run)

    assert ran.out == "0 sealed anew, 1 under the newest key already, 0 not opened.\n"
    assert vars(Grant.objects.get())["token_set"].text == before


def test_a_grant_that_is_over_has_nothing_to_seal(grant, run, settings):
    Grant.objects.update(token_set=None, state="ended")
    turn_the_key(settings)

    assert rekey(run).out == "0 sealed anew, 0 under the newest key already, 0 not opened.\n"


def test_the_key_of_a_session_is_sealed_under_the_newest_key(grant, run, settings):
    Grant.objects.all().delete()
    LoginSession.objects.create(
        identity=grant.identity,
        app="default",
        digest="1",
        session_key="a-key",
        expires_at=timezone.now(),
    )
    turn_the_key(settings)

    ran = rekey(run)

    settings.SECRET_KEY_FALLBACKS = []
    assert ran.out == "1 sealed anew, 0 under the newest key already, 0 not opened.\n"
    assert LoginSession.objects.get().session_key == "a-key"


def test_a_lost_key_is_named_with_its_row_and_the_others_go_on(grant, run, settings):
    lost = newest_key_id(get_app())
    settings.SECRET_KEY = "between"
    a_grant("grace")
    turn_the_key(settings)

    ran = rekey(run)

    assert ran.err == (
        f"grant row {grant.pk}: The grant {grant.identity_id} default is sealed under the key"
        f" {lost}, which is not among the app's. Put it back, into SECRET_KEY_FALLBACKS or"
        " TOKEN_KEYS. [seal.key]\n"
    )
    assert ran.out == "1 sealed anew, 0 under the newest key already, 1 not opened.\n"
    assert ran.status == 2


def test_one_apps_grants_are_chosen_by_its_alias(grant, run, settings):
    settings.GENAUTH = dict.fromkeys(("default", "partners"), settings.GENAUTH["default"])
    a_grant("ada", "partners")
    turn_the_key(settings)

    ran = rekey(run, "--app", "partners")

    assert ran.out == "1 sealed anew, 0 under the newest key already, 0 not opened.\n"
    assert key_of(grant) != newest_key_id(get_app())


def test_an_unknown_app_makes_the_status_2(db, run):
    ran = rekey(run, "--app", "eve")

    assert (ran.status, ran.err) == (2, "GENAUTH has no app 'eve'.\n")


@pytest.mark.django_db(transaction=True)
def test_a_database_that_fails_is_said(run, vanished):
    with vanished():
        ran = rekey(run)

    assert ran.status == 2
    assert ran.err == "The database failed (Error). Run the same command again later.\n"


def test_what_was_refreshed_since_it_was_read_is_not_lost(grant, settings):
    turn_the_key(settings)
    refreshed = {**grant.token_set, "access_token": "the-newer"}
    Grant.objects.update(**rows.columns(grant, refreshed, get_app()))

    assert rows.reseal(grant, get_app()) is False
    assert Grant.objects.get().token_set["access_token"] == "the-newer"


def test_what_was_deleted_since_it_was_read_is_passed_over(grant, settings):
    turn_the_key(settings)
    Grant.objects.all().delete()

    assert rows.reseal(grant, get_app()) is False


def test_ctrl_c_ends_after_the_row_in_hand(grant, run, settings):
    a_grant("grace")
    turn_the_key(settings)

    def stop_at_an_update(execute, sql, *rest):
        if sql.startswith("UPDATE"):
            press_ctrl_c()
        return execute(sql, *rest)

    with connection.execute_wrapper(stop_at_an_update):
        ran = rekey(run)

    assert ran.out == "1 sealed anew, 0 under the newest key already, 0 not opened.\n"
    assert (ran.status, ran.err) == (130, "Stopped. The same command goes on from there.\n")


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="no locks of rows")
def test_what_another_process_has_in_hand_comes_last(run, settings):
    ada, grace = a_grant("ada"), a_grant("grace")
    turn_the_key(settings)
    is_locked = threading.Event()

    def hold_until_the_other_is_done():
        with transaction.atomic():
            Grant.objects.select_for_update().get(pk=ada.pk)
            is_locked.set()
            deadline = time.monotonic() + 30
            while key_of(grace) != newest_key_id(get_app()) and time.monotonic() < deadline:
                time.sleep(0.01)
            before = key_of(ada)
        connection.close()
        return before

    with ThreadPoolExecutor(1) as other:
        holding = other.submit(hold_until_the_other_is_done)
        is_locked.wait(30)
        ran = rekey(run)

    assert holding.result() != newest_key_id(get_app())
    assert ran.out == "2 sealed anew, 0 under the newest key already, 0 not opened.\n"
