"""Grants that end: revoked at the provider first, and kept while that cannot be (RFC 7009)."""

from secrets import token_hex

import pytest
from django.contrib.auth import get_user_model

from django_genauth import grants
from django_genauth.conf import get_app
from django_genauth.grants import leases, rows
from django_genauth.models import Grant, Identity
from django_genauth.protocol.errors import GrantError, ProviderUnavailable, SealError
from django_genauth.protocol.tokens import TokenSet
from django_genauth.signals import tokens_revoked
from tests.support.grantees import a_grant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("app")]


def revoked_tokens(provider):
    return [request.form["token"] for request in provider.requests_to("revocation")]


@pytest.fixture
def told():
    """Hear what the signal tells."""
    heard = []

    def hear(reason, **_):
        heard.append(reason)

    tokens_revoked.connect(hear)
    yield heard
    tokens_revoked.disconnect(hear)


def test_a_revoked_grant_is_ended_there_and_here(provider, told):
    grant = a_grant(provider)
    refresh_token = grant.token_set["refresh_token"]

    grants.revoke(grant, get_app())

    ended = Grant.objects.get()
    assert revoked_tokens(provider) == [refresh_token]
    assert (ended.state, ended.token_set, ended.refresh_fingerprint) == ("ended", None, "")
    assert told == ["revoked"]


def test_without_a_refresh_token_the_access_token_is_revoked(provider):
    grant = a_grant(provider, refresh_token=None)

    grants.revoke(grant, get_app())

    assert revoked_tokens(provider) == [grant.token_set["access_token"]]


def test_one_that_has_ended_is_not_revoked_again(provider):
    grant = a_grant(provider)
    grants.revoke(grant, get_app())

    grants.revoke(grant, get_app())

    assert len(revoked_tokens(provider)) == 1


def test_one_that_could_not_be_revoked_is_kept_and_used_no_more(provider, told):
    grant = a_grant(provider, left=3600)
    provider.lie("revocation", status=503)

    with pytest.raises(ProviderUnavailable):
        grants.revoke(grant, get_app())

    kept = Grant.objects.get()
    assert (kept.state, kept.token_set, told) == ("revoking", grant.token_set, [])
    with pytest.raises(GrantError):
        grants.get_access_token(grant.identity.user)


def test_one_that_is_still_to_be_revoked_is_not_ended_without_the_provider(provider):
    grant = a_grant(provider)
    provider.lie("revocation", status=503)
    with pytest.raises(ProviderUnavailable):
        grants.revoke(grant, get_app())

    was_ended = grants.end(grant, "logged_out")

    assert (was_ended, Grant.objects.get().state) == (False, "revoking")


def test_the_next_try_ends_it(provider):
    grant = a_grant(provider)
    provider.lie("revocation", status=503, times=1)
    with pytest.raises(ProviderUnavailable):
        grants.revoke(grant, get_app())

    grants.revoke(grant, get_app())

    assert Grant.objects.get().state == "ended"


def test_what_was_refreshed_meanwhile_is_revoked_too(provider):
    grant = a_grant(provider)
    client = get_app().client
    revoke = client.revoke

    def refreshed_meanwhile(token):
        client.revoke = revoke
        revoke("another-token")
        # As a refresh that began before does when it comes back.
        rotated = {**grant.token_set, "refresh_token": "the-rotated"}
        Grant.objects.update(lease="other", **rows.columns(grant, rotated, get_app()))

    client.revoke = refreshed_meanwhile

    grants.revoke(grant, get_app())

    assert revoked_tokens(provider) == ["another-token", "the-rotated"]
    assert Grant.objects.get().state == "ended"


def test_what_is_refreshed_again_and_again_is_left_to_be_revoked_later(provider):
    grant = a_grant(provider)
    client = get_app().client

    def refreshed_meanwhile(token):
        Grant.objects.update(lease=token_hex(8))

    client.revoke = refreshed_meanwhile

    grants.revoke(grant, get_app())

    assert Grant.objects.get().state == "revoking"


def test_a_new_login_leaves_an_ended_grant_as_it_is(provider):
    ended = a_grant(provider)
    grants.revoke(ended, get_app())

    grant = a_grant(provider)

    assert (grant.state, grant.ended_at) == ("active", None)
    assert Grant.objects.get(pk=ended.pk).state == "ended"


def test_a_new_login_leaves_what_is_still_to_be_revoked(provider):
    grant = a_grant(provider)
    provider.lie("revocation", status=503, times=1)
    with pytest.raises(ProviderUnavailable):
        grants.revoke(grant, get_app())

    a_grant(provider)

    old, new = Grant.objects.order_by("pk")
    assert (old.state, old.token_set) == ("revoking", grant.token_set)
    assert (new.state, new.identity) == ("active", grant.identity)


def test_what_was_set_aside_can_be_revoked(provider):
    grant = a_grant(provider)
    grant.identity.delete()

    grants.revoke(Grant.objects.get(), get_app())

    assert revoked_tokens(provider) == [grant.token_set["refresh_token"]]


def test_a_sealed_text_that_was_set_aside_opens_in_no_other_row(provider):
    a_grant(provider).identity.user.delete()
    other = Identity.objects.create(
        user=get_user_model().objects.create(username="eve"), issuer="x", subject="eve"
    )

    Grant.objects.update(identity=other)

    with pytest.raises(SealError):
        Grant.objects.get().token_set.open()


def test_introspection_asks_for_the_refresh_token(provider):
    grant = a_grant(provider)

    state = grants.introspect(grant, get_app())

    (request,) = provider.requests_to("introspection")
    assert (state["active"], request.form["token"]) == (True, grant.token_set["refresh_token"])
    assert Grant.objects.get().introspected_at is not None


def test_introspection_asks_for_the_access_token_where_there_is_no_other(provider):
    grant = a_grant(provider, refresh_token=None)

    grants.introspect(grant, get_app())

    (request,) = provider.requests_to("introspection")
    assert request.form["token"] == grant.token_set["access_token"]


def test_an_ended_grant_has_nothing_to_ask_about(provider):
    grants.revoke(a_grant(provider), get_app())

    with pytest.raises(GrantError) as caught:
        grants.introspect(Grant.objects.get(), get_app())

    assert caught.value.code == "grant.ended"


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_a_grant_is_found_by_either_token_and_nothing_is_opened(provider, settings, kind):
    grant = a_grant(provider)
    token = grant.token_set[kind]
    Grant.objects.update(token_set=None)

    assert rows.find(token, get_app()) == grant


def test_a_grant_is_found_under_an_older_key(provider, settings):
    grant = a_grant(provider)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-key-under-which-nothing-was-sealed"

    assert rows.find(grant.token_set["access_token"], get_app()) == grant


@pytest.mark.parametrize("token", ["", "unknown", "\ud800"])
def test_a_token_of_nobodys_is_not_found(provider, token):
    a_grant(provider, refresh_token=None)

    assert rows.find(token, get_app()) is None


def test_a_token_set_without_a_time_counts_as_fresh():
    user = get_user_model().objects.create(username="ada")
    identity = Identity.objects.create(user=user, issuer="x", subject="1")
    grants.store(identity, get_app(), TokenSet(access_token="the-access", token_type="Bearer"))

    assert grants.get_access_token(user) == "the-access"


def test_a_predecessor_that_is_not_revoked_is_left_to_be_revoked_later(provider, caplog):
    older, newer = a_grant(provider), a_grant(provider)
    Grant.objects.filter(pk=older.pk).update(successor=newer)
    spent = older.token_set["refresh_token"]
    provider.lie("revocation", status=503, when=lambda request: request.form["token"] == spent)

    grants.revoke(newer, get_app())

    states = Grant.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["revoking", "ended"]
    assert f"Not revoked, and kept: grant={older.pk}" in caplog.text


def test_what_somebody_leases_at_that_moment_is_looked_at_again(provider, monkeypatch):
    grant = a_grant(provider)
    new_lease, others = leases.new_lease, iter(["another's"])

    def leased_meanwhile():
        for lease in others:
            Grant.objects.update(lease=lease)
        return new_lease()

    monkeypatch.setattr(leases, "new_lease", leased_meanwhile)

    grants.revoke(grant, get_app())

    assert len(revoked_tokens(provider)) == 1
    assert Grant.objects.get().state == "ended"


def test_tokens_that_were_replaced_since_they_were_read_are_asked_about_anew(provider):
    seen, other = a_grant(provider), a_grant(provider)
    Grant.objects.filter(pk=seen.pk).update(**rows.columns(seen, dict(other.token_set), get_app()))
    provider.grants.revoke(seen.token_set["refresh_token"])

    state = grants.introspect(seen, get_app())

    assert state["active"] is True


def test_a_grant_that_has_ended_is_not_to_be_revoked_once_more(provider):
    grant = a_grant(provider)
    grants.revoke(grant, get_app())

    assert rows.set_to_revoke(grant) is False
