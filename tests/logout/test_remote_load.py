"""Two hundred logout tokens a second from eight threads, while people sign in: none is lost."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from django_genauth.models import LoginSession
from tests.support.signed_in import a_session, an_identity, lives, send
from tests.support.site.visitor import Visitor

pytestmark = [
    pytest.mark.serial,
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        os.environ.get("DATABASE", "sqlite") == "sqlite", reason="SQLite has one writer"
    ),
]

PER_SECOND = 200
SENDERS = 8
PEOPLE = 80
# Each with ten sessions: the first forty are signed out by their name, ten times each, the others
# session by session.
BY_NAME = 40


@pytest.fixture
def sessions(provider, app):
    """Have people who are signed in in ten browsers each."""
    with transaction.atomic():
        return [
            a_session(an_identity(f"person-{person}", provider.issuer), sid=f"{person}-{browser}")
            for person in range(PEOPLE)
            for browser in range(10)
        ]


def token_for(provider, row):
    person = row.identity.subject
    if int(person.removeprefix("person-")) < BY_NAME:
        return provider.logout_token(sub=person)
    return provider.logout_token(sid=row.sid)


def sent(tokens, began):
    """Send tokens, each at its time, and return what they were answered."""
    try:
        answers = []
        for number, token in tokens:
            time.sleep(max(0, began + number / PER_SECOND - time.monotonic()))
            answers.append(send(token).status_code)
        return answers
    finally:
        connections.close_all()


def sign_in_until(is_over, provider, first):
    """Sign in as the very people who are signed out, and return where that ended."""
    try:
        ends = []
        while not is_over.wait(0.05):
            visitor = Visitor(provider)
            ends.append(visitor.sign_in(sub=f"person-{(first + len(ends)) % PEOPLE}").status_code)
        return ends
    finally:
        connections.close_all()


def test_none_is_lost_and_nobody_waits_for_ever(provider, sessions):
    tokens = list(enumerate(token_for(provider, row) for row in sessions))
    Visitor(provider).sign_in(sub="somebody-else")
    is_over = threading.Event()
    began = time.monotonic()
    with ThreadPoolExecutor(SENDERS + 2) as pool:
        arrivals = [pool.submit(sign_in_until, is_over, provider, first) for first in (0, 40)]
        senders = [pool.submit(sent, tokens[each::SENDERS], began) for each in range(SENDERS)]
        answers = [answer for sender in senders for answer in sender.result()]
        took = time.monotonic() - began
        is_over.set()
        ends = [end for arrival in arrivals for end in arrival.result()]

    assert answers == [200] * len(sessions)
    # People who are signed out while they sign in are refused, and may sign in again.
    assert 302 in ends
    assert set(ends) <= {302, 403}
    assert not LoginSession.objects.filter(pk__in=[row.pk for row in sessions]).exists()
    assert [row.sid for row in sessions if lives(row)] == []
    assert took < 2.5 * len(sessions) / PER_SECOND
