"""Deleting an identity, with its user or by itself: its grants are revoked first (RFC 7009)."""

from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model

from django_genauth import grants, receivers
from django_genauth.conf import get_app
from django_genauth.models import Grant
from tests.support.grantees import a_grant
from tests.support.signed_in import a_session, an_identity, lives

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("app")]


def revoked_tokens(provider):
    return [request.form["token"] for request in provider.requests_to("revocation")]


@pytest.mark.parametrize("whose", ["identity", "user"])
def test_deleting_revokes_first(provider, whose):
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


def test_the_site_may_switch_that_off(provider, app):
    grant = a_grant(provider)
    app["REVOKE_ON_DELETE"] = False

    grant.identity.delete()

    assert (revoked_tokens(provider), Grant.objects.count()) == ([], 0)


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
        "Not revoked before the deletion, and kept to be tried again:"
        f" grant={grant.pk} code=provider_unavailable.status_503"
    ]


def test_a_provider_that_failed_is_not_waited_for_by_each_deletion(provider):
    a_grant(provider, name="ada")
    a_grant(provider, name="grace")
    provider.lie("revocation", status=503)

    get_user_model().objects.all().delete()

    assert len(revoked_tokens(provider)) == 1
    assert list(Grant.objects.values_list("state", flat=True)) == ["revoking"] * 2


def test_a_while_later_it_is_asked_again(provider, monkeypatch):
    monkeypatch.setattr(receivers, "_PAUSE", 0)
    a_grant(provider, name="ada")
    a_grant(provider, name="grace")
    provider.lie("revocation", status=503)

    get_user_model().objects.all().delete()

    assert len(revoked_tokens(provider)) == 2


def test_under_a_lost_key_the_row_goes_and_the_log_says_so(provider, settings, caplog):
    grant = a_grant(provider)
    settings.SECRET_KEY = "another-secret-key-under-which-nothing-was-sealed"

    grant.identity.delete()

    assert not Grant.objects.exists()
    assert caplog.messages[-1].startswith(
        f"Deleted, as nothing opens it to revoke it: grant={grant.pk}: The grant"
    )
    assert caplog.records[-1].levelname == "ERROR"


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
