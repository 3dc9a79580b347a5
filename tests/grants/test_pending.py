"""What is left to be done with grants, by a worker or a schedule: revoke, and refresh."""

from datetime import timedelta

import pytest
from django.utils import timezone

from django_genauth.grants import leases, pending, rows
from django_genauth.models import Grant
from tests.support.grantees import a_grant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("app")]


def to_revoke(provider, *names):
    grants = [a_grant(provider, name=name) for name in names]
    Grant.objects.update(state=Grant.State.REVOKING)
    return grants


def test_what_is_to_be_revoked_is_revoked(provider):
    to_revoke(provider, "ada", "grace")

    progress = pending.revoke_pending(seconds=60)

    assert (progress.done, progress.failed, progress.is_cut_short) == (2, 0, False)
    assert set(Grant.objects.values_list("state", flat=True)) == {"ended"}


def test_others_are_left_alone(provider):
    a_grant(provider)

    progress = pending.revoke_pending(seconds=60)

    assert (progress.done, provider.requests) == (0, [])


def test_a_provider_that_does_not_answer_is_asked_once(provider, caplog):
    ada, _ = to_revoke(provider, "ada", "grace")
    provider.lie("revocation", status=503)

    progress = pending.revoke_pending(seconds=60)

    assert (progress.done, progress.failed) == (0, 1)
    assert len(provider.requests_to("revocation")) == 1
    assert caplog.messages == [
        f"Left for later: grant={ada.pk} code=provider_unavailable.status_503"
    ]


def test_what_was_left_can_be_done_at_once_by_the_next(provider):
    to_revoke(provider, "ada", "grace")
    provider.lie("revocation", status=503, times=1)
    pending.revoke_pending(seconds=60)

    progress = pending.revoke_pending(seconds=60)

    assert progress.done == 2


def test_one_that_nothing_opens_does_not_stop_the_others(provider):
    ada, _ = to_revoke(provider, "ada", "grace")
    Grant.objects.filter(pk=ada.pk).update(former_identity=None, identity=None)

    progress = pending.revoke_pending(seconds=60)

    assert (progress.done, progress.failed) == (1, 1)


def test_an_app_that_is_not_in_the_settings_is_passed_over(provider):
    to_revoke(provider, "ada", "grace")
    Grant.objects.filter(identity__subject="ada").update(app="gone")

    progress = pending.revoke_pending(seconds=60)

    assert (progress.done, progress.failed) == (1, 1)


def test_when_time_is_up_none_is_begun(provider):
    to_revoke(provider, "ada")

    progress = pending.revoke_pending(seconds=-1)

    assert (progress.done, progress.is_cut_short, provider.requests) == (0, True, [])


def test_what_another_process_has_in_hand_is_left_to_it(provider):
    to_revoke(provider, "ada")
    Grant.objects.update(claim="anothers", claimed_until=timezone.now() + timedelta(seconds=30))

    progress = pending.revoke_pending(seconds=60)

    assert (progress.done, provider.requests) == (0, [])


def test_a_grant_whose_access_token_is_about_to_run_out_is_refreshed(provider):
    a_grant(provider, left=200)

    progress = pending.refresh_due(seconds=60)

    assert progress.done == 1
    assert Grant.objects.get().expires_at > timezone.now() + timedelta(minutes=10)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"expires_at": timezone.now() + timedelta(hours=1)}, id="fresh"),
        pytest.param({"expires_at": None}, id="of no known end"),
        pytest.param({"refresh_fingerprint": ""}, id="without a refresh token"),
        pytest.param({"retry_at": timezone.now() + timedelta(minutes=5)}, id="to be left alone"),
        pytest.param({"state": "revoking"}, id="to be revoked"),
    ],
)
def test_others_are_not_refreshed(provider, changes):
    a_grant(provider)
    Grant.objects.update(**changes)

    progress = pending.refresh_due(seconds=60)

    assert (progress.done, progress.failed, provider.requests) == (0, 0, [])


def test_the_grant_of_an_earlier_sign_in_in_the_browser_is_not_refreshed(provider):
    older = a_grant(provider)
    newer = a_grant(provider)
    rows.supersede(older.pk, newer, in_session=None)

    progress = pending.refresh_due(seconds=60)

    assert progress.done == 1


def test_one_that_somebody_is_refreshing_does_not_stop_the_others(provider):
    ada = a_grant(provider, name="ada")
    a_grant(provider, name="grace")
    leases.take(ada, seconds=20, patience=0)

    progress = pending.refresh_due(seconds=60)

    assert (progress.done, progress.failed) == (1, 1)
