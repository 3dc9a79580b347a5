"""Deleting identities and users in the admin: their grants end at the provider after it."""

import pytest
from django.contrib.auth import get_user_model

from django_genauth.grants import pending
from django_genauth.models import Grant, Identity
from tests.support.administrators import (
    GRANTS,
    IDENTITIES,
    act,
    an_administrator,
    messages_of,
    text_of,
)
from tests.support.grantees import a_grant

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("app")]

USERS = "/admin/auth/user/"
KEPT = (
    "Grants that are still to be revoked at the provider: 1. They are kept without their identity,"
    " for the site's worker or genauth_revoke --all --pending."
)


@pytest.fixture
def root():
    return an_administrator(is_superuser=True)


def test_deleting_an_identity_revokes_its_grants(root, provider):
    grant = a_grant(provider)
    refresh_token = grant.token_set["refresh_token"]

    said = messages_of(root.post(f"{IDENTITIES}{grant.identity_id}/delete/", {"post": "yes"}))

    assert provider.grants.find_token(refresh_token).active is False
    assert (Identity.objects.count(), Grant.objects.count()) == (0, 0)
    assert KEPT not in said


def test_deleting_an_identity_says_how_many_are_still_to_be_revoked(root, provider):
    grant = a_grant(provider)
    provider.lie("revocation", status=503)

    said = messages_of(root.post(f"{IDENTITIES}{grant.identity_id}/delete/", {"post": "yes"}))

    grant.refresh_from_db()
    assert KEPT in said
    assert (grant.identity, grant.state) == (None, Grant.State.REVOKING)
    assert Identity.objects.count() == 0


def test_deleting_several_identities_says_how_many_are_still_to_be_revoked(
    root, provider, monkeypatch
):
    monkeypatch.setattr(pending, "_PAUSE", 0)
    chosen = [a_grant(provider, name="ada").identity, a_grant(provider, name="bob").identity]
    provider.lie("revocation", status=503, times=1)

    said = messages_of(act(root, IDENTITIES, "delete_selected", *chosen, post="yes"))

    assert KEPT in said
    assert (Identity.objects.count(), Grant.objects.count()) == (0, 1)


def test_more_identities_than_a_page_can_wait_for_are_not_deleted(root, provider):
    user = get_user_model().objects.create_user("many")
    chosen = [
        Identity.objects.create(user=user, issuer=provider.issuer, subject=f"{count}")
        for count in range(101)
    ]

    said = messages_of(act(root, IDENTITIES, "delete_selected", *chosen, post="yes"))

    assert said == ["Nothing was done: at most 100 at once."]
    assert Identity.objects.count() == 101


def test_nothing_is_revoked_where_that_is_switched_off(root, provider, app):
    app["REVOKE_ON_DELETE"] = False
    grant = a_grant(provider)

    root.post(f"{IDENTITIES}{grant.identity_id}/delete/", {"post": "yes"})

    assert provider.requests == []
    assert Grant.objects.count() == 0


@pytest.mark.parametrize("several", [False, True], ids=["one", "several"])
def test_the_question_names_the_grants(root, provider, several):
    identity = a_grant(provider).identity

    if_several = act(root, IDENTITIES, "delete_selected", identity)
    page = if_several if several else root.get(f"{IDENTITIES}{identity.pk}/delete/")

    text = text_of(page)
    assert "Grant: ada @ default, active" in text
    assert "Grants: 1" in text


def test_an_identity_without_grants_has_none_in_the_question(root, provider):
    identity = a_grant(provider).identity
    Grant.objects.all().delete()

    page = root.get(f"{IDENTITIES}{identity.pk}/delete/")

    assert "Grant: " not in text_of(page)


def test_who_may_not_delete_does_not(provider):
    grant = a_grant(provider)
    viewer = an_administrator("view_identity")

    response = viewer.post(f"{IDENTITIES}{grant.identity_id}/delete/", {"post": "yes"})

    assert (response.status_code, provider.requests) == (403, [])


def test_who_may_delete_does(provider):
    grant = a_grant(provider)
    client = an_administrator("view_identity", "delete_identity")

    client.post(f"{IDENTITIES}{grant.identity_id}/delete/", {"post": "yes"})

    assert Identity.objects.count() == 0


def test_deleting_a_user_revokes_their_grants(root, provider):
    user = a_grant(provider).identity.user

    root.post(f"{USERS}{user.pk}/delete/", {"post": "yes"})

    assert len(provider.requests_to("revocation")) == 1
    assert Grant.objects.count() == 0


def test_a_grant_that_outlived_its_user_is_in_the_list(root, provider):
    user = a_grant(provider).identity.user
    provider.lie("revocation", status=503)
    root.post(f"{USERS}{user.pk}/delete/", {"post": "yes"})

    page = root.get(GRANTS, {"state__exact": "revoking"})

    assert "- - default to be revoked" in text_of(page)


def test_the_list_says_how_many_are_still_to_be_revoked(root, provider):
    user = a_grant(provider).identity.user
    provider.lie("revocation", status=503)
    root.post(f"{USERS}{user.pk}/delete/", {"post": "yes"})

    page = root.get(GRANTS)

    assert "Still to be revoked at the provider: 1" in text_of(page)


def test_the_list_says_nothing_of_that_where_there_are_none(root, provider):
    a_grant(provider)

    page = root.get(GRANTS)

    assert "Still to be revoked" not in text_of(page)


@pytest.mark.urls("tests.support.site.people_admin")
def test_a_sites_own_admin_of_users_says_how_many_are_still_to_be_revoked(root, provider):
    user = a_grant(provider).identity.user
    provider.lie("revocation", status=503)

    said = messages_of(root.post(f"{USERS}{user.pk}/delete/", {"post": "yes"}))

    assert KEPT in said


@pytest.mark.urls("tests.support.site.people_admin")
def test_a_sites_own_admin_of_users_names_the_grants_in_the_question(root, provider):
    user = a_grant(provider).identity.user

    text = text_of(root.get(f"{USERS}{user.pk}/delete/"))

    assert "Grant: ada @ default, active" in text
