"""Queues of grants that processes share: claims, and how they end."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_genauth.grants import sweeps
from django_genauth.models import Grant, Identity, Sweep

pytestmark = pytest.mark.django_db


@pytest.fixture
def grants():
    """Keep five grants."""
    user = get_user_model().objects.create_user("ada")
    return [
        Grant.objects.create(identity=identity(user, number), app="default", token_set={})
        for number in range(5)
    ]


def identity(user, number):
    return Identity.objects.create(user=user, issuer="https://a.example", subject=str(number))


def a_queue(**changes):
    """Return a queue of grants to revoke: a grant that is done has another state."""
    return sweeps.revocation_queue(None, pending=False, **{"page_size": 2, **changes})


def do(queue, *grants):
    """Be done with grants."""
    Grant.objects.filter(pk__in=[grant.pk for grant in grants]).update(state="ended")
    for grant in grants:
        queue.finish(grant)


def all_of(queue):
    """Do all grants that a queue yields until it would wait, and return them."""
    done = []
    for grant in queue.items():
        if grant is None:
            break
        do(queue, grant)
        done.append(grant)
    return done


def let_claims_lapse():
    Grant.objects.exclude(claimed_until=None).update(claimed_until=timezone.now())


def claims():
    return list(Grant.objects.order_by("pk").values_list("claimed_until", flat=True))


def test_a_queue_yields_all_in_order(grants):
    queue = a_queue()

    assert (queue.total, all_of(queue)) == (5, grants)


def test_two_processes_take_no_grant_twice(grants):
    first, second = a_queue(), a_queue()
    firsts, seconds = first.items(), second.items()

    taken = [next(firsts), next(seconds), next(firsts), next(seconds)]

    assert sorted(grant.pk for grant in taken) == [grant.pk for grant in grants[:4]]


def test_who_is_faster_between_reading_and_claiming_has_the_row(grants):
    # As on a database that does not skip what is locked.
    slow, fast = a_queue(), a_queue()
    fasts, taken = fast.items(), []

    def be_faster(execute, sql, *rest):
        if sql.startswith("UPDATE") and not taken:
            taken.append("about to")
            taken[:] = [next(fasts)]
        return execute(sql, *rest)

    with connection.execute_wrapper(be_faster):
        second = next(slow.items())

    assert (taken, second) == (grants[:1], grants[2])


def test_a_process_waits_for_what_another_has_in_hand(grants):
    next(a_queue().items())

    taken = list(zip(range(5), a_queue().items(), strict=False))

    assert [grant for _, grant in taken] == [*grants[2:], None, None]


def test_it_is_at_its_end_when_the_other_is_done(grants):
    other, queue = a_queue(), a_queue()
    others, items = other.items(), queue.items()
    in_hand = [next(others), next(others)]
    do(queue, next(items), next(items), next(items))
    assert next(items) is None

    do(other, *in_hand)
    other.end(hopeless=0)

    assert list(items) == []


def test_what_a_killed_process_had_in_hand_is_taken_over(grants):
    next(a_queue().items())
    queue = a_queue()
    items = queue.items()
    do(queue, next(items), next(items), next(items))
    assert next(items) is None

    let_claims_lapse()

    assert [next(items), next(items)] == grants[:2]


def test_what_a_stopped_process_had_not_begun_is_taken_over_at_once(grants):
    stopped, queue = a_queue(), a_queue()
    next(stopped.items())
    items = queue.items()
    do(queue, next(items), next(items), next(items))
    assert next(items) is None

    stopped.end(hopeless=0)

    assert next(items) == grants[0]


def test_what_was_not_answered_is_not_asked_for_again_in_the_same_run(grants):
    queue = a_queue()
    taken = []
    for grant in queue.items():
        taken.append(grant)
        queue.finish(grant)

    assert taken == grants


def test_what_another_process_gave_back_is_looked_at_once_more(grants):
    other, queue = a_queue(), a_queue()
    next(other.items())
    items = queue.items()
    do(queue, next(items))

    other.finish(grants[0])
    other.end(hopeless=0)

    assert list(items)[-2:] == grants[:2]


def test_at_the_end_no_claim_is_left(grants):
    queue = a_queue()
    all_of(queue)

    queue.end(hopeless=0)

    assert claims() == [None] * 5


def test_a_claim_in_hand_is_renewed_and_another_given_back(grants, monkeypatch):
    queue = a_queue()
    do(queue, next(queue.items()))
    let_claims_lapse()
    monkeypatch.setattr(queue, "_renew_at", 0)

    queue.renew()

    assert claims()[0] is None
    assert claims()[1] > timezone.now() + timedelta(seconds=20)


def test_a_claim_is_not_renewed_before_it_is_time(grants):
    queue = a_queue()
    next(queue.items())

    with CaptureQueriesContext(connection) as queries:
        queue.renew()

    assert len(queries) == 0


def test_a_row_costs_no_more_than_two_statements_of_claims(grants):
    queue = a_queue(page_size=5)

    with CaptureQueriesContext(connection) as queries:
        items = list(zip(range(5), queue.items(), strict=False))

    # One savepoint more where rows are locked.
    assert (len(items), len(queries) <= 6) == (5, True)


def introspected(grants, when):
    Grant.objects.filter(pk__in=[grant.pk for grant in grants]).update(introspected_at=when)


def test_a_second_run_joins_a_sweep_that_is_not_at_its_end(grants):
    begun = sweeps.introspection_queue(None, page_size=2)
    introspected(grants[:3], timezone.now())
    begun.end(hopeless=0)

    queue = sweeps.introspection_queue(None, page_size=2)

    assert (queue.total, next(queue.items())) == (2, grants[3])


def test_a_sweep_at_its_end_is_over(grants):
    begun = sweeps.introspection_queue(None, page_size=2)
    introspected(grants, timezone.now())

    begun.end(hopeless=0)

    assert sweeps.introspection_queue(None, page_size=2).total == 5


def test_a_sweep_whose_last_rows_are_hopeless_is_over(grants):
    begun = sweeps.introspection_queue(None, page_size=2)
    introspected(grants[:4], timezone.now())

    begun.end(hopeless=1)

    assert not Sweep.objects.exists()


def test_a_sweep_of_yesterday_is_begun_anew(grants):
    sweeps.introspection_queue(None, page_size=2)
    introspected(grants, timezone.now())
    Sweep.objects.update(started_at=timezone.now() - timedelta(hours=25))

    assert sweeps.introspection_queue(None, page_size=2).total == 5


def test_a_sweep_that_nobody_goes_on_with_is_purged(grants):
    sweeps.introspection_queue(None, page_size=2)
    sweeps.refresh_queue(None, page_size=2)
    yesterday = timezone.now() - timedelta(hours=25)
    Sweep.objects.filter(name="refresh").update(started_at=yesterday)

    sweeps.purge(before=timezone.now())

    assert list(Sweep.objects.values_list("name", flat=True)) == ["introspect"]


def test_a_sweep_of_an_app_is_one_of_its_own(grants):
    sweeps.introspection_queue(None, page_size=2)

    sweeps.introspection_queue("default", page_size=2)
    sweeps.refresh_queue("default", page_size=2)

    names = set(Sweep.objects.values_list("name", flat=True))
    assert names == {"introspect", "introspect default", "refresh default"}


def test_what_was_refreshed_since_the_sweep_began_is_done(grants):
    Grant.objects.update(refresh_fingerprint="known")
    sweeps.refresh_queue(None, page_size=2)
    Grant.objects.filter(pk=grants[0].pk).update(updated_at=timezone.now())

    assert sweeps.refresh_queue(None, page_size=2).total == 4
