"""The tasks: what they do, who is handed them, and that they are functions where there are none."""

import sys
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from django_genauth import grants, tasks
from django_genauth.conf import get_app
from django_genauth.grants import pending, rows
from django_genauth.models import Grant, LoginSession, UsedState
from django_genauth.protocol.errors import RevocationError
from tests.support.grantees import a_grant
from tests.support.signed_in import a_session, an_identity
from tests.support.tasks import DUMMY, IMMEDIATE, QueueBackend

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("app")]

REVOKE = "django_genauth.tasks.revoke_pending"


def use(settings, backend, **values):
    settings.TASKS = {"default": {"BACKEND": backend, **values}}


@pytest.fixture
def queue(settings, monkeypatch):
    """Have a backend that runs tasks elsewhere, and return what it was given."""
    monkeypatch.setattr(QueueBackend, "taken", [])
    use(settings, "tests.support.tasks.QueueBackend")
    return QueueBackend.taken


def revoked_tokens(provider):
    return [request.form["token"] for request in provider.requests_to("revocation")]


def test_what_is_to_be_revoked_is_revoked(provider):
    rows.set_to_revoke(a_grant(provider))

    assert tasks.revoke_pending() == {"revoked": 1, "not revoked": 0}
    assert Grant.objects.get().state == "ended"


def test_what_is_due_is_refreshed(provider):
    a_grant(provider)

    assert tasks.refresh_due() == {"refreshed": 1, "not refreshed": 0}


def test_what_is_over_is_purged(provider):
    grant = a_grant(provider)
    grants.revoke(grant, get_app())
    long_ago = timezone.now() - timedelta(days=31)
    Grant.objects.update(ended_at=long_ago)
    a_session(an_identity())
    Session.objects.all().delete()
    LoginSession.objects.update(expires_at=long_ago)
    UsedState.objects.create(digest="x", expires_at=long_ago)

    assert tasks.purge() == {"sessions": 1, "ended": 1, "expired": 0, "to be revoked": 0}
    assert not UsedState.objects.exists()


def test_a_grant_that_ended_lately_is_kept(provider):
    grants.revoke(a_grant(provider), get_app())

    assert tasks.purge()["ended"] == 0


@pytest.mark.parametrize("name", ["revoke_pending", "refresh_due", "purge"])
def test_each_is_a_task_of_djangos(queue, name):
    getattr(tasks, name).enqueue()

    assert queue == [f"django_genauth.tasks.{name}"]


@pytest.mark.parametrize(
    ("task", "work"), [("revoke_pending", "revoke_pending"), ("refresh_due", "refresh_due")]
)
def test_what_a_run_leaves_is_for_the_next(queue, monkeypatch, task, work):
    cut_short = pending.Progress(is_cut_short=True)
    monkeypatch.setattr(pending, work, lambda seconds: cut_short)

    getattr(tasks, task)()

    assert queue == [f"django_genauth.tasks.{task}"]


def test_a_deletion_is_left_to_the_worker(provider, queue):
    grant = a_grant(provider)

    with transaction.atomic():
        grant.identity.user.delete()
        before = list(queue)

    assert (before, queue, provider.requests) == ([], [REVOKE], [])
    assert Grant.objects.get().state == "revoking"


def test_what_else_is_to_be_revoked_is_left_to_the_worker_after_the_commit(provider, queue):
    grant = a_grant(provider)

    with transaction.atomic():
        rows.set_to_revoke(grant)
        before = list(queue)

    assert (before, queue) == ([], [REVOKE])


def test_a_grant_that_was_not_revoked_is_left_to_the_worker(provider, queue):
    grant = a_grant(provider)
    provider.lie("revocation", status=400)

    with pytest.raises(RevocationError):
        grants.revoke(grant, get_app())

    assert queue == [REVOKE]


def test_the_worker_does_not_hand_itself_what_it_could_not_revoke(provider, queue):
    grant = a_grant(provider)
    rows.set_to_revoke(grant)
    queue.clear()
    provider.lie("revocation", status=503)

    tasks.revoke_pending()

    assert queue == []


@pytest.mark.parametrize("backend", [IMMEDIATE, DUMMY], ids=["immediate", "dummy"])
def test_a_backend_that_runs_tasks_nowhere_else_counts_as_none(provider, settings, backend):
    use(settings, backend)
    grant = a_grant(provider)

    grant.identity.user.delete()

    assert revoked_tokens(provider) == [grant.token_set["refresh_token"]]


@pytest.mark.parametrize(
    ("backend", "error"),
    [
        pytest.param("tests.support.tasks.BrokenBackend", "ConnectionError", id="out of order"),
        pytest.param("tests.support.tasks.NoBackend", "InvalidTaskBackend", id="not there"),
    ],
)
def test_where_the_queue_takes_no_task_the_page_revokes(provider, settings, backend, error, caplog):
    use(settings, backend)
    grant = a_grant(provider)

    grant.identity.user.delete()

    assert revoked_tokens(provider) == [grant.token_set["refresh_token"]]
    assert f"A task was not enqueued: {error}" in caplog.text
    assert "password of the queue" not in caplog.text


def test_a_site_may_have_given_its_queues_other_names(settings):
    use(settings, "tests.support.tasks.QueueBackend", QUEUES=["mails", "later"])

    task = tasks._task(tasks.purge.func)

    assert task.queue_name == "later"


def test_without_tasks_they_are_functions(monkeypatch):
    monkeypatch.setitem(sys.modules, "django.tasks", None)
    monkeypatch.setitem(sys.modules, "django_tasks", None)
    function = tasks.purge.func

    assert tasks._task(function) is function
    assert tasks.enqueue(function) is False


def test_with_a_backend_that_cannot_work_they_are_functions(settings, caplog):
    use(settings, "tests.support.tasks.NoBackend")
    function = tasks.purge.func

    assert tasks._task(function) is function
    assert "TASKS names no backend that works: InvalidTaskBackend" in caplog.text
