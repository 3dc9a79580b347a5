"""The token set of the last login: kept, replaced, and read for signing out."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from django_genauth import grants
from django_genauth.conf import get_app
from django_genauth.grants import rows
from django_genauth.models import Grant, Identity
from django_genauth.protocol.tokens import TokenSet
from django_genauth.times import from_timestamp

pytestmark = pytest.mark.django_db


@pytest.fixture
def identity():
    user = get_user_model().objects.create_user("ada")
    return Identity.objects.create(user=user, issuer="https://acme.genauth.ai/oidc", subject="1")


def a_token_set(**changes):
    values = {"access_token": "the-access", "token_type": "Bearer", "id_token": "the-id"}
    return TokenSet(**(values | changes))


def test_every_member_of_the_token_set_is_kept(identity):
    grants.store(identity, get_app(), a_token_set(refresh_token="the-refresh", extra={"a": [1]}))

    kept = Grant.objects.get().token_set
    assert (kept["access_token"], kept["refresh_token"]) == ("the-access", "the-refresh")
    assert kept["extra"] == {"a": [1]}


def test_each_sign_in_has_a_grant_of_its_own(identity):
    first = grants.store(identity, get_app(), a_token_set(refresh_token="the-first"))

    second = grants.store(identity, get_app(), a_token_set(refresh_token="the-second"))

    kept = Grant.objects.order_by("pk")
    assert list(kept) == [first, second]
    assert [each.token_set["refresh_token"] for each in kept] == ["the-first", "the-second"]


def test_a_sign_in_without_a_refresh_token_uses_the_newest_grant_that_has_one(identity):
    # Google gives a refresh token at the first consent only.
    grants.store(identity, get_app(), a_token_set(refresh_token="the-first"))
    newest = grants.store(identity, get_app(), a_token_set(refresh_token="the-second"))

    used = grants.store(identity, get_app(), a_token_set(access_token="the-third"))

    assert used == newest
    assert Grant.objects.count() == 2


@pytest.mark.parametrize("state", ["revoking", "ended"])
def test_a_grant_that_is_over_is_used_by_no_sign_in(identity, state):
    over = grants.store(identity, get_app(), a_token_set(refresh_token="the-first"))
    Grant.objects.update(state=state)

    assert grants.store(identity, get_app(), a_token_set()) != over


def test_a_grant_of_another_person_is_used_by_no_sign_in(identity):
    other = Identity.objects.create(user=identity.user, issuer=identity.issuer, subject="2")
    theirs = grants.store(other, get_app(), a_token_set(refresh_token="the-first"))

    assert grants.store(identity, get_app(), a_token_set()) != theirs


def test_each_app_has_a_grant_of_its_own(identity, settings):
    settings.GENAUTH = dict.fromkeys(("default", "partner"), settings.GENAUTH["default"])
    grants.store(identity, get_app(), a_token_set())

    grants.store(identity, get_app("partner"), a_token_set())

    assert set(Grant.objects.values_list("app", flat=True)) == {"default", "partner"}


def test_a_token_is_found_at_its_own_app_alone(identity, settings):
    settings.GENAUTH = dict.fromkeys(("default", "partner"), settings.GENAUTH["default"])
    grants.store(identity, get_app(), a_token_set())

    assert rows.find("the-access", get_app()) == Grant.objects.get()
    assert rows.find("the-access", get_app("partner")) is None


def test_the_row_tells_when_the_access_token_expires(identity):
    grants.store(identity, get_app(), a_token_set(expires_at=1_800_000_000.0))

    assert Grant.objects.get().expires_at == from_timestamp(1_800_000_000)


def test_a_token_without_a_time_has_none_in_the_row(identity):
    grants.store(identity, get_app(), a_token_set())

    assert Grant.objects.get().expires_at is None


def test_the_database_holds_no_token(identity):
    grants.store(identity, get_app(), a_token_set(refresh_token="the-refresh"))

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM genauth_grant")
        row = str(cursor.fetchone())
    assert not any(token in row for token in ("the-access", "the-refresh", "the-id"))


def test_the_id_token_is_at_hand_for_signing_out(identity):
    grant = grants.store(identity, get_app(), a_token_set())

    assert rows.id_token_of(grant, get_app()) == "the-id"


def test_without_a_grant_there_is_no_id_token():
    assert rows.id_token_of(None, get_app()) is None


def test_a_grant_that_was_moved_to_another_person_stays_shut(identity):
    grants.store(identity, get_app(), a_token_set())
    other = Identity.objects.create(user=identity.user, issuer=identity.issuer, subject="2")
    Grant.objects.update(identity=other)

    assert rows.id_token_of(Grant.objects.get(), get_app()) is None
