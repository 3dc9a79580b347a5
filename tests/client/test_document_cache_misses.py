"""What is not in a provider's document: looked up again, and not again and again."""

from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from django_genauth.client.document_cache import FRESH, RETRY, NoSharedCache
from django_genauth.protocol.errors import ProviderUnavailable
from tests.support.documents import Stage


@pytest.fixture
def stage():
    return Stage()


@pytest.fixture
def documents(stage):
    documents = stage.process()
    documents.get()
    return documents


def naming(name):
    return lambda names: name if name in names else None


def test_what_is_there_is_found_without_a_fetch(stage, documents):
    assert documents.find(naming("first")) == "first"
    assert stage.publisher.fetches == 1


def test_what_is_new_is_found_by_one_fetch(stage, documents):
    stage.publisher.names = ["second", "first"]

    assert documents.find(naming("second")) == "second"
    assert stage.publisher.fetches == 2


def test_what_is_nowhere_is_not_found(stage, documents):
    assert documents.find(naming("nobody")) is None
    assert stage.publisher.fetches == 2


def test_a_flood_of_unknown_names_is_one_fetch(stage, documents):
    found = [documents.find(naming(f"nobody-{number}")) for number in range(50)]

    assert found == [None] * 50
    assert stage.publisher.fetches == 2


def test_a_flood_from_many_threads_is_one_fetch(stage, documents):
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(documents.find, map(naming, map(str, range(50)))))

    assert found == [None] * 50
    assert stage.publisher.fetches == 2


def test_those_who_look_for_something_new_at_the_same_time_wait_for_one_fetch(stage, documents):
    stage.publisher.names = ["second"]
    stage.publisher.asked.clear()
    stage.publisher.answers.clear()

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(documents.find, naming("second"))
        stage.publisher.asked.wait()
        other = threads.submit(documents.find, naming("second"))
        wait([other], timeout=0.1)
        stage.publisher.answers.set()

    assert (first.result(), other.result()) == ("second", "second")
    assert stage.publisher.fetches == 2


def test_without_a_shared_cache_a_flood_is_one_fetch_too(stage):
    documents = stage.process(NoSharedCache())

    found = [documents.find(naming(f"nobody-{number}")) for number in range(50)]

    assert found == [None] * 50
    assert stage.publisher.fetches == 2


def test_the_pause_is_counted_from_the_miss_and_not_from_the_last_one(stage, documents):
    documents.find(naming("nobody"))
    stage.clock.advance(RETRY - 1)
    documents.find(naming("nobody"))
    stage.publisher.names = ["second"]
    stage.clock.advance(1)

    assert documents.find(naming("second")) == "second"


def test_in_the_pause_after_a_miss_what_is_new_is_not_found(stage, documents):
    documents.find(naming("nobody"))
    stage.publisher.names = ["second"]
    stage.clock.advance(RETRY - 1)

    assert documents.find(naming("second")) is None
    assert stage.publisher.fetches == 2


def test_in_the_pause_what_was_there_is_still_found(stage, documents):
    documents.find(naming("nobody"))

    assert documents.find(naming("first")) == "first"


def test_a_find_ends_the_pause(stage, documents):
    stage.publisher.names = ["second", "first"]
    documents.find(naming("second"))
    stage.publisher.names = ["third", "second", "first"]

    assert documents.find(naming("third")) == "third"


def test_two_processes_share_one_pause(stage, documents):
    other = stage.process()
    documents.find(naming("nobody"))

    found = other.find(naming("nobody"))

    assert (found, stage.publisher.fetches) == (None, 2)


def test_a_find_of_one_process_ends_the_pause_of_both(stage, documents):
    other = stage.process()
    stage.publisher.names = ["second"]
    documents.find(naming("second"))
    stage.publisher.names = ["third"]

    assert other.find(naming("third")) == "third"


def test_what_one_process_found_the_other_finds_without_a_fetch(stage, documents):
    other = stage.process()
    other.get()
    stage.publisher.names = ["second"]
    stage.clock.advance(1)
    documents.find(naming("second"))

    assert other.find(naming("second")) == "second"
    assert stage.publisher.fetches == 2


def test_what_is_newer_still_than_the_other_processs_document_is_asked_for(stage, documents):
    other = stage.process()
    other.get()
    stage.publisher.names = ["second"]
    stage.clock.advance(1)
    documents.find(naming("second"))
    stage.publisher.names = ["third"]

    assert other.find(naming("third")) == "third"
    assert stage.publisher.fetches == 3


def test_what_one_process_found_the_other_finds_in_its_own_pause(stage, documents):
    other = stage.process()
    other.get()
    other.find(naming("nobody"))
    stage.clock.advance(FRESH)
    stage.publisher.names = ["second"]
    documents.get()

    assert other.find(naming("second")) == "second"


def test_an_older_document_of_the_shared_cache_does_not_replace_a_newer_one(stage, documents):
    documents.find(naming("nobody"))
    stage.shared.set("names", (b"ancient", stage.clock() - 1, None), RETRY)
    documents.find(naming("nobody"))

    assert documents.find(naming("first")) == "first"


def test_a_fetch_that_fails_is_reported_and_empties_nothing(stage, documents):
    stage.publisher.is_down = True
    with pytest.raises(ProviderUnavailable):
        documents.find(naming("nobody"))

    assert documents.find(naming("first")) == "first"


def test_a_fetch_that_fails_begins_a_pause_too(stage, documents):
    stage.publisher.is_down = True
    with pytest.raises(ProviderUnavailable):
        documents.find(naming("nobody"))

    assert documents.find(naming("nobody")) is None
    assert stage.publisher.fetches == 2


def test_the_first_to_look_for_something_unknown_asks_twice_at_most(stage):
    documents = stage.process()

    assert documents.find(naming("nobody")) is None
    assert stage.publisher.fetches == 2


def test_who_has_waited_a_second_for_the_second_look_takes_one_too(stage, documents):
    stage.publisher.names = ["second"]
    stage.publisher.asked.clear()
    stage.publisher.answers.clear()

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(documents.find, naming("second"))
        stage.publisher.asked.wait()
        other = threads.submit(documents.find, naming("second"))
        wait([other], timeout=1.5)
        fetches = stage.publisher.fetches
        stage.publisher.answers.set()

    assert (first.result(), other.result()) == ("second", "second")
    assert fetches == 3


def test_while_the_second_look_hangs_what_is_there_is_found(stage, documents):
    stage.publisher.asked.clear()
    stage.publisher.answers.clear()

    with ThreadPoolExecutor(1) as threads:
        threads.submit(documents.find, naming("second"))
        stage.publisher.asked.wait()
        found = documents.find(naming("first"))
        stage.publisher.answers.set()

    assert found == "first"
