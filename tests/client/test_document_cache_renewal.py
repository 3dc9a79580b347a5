"""A document that is asked for anew: because it did not serve, or to have it as it is now."""

import pytest

from django_genauth.client.document_cache import RETRY
from django_genauth.protocol.errors import ProviderUnavailable
from tests.support.documents import Stage


@pytest.fixture
def stage():
    return Stage()


@pytest.fixture
def documents(stage):
    documents = stage.process()
    documents.get()
    stage.clock.advance(1)
    return documents


def test_a_document_that_did_not_serve_is_fetched_anew(stage, documents):
    stage.publisher.names = ["second"]

    is_another = documents.renew(documents.peek(), since=stage.clock())

    assert (is_another, documents.peek()) == (True, ["second"])


def test_it_is_fetched_once_in_a_while_whichever_process_asks(stage, documents):
    other = stage.process()
    other.get()
    documents.renew(documents.peek(), since=stage.clock())
    other.renew(other.peek(), since=stage.clock())

    is_another = other.renew(other.peek(), since=stage.clock())

    assert (is_another, stage.publisher.fetches) == (False, 2)


def test_after_the_pause_it_is_fetched_again(stage, documents):
    documents.renew(documents.peek(), since=stage.clock())
    stage.clock.advance(RETRY)

    documents.renew(documents.peek(), since=stage.clock())

    assert stage.publisher.fetches == 3


def test_one_that_was_fetched_for_this_use_is_not_fetched_again(stage):
    documents = stage.process()
    since = stage.clock()
    documents.get()

    is_another = documents.renew(None, since=since)

    assert (is_another, stage.publisher.fetches) == (False, 1)


def test_one_that_another_process_had_fetched_before_is(stage, documents):
    begun_later = stage.process()
    since = stage.clock()
    begun_later.get()

    assert begun_later.renew(None, since=since) is True
    assert stage.publisher.fetches == 2


def test_a_fetch_that_fails_is_told_and_keeps_what_there_was(stage, documents):
    stage.publisher.is_down = True

    with pytest.raises(ProviderUnavailable):
        documents.renew(documents.peek(), since=stage.clock())

    assert documents.peek() == ["first"]


def test_the_latest_is_fetched_once_in_a_while(stage, documents):
    stage.publisher.names = ["second"]

    latest = [documents.latest() for _ in range(3)]

    assert latest == [["second"]] * 3
    assert stage.publisher.fetches == 2


def test_the_latest_is_what_was_fetched_a_moment_ago(stage):
    assert stage.process().latest() == ["first"]
    assert stage.publisher.fetches == 1


def test_where_the_latest_cannot_be_had_the_kept_one_serves(stage, documents):
    stage.publisher.is_down = True

    assert documents.latest() == ["first"]


def test_the_latest_takes_no_turn_from_what_is_unknown(stage, documents):
    documents.latest()
    stage.publisher.names = ["second"]

    assert documents.find(lambda names: "second" if "second" in names else None) == "second"
