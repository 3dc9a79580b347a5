"""Grants that nobody needs any more: a purge marks them, and spares what may be needed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from django_genauth import grants
from django_genauth.conf import get_app
from django_genauth.grants import sweeps
from django_genauth.models import Grant, LoginSession
from django_genauth.protocol.tokens import TokenSet
from tests.support.signed_in import a_session, an_identity

pytestmark = pytest.mark.django_db


def a_grant(identity, *, sid):
    tokens = TokenSet(access_token="a", token_type="Bearer", refresh_token="r")
    return grants.store(identity, get_app(), tokens, sid=sid)


def purge():
    return sweeps.purge(before=timezone.now() - timedelta(days=30))


def state_of(grant):
    return Grant.objects.get(pk=grant.pk).state


def test_a_grant_whose_sign_in_is_over_and_that_a_later_one_replaces_is_to_be_revoked():
    older, newer = a_grant(an_identity(), sid="one"), a_grant(an_identity(), sid="two")

    counted = purge()

    assert counted == (0, 0, 1)
    assert (state_of(older), state_of(newer)) == ("revoking", "active")


def test_a_grant_that_a_sign_in_uses_is_needed():
    older, _ = a_grant(an_identity(), sid="one"), a_grant(an_identity(), sid="two")
    session = a_session(an_identity())
    LoginSession.objects.filter(pk=session.pk).update(grant=older)

    purge()

    assert state_of(older) == "active"


@pytest.mark.parametrize("sid", ["one", ""], ids=["the same session", "no session known"])
def test_a_grant_is_kept_while_another_one_lives_that_may_have_come_of_the_same_session(sid):
    # Measured at oidc-provider 6 and 9: to revoke the older ends the younger.
    older, _ = a_grant(an_identity(), sid="one"), a_grant(an_identity(), sid=sid)

    purge()

    assert state_of(older) == "active"


def test_a_grant_of_a_session_that_nobody_knows_is_kept():
    older, _ = a_grant(an_identity(), sid=""), a_grant(an_identity(), sid="two")

    purge()

    assert state_of(older) == "active"


def test_the_newest_that_can_be_refreshed_is_needed_for_work_without_a_person():
    newest = a_grant(an_identity(), sid="one")
    Grant.objects.create(identity=an_identity(), app="default", sid="two")

    purge()

    assert state_of(newest) == "active"


def test_a_grant_of_another_person_replaces_nothing():
    first = a_grant(an_identity("ada"), sid="one")
    a_grant(an_identity("grace"), sid="two")

    purge()

    assert state_of(first) == "active"


def test_a_predecessor_waits_for_its_successor():
    older, newer = a_grant(an_identity(), sid="one"), a_grant(an_identity(), sid="two")
    Grant.objects.filter(pk=older.pk).update(successor=newer)

    purge()

    assert state_of(older) == "active"
