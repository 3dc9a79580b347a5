"""How an operator has all processes forget a document, and what they know of it then."""

import pytest

from django_genauth.client.document_cache import LOOK, RETRY, USABLE, NoSharedCache
from tests.support.documents import Stage


@pytest.fixture
def stage():
    return Stage()


def published(stage, name):
    """Let the provider publish something else."""
    stage.publisher.names = [name]


def test_who_drops_a_document_fetches_it_anew(stage):
    documents = stage.process()
    documents.get()
    published(stage, "second")

    documents.drop()

    assert documents.get() == ["second"]


def test_another_process_has_forgotten_it_a_second_later(stage):
    first, second = stage.process(), stage.process()
    first.get(), second.get()
    published(stage, "second")
    first.drop()
    stage.clock.advance(LOOK)

    assert second.get() == ["second"]


def test_a_process_looks_once_in_a_second(stage):
    first, second = stage.process(), stage.process()
    first.get(), second.get()
    published(stage, "second")
    first.drop()
    stage.clock.advance(LOOK / 2)

    assert second.get() == ["first"]


def test_one_fetch_serves_all_processes(stage):
    processes = [stage.process() for _ in range(4)]
    [each.get() for each in processes]
    processes[0].drop()
    stage.clock.advance(LOOK)

    [each.get() for each in processes]

    assert stage.publisher.fetches == 2


def test_a_new_process_takes_what_was_fetched_after_the_drop(stage):
    first = stage.process()
    first.drop()
    first.get()

    assert stage.process().get() == ["first"]
    assert stage.publisher.fetches == 1


def test_a_drop_is_no_drop_a_second_time(stage):
    first, second = stage.process(), stage.process()
    first.drop()
    second.get()
    stage.clock.advance(LOOK)

    second.get()

    assert stage.publisher.fetches == 1


def test_what_is_under_way_at_a_drop_is_not_kept(stage):
    documents = stage.process()
    fetch = stage.publisher.fetch

    def fetch_and_drop():
        text = fetch()
        published(stage, "second")
        documents.drop()
        return text

    documents._fetch = fetch_and_drop
    before = documents.get()
    documents._fetch = fetch

    assert (before, documents.get()) == (["first"], ["second"])
    assert stage.process().get() == ["second"]


def test_a_drop_that_is_long_over_drops_nothing(stage):
    first, second = stage.process(), stage.process()
    first.drop()
    first.get()
    stage.clock.advance(2 * USABLE)
    first.get()

    second.get()

    assert stage.publisher.fetches == 2


def test_after_the_clock_was_set_back_it_looks_again(stage):
    first, second = stage.process(), stage.process()
    first.get(), second.get()
    stage.clock.advance(-RETRY)
    second.get()
    published(stage, "second")
    first.drop()
    stage.clock.advance(LOOK)

    assert second.get() == ["second"]


def test_without_a_shared_cache_the_process_forgets_alone(stage):
    documents = stage.process(NoSharedCache())
    documents.get()
    published(stage, "second")

    documents.drop()

    assert documents.get() == ["second"]
