"""genauth_purge: what is deleted, and what is kept."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from django_genauth.grants import sweeps
from django_genauth.models import Grant, Identity, LoginSession

LONG_AGO = timedelta(days=31)


@pytest.fixture
def identity(db):
    user = get_user_model().objects.create_user("ada")
    return Identity.objects.create(user=user, issuer="https://acme.genauth.ai/oidc", subject="1")


def a_grant(identity, app="default", **values):
    """Make a grant that is kept, unless the values say otherwise."""
    now = timezone.now()
    values = {"state": "active", "expires_at": now, "refresh_fingerprint": "known"} | values
    return Grant.objects.create(identity=identity, app=app, **values)


def deleted(*, ended=0, expired=0, sessions=0):
    """Return the line that says so."""
    return (
        f"Deleted {ended} ended grants, {expired} expired grants, and the rows of {sessions}"
        " sessions that are over.\n"
    )


def purge(run, *arguments):
    return run("genauth_purge", *arguments, workers=())


def test_a_grant_that_ended_long_ago_is_deleted(identity, run):
    a_grant(identity, state="ended", ended_at=timezone.now() - LONG_AGO)

    ran = purge(run)

    assert (ran.status, ran.out) == (0, deleted(ended=1, expired=0))
    assert not Grant.objects.exists()


def test_a_script_reads_the_numbers(identity, run):
    a_grant(identity, state="ended", ended_at=timezone.now() - LONG_AGO)

    ran = purge(run, "--format", "json")

    assert json.loads(ran.out) == {"ended": 1, "expired": 0, "sessions": 0, "to_be_revoked": 0}


def test_a_grant_that_ran_out_long_ago_and_cannot_be_refreshed_is_deleted(identity, run):
    a_grant(identity, expires_at=timezone.now() - LONG_AGO, refresh_fingerprint="")

    ran = purge(run)

    assert ran.out == deleted(ended=0, expired=1)
    assert not Grant.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"state": "ended", "ended_at": timezone.now()}, id="ended-lately"),
        pytest.param({"expires_at": timezone.now() - LONG_AGO}, id="can-be-refreshed"),
        pytest.param(
            {"expires_at": timezone.now(), "refresh_fingerprint": ""}, id="ran-out-lately"
        ),
        pytest.param({"expires_at": None, "refresh_fingerprint": ""}, id="never-runs-out"),
        pytest.param(
            {
                "state": "revoking",
                "expires_at": timezone.now() - LONG_AGO,
                "refresh_fingerprint": "",
            },
            id="to-be-revoked",
        ),
    ],
)
def test_a_grant_is_kept_that(identity, run, values):
    a_grant(identity, **values)

    ran = purge(run)

    assert ran.out == deleted(ended=0, expired=0)
    assert Grant.objects.count() == 1


def test_the_row_of_a_session_that_is_over_is_deleted(identity, run):
    LoginSession.objects.create(
        identity=identity,
        app="default",
        digest="1",
        session_key="a-session-that-nobody-has",
        expires_at=timezone.now() - timedelta(seconds=1),
    )

    ran = purge(run)

    assert ran.out == deleted(sessions=1)
    assert not LoginSession.objects.exists()


def test_how_long_is_long_may_be_said(identity, run):
    a_grant(identity, state="ended", ended_at=timezone.now() - timedelta(days=2))

    assert purge(run, "--days", "3").out == deleted(ended=0, expired=0)
    assert purge(run, "--days", "1").out == deleted(ended=1, expired=0)


def test_days_are_a_number(db, run):
    ran = purge(run, "--days", "-1")

    assert ran.err == "Error: argument --days: is a number of days\n"


def test_more_than_a_batch_is_deleted(identity, run, monkeypatch):
    monkeypatch.setattr(sweeps, "ROWS_AT_ONCE", 2)
    for number in range(5):
        a_grant(identity, f"app-{number}", state="ended", ended_at=timezone.now() - LONG_AGO)

    assert purge(run).out == deleted(ended=5, expired=0)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_fails_is_said(run, vanished):
    with vanished():
        ran = purge(run)

    assert ran.status == 2
    assert ran.err == "The database failed (Error). Run the same command again later.\n"


def test_grants_that_nobody_needs_are_counted_and_the_command_for_them_is_named(identity, run):
    a_grant(identity, sid="one")
    a_grant(identity, sid="two")

    ran = purge(run)

    assert ran.out == deleted() + (
        "1 grants that nobody needs are to be revoked: genauth_revoke --all --pending does it.\n"
    )
