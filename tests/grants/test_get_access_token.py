"""An access token for a user: at once where it is fresh, else after one refresh (RFC 6749 6)."""

import signal
import time
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.utils import timezone

from django_genauth import conf, grants
from django_genauth.conf import get_app
from django_genauth.grants import refreshing, rows
from django_genauth.models import Grant
from django_genauth.protocol.errors import (
    ConfigurationError,
    GrantError,
    OAuthError,
    ProviderError,
    ProviderUnavailable,
    SealError,
    TokenResponseError,
)
from django_genauth.signals import tokens_refreshed, tokens_revoked
from tests.support.grantees import a_grant
from tests.support.provider import faults

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("app")]


def token_requests(provider):
    return len(provider.requests_to("token"))


@pytest.fixture
def told():
    """Hear what the signals tell."""
    heard = []

    def refreshed(grant, **_):
        heard.append(("refreshed", grant.pk))

    def revoked(grant, reason, **_):
        heard.append((reason, grant.pk))

    tokens_refreshed.connect(refreshed)
    tokens_revoked.connect(revoked)
    yield heard
    tokens_refreshed.disconnect(refreshed)
    tokens_revoked.disconnect(revoked)


def test_a_fresh_token_is_returned_at_once(provider, django_assert_num_queries):
    grant = a_grant(provider, left=3600)
    user = grant.identity.user

    with django_assert_num_queries(1):
        token = grants.get_access_token(user)

    assert (token, provider.requests) == (grant.token_set["access_token"], [])


def test_asynchronous_code_gets_the_same(provider):
    grant = a_grant(provider, left=3600)

    token = async_to_sync(grants.aget_access_token)(grant.identity.user)

    assert token == grant.token_set["access_token"]


def test_one_that_ran_out_is_refreshed(provider):
    grant = a_grant(provider)

    token = grants.get_access_token(grant.identity.user)

    assert token != grant.token_set["access_token"]
    assert provider.grants.find_token(token).active
    assert token_requests(provider) == 1


def test_the_fresh_token_is_kept(provider):
    user = a_grant(provider).identity.user

    tokens = {grants.get_access_token(user) for _ in range(3)}

    assert (len(tokens), token_requests(provider)) == (1, 1)


@pytest.mark.parametrize(
    ("lifetime", "left", "refreshed"),
    [
        pytest.param(3600, 31, False, id="longer-than-the-leeway"),
        pytest.param(3600, 29, True, id="less-than-the-leeway"),
        pytest.param(20, 11, False, id="short-lived-and-more-than-half-left"),
        pytest.param(20, 9, True, id="short-lived-and-less-than-half-left"),
        pytest.param(None, 1, False, id="no-lifetime-named-but-an-end"),
    ],
)
def test_one_that_is_about_to_run_out_is_refreshed(provider, lifetime, left, refreshed):
    changes = {"expires_at": time.time() + left, "expires_in": lifetime}
    user = a_grant(provider, **changes).identity.user

    grants.get_access_token(user)

    assert token_requests(provider) == int(refreshed)


def test_a_token_whose_end_nobody_named_counts_as_fresh(provider):
    grant = a_grant(provider)
    Grant.objects.update(expires_at=None)

    token = grants.get_access_token(grant.identity.user)

    assert (token, provider.requests) == (grant.token_set["access_token"], [])


@pytest.mark.parametrize("rotation", ["rotate", "keep", "omit"])
def test_each_kind_of_rotation_can_be_refreshed_again(provider, rotation):
    provider.refresh_tokens = rotation
    user = a_grant(provider).identity.user
    first = grants.get_access_token(user)
    Grant.objects.update(expires_at=timezone.now())

    second = grants.get_access_token(user)

    assert second != first
    assert token_requests(provider) == 2


def test_what_the_answer_leaves_out_stays(provider):
    grant = a_grant(provider)
    provider.refresh_tokens = "omit"
    provider.lie(
        "token",
        edit=lambda answer: {
            name: value for name, value in answer.items() if name not in ("id_token", "scope")
        },
    )

    grants.get_access_token(grant.identity.user)

    before, after = grant.token_set, Grant.objects.get().token_set
    assert (after["id_token"], after["refresh_token"], after["scope"]) == (
        before["id_token"],
        before["refresh_token"],
        before["scope"],
    )


def test_a_lifetime_that_the_answer_does_not_name_goes_on_from_now(provider):
    grant = a_grant(provider)
    provider.lie("token", edit=lambda answer: answer | {"expires_in": None})

    grants.get_access_token(grant.identity.user)

    lifetime = timedelta(seconds=grant.token_set["expires_in"])
    assert abs(Grant.objects.get().expires_at - timezone.now() - lifetime) < timedelta(seconds=9)


def test_the_row_tells_the_new_end(provider):
    grant = a_grant(provider)
    provider.access_token_ttl = 1_000

    grants.get_access_token(grant.identity.user)

    left = Grant.objects.get().expires_at - timezone.now()
    assert timedelta(seconds=990) < left <= timedelta(seconds=1_000)


def test_the_refreshed_grant_is_as_its_row_is(provider):
    renewed = refreshing.refresh(a_grant(provider), conf.get_app())

    columns = ("state", "expires_at", "lease", "leased_until", "retry_at", "updated_at")
    row = Grant.objects.values(*columns).get()
    assert {name: getattr(renewed, name) for name in columns} == row


def test_the_fresh_tokens_can_be_found_and_the_old_ones_cannot(provider):
    grant = a_grant(provider)

    token = grants.get_access_token(grant.identity.user)

    assert rows.find(token, get_app()) == grant
    assert rows.find(grant.token_set["access_token"], get_app()) is None


def test_the_asker_who_refreshed_tells_once(provider, told):
    grant = a_grant(provider)

    grants.get_access_token(grant.identity.user)
    grants.get_access_token(grant.identity.user)

    assert told == [("refreshed", grant.pk)]


def test_whoever_finds_it_refreshed_by_somebody_else_uses_that(provider, told):
    grant = a_grant(provider)
    stale = Grant.objects.get()
    token = grants.get_access_token(grant.identity.user)

    renewed = refreshing.refresh(stale, get_app())

    assert renewed.token_set["access_token"] == token
    assert (token_requests(provider), len(told)) == (1, 1)


@pytest.mark.parametrize("person", [AnonymousUser(), None], ids=["anonymous", "without-a-grant"])
def test_who_has_no_grant_is_told_so(provider, person):
    with pytest.raises(GrantError) as caught:
        grants.get_access_token(person or get_user_model().objects.create(username="grace"))

    assert caught.value.code == "grant.missing"


def test_the_grant_of_another_app_is_none(provider, app, settings):
    user = a_grant(provider).identity.user
    settings.GENAUTH = {"default": app, "partners": app}

    with pytest.raises(GrantError) as caught:
        grants.get_access_token(user, "partners")

    assert caught.value.code == "grant.missing"


def test_of_two_identities_the_one_that_signed_in_last_counts(provider):
    older = a_grant(provider, name="ada", left=3600)
    newer = a_grant(provider, name="grace", left=3600)
    newer.identity.user = older.identity.user
    newer.identity.save()

    token = grants.get_access_token(older.identity.user)

    assert token == newer.token_set["access_token"]


def test_without_a_refresh_token_the_person_has_to_sign_in_again(provider):
    user = a_grant(provider, refresh_token=None).identity.user

    with pytest.raises(GrantError) as caught:
        grants.get_access_token(user)

    assert (caught.value.code, provider.requests) == ("grant.no_refresh_token", [])
    assert "Name offline_access in SCOPE." in str(caught.value)


def test_another_provider_than_genauth_is_not_asked_for_offline_access(provider, app):
    app |= {"APP_HOST": "https://id.example", "ISSUER": provider.issuer}
    user = a_grant(provider, refresh_token=None).identity.user

    with pytest.raises(GrantError) as caught:
        grants.get_access_token(user)

    assert "offline_access" not in str(caught.value)


def test_under_a_lost_key_the_row_and_the_key_are_named(provider, settings):
    grant = a_grant(provider)
    settings.SECRET_KEY = "another-secret-key-under-which-nothing-was-sealed"

    with pytest.raises(SealError) as caught:
        grants.get_access_token(grant.identity.user)

    assert caught.value.code == "seal.key"
    assert f"grant {grant.identity_id} default" in str(caught.value)


def test_invalid_grant_ends_the_grant_once(provider, told):
    grant = a_grant(provider)
    provider.grants.revoke(grant.token_set["refresh_token"])

    codes = [code_of(lambda: grants.get_access_token(grant.identity.user)) for _ in range(2)]

    ended = Grant.objects.get()
    assert codes == ["grant.ended", "grant.missing"]
    assert (ended.state, ended.token_set, ended.access_fingerprint) == ("ended", None, "")
    assert ended.ended_at is not None
    assert told == [("oauth.invalid_grant", grant.pk)]


def forged(**changes):
    return {"claims_edit": lambda claims: claims | changes}


@pytest.mark.parametrize(
    ("forgery", "reason"),
    [
        pytest.param(forged(sub="grace"), "id_token.sub", id="another-person"),
        pytest.param(forged(iss="https://evil.example"), "id_token.iss", id="another-issuer"),
        pytest.param(forged(aud="another-client"), "id_token.aud", id="another-client"),
        pytest.param(forged(azp="another-client"), "id_token.azp", id="for-another-client"),
    ],
)
def test_an_id_token_of_somebody_else_ends_the_grant(provider, told, forgery, reason):
    grant = a_grant(provider)
    provider.forge("id_token", **forgery)

    with pytest.raises(GrantError) as caught:
        grants.get_access_token(grant.identity.user)

    assert (caught.value.code, Grant.objects.get().state) == ("grant.ended", "ended")
    assert told == [(reason, grant.pk)]


def test_an_identity_of_a_former_issuer_ends(provider, told):
    grant = a_grant(provider)
    grant.identity.issuer = "https://former.example"
    grant.identity.save()

    with pytest.raises(GrantError):
        grants.get_access_token(grant.identity.user)

    assert told == [("id_token.iss", grant.pk)]


@pytest.mark.parametrize(
    ("lie", "error"),
    [
        pytest.param({"status": 500}, ProviderUnavailable, id="500"),
        pytest.param({"status": 429}, ProviderUnavailable, id="429"),
        pytest.param({"body": b"<html>", "status": 200}, TokenResponseError, id="html"),
        pytest.param({"fault": faults.reset}, ProviderUnavailable, id="reset"),
        pytest.param(
            {"status": 401, "body": b'{"error": "invalid_client"}'}, OAuthError, id="wrong-secret"
        ),
    ],
)
def test_a_broken_provider_leaves_the_grant_as_it_was(provider, told, lie, error):
    grant = a_grant(provider)
    provider.lie("token", **lie)

    with pytest.raises(error):
        grants.get_access_token(grant.identity.user)

    after = Grant.objects.get()
    assert (after.state, after.token_set) == ("active", grant.token_set)
    assert (after.leased_until, told) == (None, [])


def test_an_id_token_under_a_wrong_signature_is_dropped_and_the_tokens_are_kept(provider, caplog):
    grant = a_grant(provider)
    provider.forge("id_token", sign_with="nobody")

    token = grants.get_access_token(grant.identity.user)

    kept = Grant.objects.get().token_set
    assert kept["access_token"] == token != grant.token_set["access_token"]
    assert kept["refresh_token"] != grant.token_set["refresh_token"]
    assert kept["id_token"] == grant.token_set["id_token"]
    assert caplog.messages == [
        f"A refreshed ID token is dropped: grant={grant.pk} code=id_token.signature app=default"
    ]


def test_what_else_has_to_be_asked_for_is_asked_for_without_the_lease(provider):
    grant = a_grant(provider)
    forget_the_providers_documents()
    provider.lie("discovery", status=500)

    with pytest.raises(ProviderUnavailable):
        grants.get_access_token(grant.identity.user)

    after = Grant.objects.get()
    assert (after.lease, after.leased_until, after.retry_at) == (grant.lease, None, None)


def forget_the_providers_documents():
    cache.clear()
    conf._loaded.clear()


def test_after_a_failure_the_next_askers_are_told_when_and_nothing_is_sent(provider):
    user = a_grant(provider).identity.user
    provider.lie("token", status=503, headers={"Retry-After": "120"})
    code_of(lambda: grants.get_access_token(user))

    with pytest.raises(ProviderUnavailable) as caught:
        grants.get_access_token(user)

    assert (caught.value.code, caught.value.retry_after) == ("provider_unavailable.busy", 120)
    assert token_requests(provider) == 1


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        pytest.param({}, 5, id="none-named"),
        pytest.param({"Retry-After": "20"}, 20, id="named"),
        pytest.param({"Retry-After": "86000"}, 300, id="a-day-is-too-long"),
    ],
)
def test_the_pause_after_a_failure_is_the_providers_within_bounds(provider, headers, pause):
    user = a_grant(provider).identity.user
    provider.lie("token", status=503, headers=headers)
    begun = timezone.now()

    code_of(lambda: grants.get_access_token(user))

    waits = (Grant.objects.get().retry_at - begun).total_seconds()
    assert pause <= waits < pause + 3


def test_a_grant_that_turns_out_to_have_no_refresh_token_is_no_failure_of_the_provider(provider):
    seen = a_grant(provider)
    bare = rows.sealed_columns(seen, {**seen.token_set, "refresh_token": None}, get_app())
    Grant.objects.update(**bare)

    with pytest.raises(GrantError) as caught:
        refreshing.refresh(seen, get_app())

    after = Grant.objects.get()
    assert caught.value.code == "grant.no_refresh_token"
    assert (after.leased_until, after.retry_at) == (None, None)


def test_when_the_pause_is_over_it_works_again(provider):
    user = a_grant(provider).identity.user
    provider.refresh_tokens = "keep"
    provider.lie("token", status=503, times=1)
    code_of(lambda: grants.get_access_token(user))
    Grant.objects.update(retry_at=timezone.now())

    token = grants.get_access_token(user)

    assert provider.grants.find_token(token).active
    assert Grant.objects.get().retry_at is None


def test_a_fresh_token_serves_while_the_provider_is_down(provider):
    grant = a_grant(provider, left=3600)
    Grant.objects.update(retry_at=timezone.now() + timedelta(hours=1))
    provider.stop()

    assert grants.get_access_token(grant.identity.user) == grant.token_set["access_token"]


@pytest.fixture
def _interruptible():
    """Let Ctrl-C do what it does; who runs the tests in the background may have switched it off."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_what_stops_the_program_gives_the_lease_back(provider):
    user = a_grant(provider).identity.user
    meanwhile(lambda: signal.raise_signal(signal.SIGINT))

    with pytest.raises(KeyboardInterrupt):
        grants.get_access_token(user)

    after = Grant.objects.get()
    assert (after.leased_until, after.retry_at, after.state) == (None, None, "active")


def test_a_login_in_the_meantime_is_the_newest_afterwards(provider):
    user = a_grant(provider).identity.user
    meanwhile(lambda: a_grant(provider, left=3600))

    grants.get_access_token(user)
    token = grants.get_access_token(user)

    assert token == Grant.objects.latest("pk").token_set["access_token"]
    assert provider.grants.find_token(token).active


def test_a_grant_that_was_revoked_in_the_meantime_stays_so(provider, told):
    grant = a_grant(provider)
    meanwhile(lambda: grants.revoke(grant, get_app()))

    with pytest.raises(GrantError) as caught:
        grants.get_access_token(grant.identity.user)

    assert (caught.value.code, Grant.objects.get().state) == ("grant.ended", "ended")
    assert told == [("revoked", grant.pk)]


def test_what_nobody_wants_any_more_is_revoked(provider):
    grant = a_grant(provider)
    meanwhile(lambda: grants.end(grant, "test"))

    code_of(lambda: grants.get_access_token(grant.identity.user))

    (request,) = provider.requests_to("revocation")
    revoked = provider.grants.find_token(request.form["token"])
    assert request.form["token"] != grant.token_set["refresh_token"]
    # RFC 7009 2.1: the access tokens that came with a refresh token end with it.
    assert (revoked.use, revoked.grant.alive) == ("refresh_token", False)


def test_if_that_fails_too_it_is_logged_and_kept_to_be_revoked(provider, caplog):
    grant = a_grant(provider)
    meanwhile(lambda: grants.end(grant, "test"))
    provider.lie("revocation", status=503)

    code = code_of(lambda: grants.get_access_token(grant.identity.user))

    kept = Grant.objects.get()
    assert code == "grant.ended"
    assert caplog.messages == [
        f"Not revoked, and kept: grant={grant.pk} code=provider_unavailable.status_503 app=default"
    ]
    assert kept.state == "revoking"
    assert kept.token_set["refresh_token"] != grant.token_set["refresh_token"]


def test_what_came_for_a_grant_that_was_deleted_is_kept_to_be_revoked(provider):
    grant = a_grant(provider)
    meanwhile(Grant.objects.all().delete)

    code = code_of(lambda: grants.get_access_token(grant.identity.user))

    kept = Grant.objects.get()
    assert code == "grant.ended"
    assert (kept.state, kept.identity) == ("revoking", None)
    assert provider.grants.find_token(kept.token_set["refresh_token"]).active


def meanwhile(happens):
    """Let something happen when the provider has answered and nothing is stored yet."""
    client = conf.get_client()
    refresh = client.refresh

    def refresh_and_more(refresh_token, **key):
        client.refresh = refresh
        answer = refresh(refresh_token, **key)
        happens()
        return answer

    client.refresh = refresh_and_more


def code_of(call):
    """Return the code of the error that is raised."""
    with pytest.raises((ProviderError, GrantError, ConfigurationError)) as caught:
        call()
    return caught.value.code
