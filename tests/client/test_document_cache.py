"""When a provider's document is fetched, how long it serves, and who waits for whom."""

import time
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from django.core.cache import cache

from django_genauth.client.document_cache import FRESH, RETRY, USABLE, NoSharedCache
from django_genauth.client.single_flight import LONGEST
from django_genauth.protocol.errors import ProviderUnavailable
from tests.support.documents import Stage


@pytest.fixture
def stage():
    return Stage()


@pytest.fixture
def documents(stage):
    return stage.process()


def code_of(documents):
    with pytest.raises(ProviderUnavailable) as caught:
        documents.get()
    return caught.value.code


def test_the_first_to_ask_fetches(stage, documents):
    assert documents.get() == ["first"]
    assert stage.publisher.fetches == 1


def test_a_peek_fetches_nothing(stage, documents):
    assert documents.peek() is None
    assert stage.publisher.fetches == 0


def test_a_peek_shows_what_is_in_memory_however_old(stage, documents):
    documents.get()
    stage.clock.advance(USABLE)

    assert documents.peek() == ["first"]
    assert stage.publisher.fetches == 1


def test_while_it_is_fresh_nobody_asks_again(stage, documents):
    documents.get()
    stage.clock.advance(FRESH - 1)

    documents.get()

    assert stage.publisher.fetches == 1


def test_after_that_it_is_renewed(stage, documents):
    documents.get()
    stage.publisher.names = ["second"]
    stage.clock.advance(FRESH)

    assert documents.get() == ["second"]
    assert stage.publisher.fetches == 2


def test_while_one_renews_it_the_others_are_served_at_once(stage, documents):
    documents.get()
    stage.clock.advance(FRESH)
    stage.publisher.names = ["second"]
    stage.publisher.answers.clear()
    stage.publisher.asked.clear()

    with ThreadPoolExecutor(1) as threads:
        renewing = threads.submit(documents.get)
        stage.publisher.asked.wait()
        began = time.monotonic()
        served = documents.get()
        took = time.monotonic() - began
        stage.publisher.answers.set()
        renewing.result()

    assert (served, stage.publisher.fetches) == (["first"], 2)
    assert took < 0.5


@pytest.mark.parametrize("trouble", ["is_down", "is_broken"])
def test_while_it_cannot_be_renewed_the_old_one_serves(stage, documents, trouble):
    documents.get()
    setattr(stage.publisher, trouble, True)
    stage.clock.advance(USABLE - 1)

    assert documents.get() == ["first"]


def test_a_failed_renewal_is_logged_with_its_code(stage, documents, caplog):
    documents.get()
    stage.publisher.is_down = True
    stage.clock.advance(FRESH)

    documents.get()

    assert caplog.messages == [
        "The provider's document could not be renewed: provider_unavailable.timeout"
    ]


def test_after_a_failed_renewal_nobody_asks_for_a_while(stage, documents):
    documents.get()
    stage.publisher.is_down = True
    stage.clock.advance(FRESH)
    documents.get()
    stage.clock.advance(RETRY - 1)

    documents.get()

    assert stage.publisher.fetches == 2


def test_without_a_shared_cache_nobody_asks_for_a_while_either(stage):
    documents = stage.process(NoSharedCache())
    documents.get()
    stage.publisher.is_down = True
    stage.clock.advance(FRESH)
    documents.get()
    stage.clock.advance(RETRY - 1)

    documents.get()

    assert stage.publisher.fetches == 2


def test_after_that_while_it_is_asked_for_again(stage, documents):
    documents.get()
    stage.publisher.is_down = True
    stage.clock.advance(FRESH)
    documents.get()
    stage.publisher.is_down = False
    stage.publisher.names = ["second"]
    stage.clock.advance(RETRY)

    assert documents.get() == ["second"]


def test_of_two_processes_one_renews(stage):
    one, other = stage.process(), stage.process()
    one.get()
    other.get()
    stage.publisher.is_down = True
    stage.clock.advance(FRESH)

    served = [one.get(), other.get()]

    assert (served, stage.publisher.fetches) == ([["first"], ["first"]], 2)


def test_what_one_process_renewed_the_other_takes_over(stage):
    one, other = stage.process(), stage.process()
    one.get()
    other.get()
    stage.publisher.names = ["second"]
    stage.clock.advance(FRESH)

    served = [one.get(), other.get()]

    assert (served, stage.publisher.fetches) == ([["second"], ["second"]], 2)


def test_a_document_is_too_old_to_serve_in_the_end(stage, documents):
    documents.get()
    stage.publisher.is_down = True
    stage.clock.advance(USABLE)

    assert code_of(documents) == "provider_unavailable.timeout"


def test_a_document_too_old_to_serve_is_replaced_when_the_provider_is_back(stage, documents):
    documents.get()
    stage.publisher.names = ["second"]
    stage.clock.advance(USABLE)

    assert documents.get() == ["second"]


def test_while_one_replaces_a_document_too_old_to_serve_the_others_wait(stage, documents):
    documents.get()
    stage.clock.advance(USABLE)
    stage.publisher.names = ["second"]
    stage.publisher.asked.clear()
    stage.publisher.answers.clear()

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(documents.get)
        stage.publisher.asked.wait()
        other = threads.submit(documents.get)
        wait([other], timeout=0.1)
        stage.publisher.answers.set()

    assert (first.result(), other.result()) == (["second"], ["second"])


def test_a_document_from_the_shared_cache_grows_old_from_when_it_was_fetched(stage):
    stage.process().get()
    stage.clock.advance(FRESH - 1)
    late = stage.process()
    late.get()
    stage.publisher.names = ["second"]
    stage.clock.advance(1)

    assert late.get() == ["second"]


def test_a_second_process_takes_the_document_from_djangos_cache(stage):
    stage.process(cache).get()

    served = stage.process(cache).get()

    assert (served, stage.publisher.fetches) == (["first"], 1)


def test_the_shared_cache_is_kept_while_fetches_fail(stage):
    documents = stage.process()
    documents.get()
    stage.publisher.is_down = True
    stage.clock.advance(FRESH)
    documents.get()

    assert stage.process().get() == ["first"]


def test_a_shared_document_that_cannot_be_read_is_fetched_anew(stage):
    stage.shared.set("names", (b"{}", stage.clock(), None), USABLE)

    assert stage.process().get() == ["first"]


def test_the_first_failure_is_the_answer(stage, documents):
    stage.publisher.is_down = True

    assert code_of(documents) == "provider_unavailable.timeout"


def test_after_a_first_failure_the_next_one_asks_again(stage, documents):
    stage.publisher.is_down = True
    code_of(documents)
    stage.publisher.is_down = False
    stage.clock.advance(0.001)

    assert documents.get() == ["first"]


def test_those_who_waited_for_a_fetch_that_failed_share_its_failure(stage, documents):
    stage.publisher.is_down = True
    stage.publisher.answers.clear()

    with ThreadPoolExecutor(8) as threads:
        outcomes = [threads.submit(code_of, documents) for _ in range(8)]
        stage.publisher.asked.wait()
        stage.publisher.answers.set()

    assert [each.result() for each in outcomes] == ["provider_unavailable.timeout"] * 8
    assert stage.publisher.fetches == 1


def test_those_who_waited_for_a_fetch_that_worked_share_the_document(stage, documents):
    stage.publisher.answers.clear()

    with ThreadPoolExecutor(8) as threads:
        outcomes = [threads.submit(documents.get) for _ in range(8)]
        stage.publisher.asked.wait()
        stage.publisher.answers.set()

    assert [each.result() for each in outcomes] == [["first"]] * 8
    assert stage.publisher.fetches == 1


def test_who_has_waited_three_seconds_for_a_fetch_asks_too(stage, documents):
    stage.publisher.answers.clear()

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(documents.get)
        stage.publisher.asked.wait()
        second = threads.submit(documents.get)
        wait([second], timeout=LONGEST - 0.5)
        before = stage.publisher.fetches
        wait([second], timeout=1)
        after = stage.publisher.fetches
        stage.publisher.answers.set()

    assert (before, after) == (1, 2)
    assert (first.result(), second.result()) == (["first"], ["first"])


def test_who_comes_when_a_fetch_has_lasted_three_seconds_asks_at_once(stage, documents):
    stage.publisher.answers.clear()

    with ThreadPoolExecutor(2) as threads:
        threads.submit(documents.get)
        stage.publisher.asked.wait()
        stage.clock.advance(LONGEST)
        second = threads.submit(documents.get)
        wait([second], timeout=0.5)
        fetches = stage.publisher.fetches
        stage.publisher.answers.set()

    assert fetches == 2


def test_after_the_clock_was_set_back_it_is_renewed(stage, documents):
    documents.get()
    stage.publisher.names = ["second"]
    stage.clock.advance(-2 * USABLE)

    assert documents.get() == ["second"]


def test_after_the_clock_was_set_back_a_pause_of_before_is_over(stage, documents):
    documents.get()
    stage.clock.advance(FRESH)
    stage.publisher.is_down = True
    documents.get()
    stage.publisher.is_down = False
    stage.publisher.names = ["second"]
    stage.shared.delete("names:renewing")
    stage.clock.advance(-USABLE)

    assert documents.get() == ["second"]
