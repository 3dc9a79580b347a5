"""Deleting an identity, with its user or by itself: its grants are revoked after it (RFC 7009)."""

from contextlib import suppress
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from django_genauth import grants, receivers
from django_genauth.conf import get_app
from django_genauth.grants import pending
from django_genauth.models import Grant
from django_genauth.signals import revocation_pending
from tests.support.grantees import a_grant
from tests.support.signed_in import a_session, an_identity, lives

# What follows a deletion follows its commit.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("app")]


def revoked_tokens(provider):
    return [request.form["token"] for request in provider.requests_to("revocation")]


def statements_of_deletion():
    """Delete all users, and return how many statements that takes before the commit."""
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        get_user_model().objects.all().delete()
        return len(captured)


@pytest.mark.parametrize("whose", ["identity", "user"])
def test_deleting_revokes(provider, whose):
    grant = a_grant(provider)
    doomed = {"identity": grant.identity, "user": grant.identity.user}[whose]

    doomed.delete()

    assert revoked_tokens(provider) == [grant.token_set["refresh_token"]]
    assert not Grant.objects.exists()


def test_deleting_several_at_once_revokes_them_all(provider):
    a_grant(provider, name="ada")
    a_grant(provider, name="grace")

    get_user_model().objects.all().delete()

    assert len(revoked_tokens(provider)) == 2
    assert not Grant.objects.exists()


def test_the_provider_is_not_asked_before_the_commit(provider):
    grant = a_grant(provider)

    with transaction.atomic():
        grant.identity.user.delete()
        asked = revoked_tokens(provider)

    assert asked == []
    assert revoked_tokens(provider) == [grant.token_set["refresh_token"]]


def test_before_the_commit_the_grant_is_set_aside(provider):
    grant = a_grant(provider)
    lease, number = grant.lease, grant.identity_id

    with transaction.atomic():
        grant.identity.user.delete()
        kept = Grant.objects.get()

    assert (kept.state, kept.identity, kept.former_identity) == ("revoking", None, number)
    assert kept.lease != lease
    assert kept.token_set == grant.token_set


def test_a_deletion_that_is_rolled_back_revokes_nothing(provider):
    grant = a_grant(provider)

    with suppress(ZeroDivisionError), transaction.atomic():
        get_user_model().objects.all().delete()
        raise ZeroDivisionError

    kept = Grant.objects.get()
    assert revoked_tokens(provider) == []
    assert (kept.state, kept.identity, kept.lease) == ("active", grant.identity, grant.lease)


def test_a_part_of_a_transaction_that_is_rolled_back_revokes_nothing_of_its_own(provider):
    ada, grace, eve = (a_grant(provider, name=name) for name in ("ada", "grace", "eve"))
    left = grace.identity_id

    with transaction.atomic():
        ada.identity.delete()
        with suppress(ZeroDivisionError), transaction.atomic():
            grace.identity.delete()
            raise ZeroDivisionError
        eve.identity.delete()

    assert revoked_tokens(provider) == [
        eve.token_set["refresh_token"],
        ada.token_set["refresh_token"],
    ]
    assert Grant.objects.get().identity_id == left


def test_more_users_take_no_more_statements(provider):
    a_session(a_grant(provider, name="ada").identity)
    for_one = statements_of_deletion()
    for name in ("ada", "grace", "eve"):
        a_session(a_grant(provider, name=name).identity)

    assert statements_of_deletion() == for_one


def test_no_request_is_begun_after_as_long_as_a_page_may_wait(provider, monkeypatch, caplog):
    monkeypatch.setattr(pending, "_LAST_START", 0)
    a_grant(provider, name="ada")
    a_grant(provider, name="grace")

    get_user_model().objects.all().delete()

    assert revoked_tokens(provider) == []
    assert list(Grant.objects.values_list("state", flat=True)) == ["revoking"] * 2
    assert caplog.messages == ["Grants of deleted identities that are still to be revoked: 2"]


def test_of_the_rest_the_site_is_told(provider, monkeypatch):
    monkeypatch.setattr(pending, "_LAST_START", 0)
    told = []
    grant = a_grant(provider)

    def note(**kwargs):
        told.append(kwargs["signal"])

    revocation_pending.connect(note)
    grant.identity.delete()
    revocation_pending.disconnect(note)

    assert told == [revocation_pending]


def test_the_site_may_switch_that_off(provider, app):
    grant = a_grant(provider)
    app["REVOKE_ON_DELETE"] = False

    grant.identity.delete()

    assert (revoked_tokens(provider), Grant.objects.count()) == ([], 0)


def test_it_stays_on_where_the_app_is_out_of_order(provider, app):
    grant = a_grant(provider)
    app.update({"REVOKE_ON_DELETE": False, "APP_ID": 1})

    grant.identity.delete()

    assert Grant.objects.get().state == "revoking"


def test_an_ended_grant_goes_without_a_request(provider):
    grant = a_grant(provider)
    grants.revoke(grant, get_app())
    provider.forget_requests()

    grant.identity.delete()

    assert (provider.requests, Grant.objects.count()) == ([], 0)


def test_if_the_provider_cannot_be_reached_the_user_goes_and_the_token_stays(provider, caplog):
    grant = a_grant(provider)
    provider.lie("revocation", status=503)

    grant.identity.user.delete()

    kept = Grant.objects.get()
    assert not get_user_model().objects.exists()
    assert (kept.state, kept.identity, kept.token_set) == ("revoking", None, grant.token_set)
    assert caplog.messages == [
        "Not revoked after the deletion, and kept to be tried again:"
        f" grant={grant.pk} code=provider_unavailable.status_503",
        "Grants of deleted identities that are still to be revoked: 1",
    ]


def test_a_provider_that_failed_is_not_waited_for_by_each_deletion(provider):
    a_grant(provider, name="ada")
    a_grant(provider, name="grace")
    provider.lie("revocation", status=503)

    get_user_model().objects.all().delete()

    assert len(revoked_tokens(provider)) == 1
    assert list(Grant.objects.values_list("state", flat=True)) == ["revoking"] * 2


def test_a_while_later_it_is_asked_again(provider, monkeypatch):
    monkeypatch.setattr(pending, "_PAUSE", 0)
    a_grant(provider, name="ada")
    a_grant(provider, name="grace")
    provider.lie("revocation", status=503)

    get_user_model().objects.all().delete()

    assert len(revoked_tokens(provider)) == 2


def test_under_a_lost_key_the_user_goes_and_the_token_stays_until_the_key_is_back(
    provider, settings, caplog
):
    grant = a_grant(provider)
    key = settings.SECRET_KEY
    settings.SECRET_KEY = "another-secret-key-under-which-nothing-was-sealed"

    grant.identity.user.delete()

    settings.SECRET_KEY = key
    assert Grant.objects.get().token_set == grant.token_set
    assert f"grant={grant.pk} code=seal.key" in caplog.text


class Proxy(get_user_model()):
    """Be the user, as an admin of its own saves it."""

    class Meta:
        proxy = True
        app_label = "tests"


@pytest.mark.parametrize("model", [get_user_model(), Proxy])
def test_who_is_switched_off_is_signed_out(model):
    row = a_session(an_identity())
    user = model.objects.get()

    user.is_active = False
    user.save()

    assert not lives(row)


def test_who_is_saved_otherwise_stays(db):
    row = a_session(an_identity())

    get_user_model().objects.get().save()
    Proxy.objects.create(username="new", is_active=False)
    Grant(app="default").save()

    assert lives(row)


def test_a_parent_of_the_user_model_that_is_switched_off_ends_the_sessions(monkeypatch):
    class Child(get_user_model()):
        class Meta:
            proxy = True
            app_label = "site"

    row = a_session(an_identity())
    monkeypatch.setattr(receivers, "get_user_model", lambda: Child)
    user = row.identity.user
    user.is_active = False

    receivers.end_sessions_of_inactive_user(instance=user, created=False)

    assert not lives(row)


def test_what_is_no_user_ends_nothing():
    row = a_session(an_identity())

    receivers.end_sessions_of_inactive_user(
        instance=SimpleNamespace(pk=row.identity.user.pk, is_active=False), created=False
    )

    assert lives(row)
