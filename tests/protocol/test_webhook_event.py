"""Bodies of the console's webhook: what is read of them, whatever they are.

Where the event and the person may stand is shown by `test_webhook`.
"""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_genauth.protocol.errors import WebhookError
from django_genauth.protocol.webhook_event import parse_console_event, point_in_time
from tests.protocol.strategies import hostile

FORM = "application/x-www-form-urlencoded"
NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
)
NAMES = st.sampled_from(
    ["eventName", "event", "type", "data", "payload", "user", "id", "sub", "time", "timestamp"]
)


@pytest.mark.parametrize(
    ("written", "time"),
    [
        pytest.param("2026-02-01T12:00:00.000Z", NOON, id="ISO 8601"),
        pytest.param("2026-02-01T13:00:00+01:00", NOON, id="elsewhere"),
        pytest.param("2026-02-01T12:00:00", NOON, id="without a zone"),
        pytest.param(1769947200, NOON, id="seconds"),
        pytest.param(1769947200.0, NOON, id="seconds with a point"),
        pytest.param(1769947200000, NOON, id="milliseconds"),
        pytest.param("1769947200", NOON, id="seconds as text"),
        pytest.param("1769947200000", NOON, id="milliseconds as text"),
        pytest.param("", None, id="empty"),
        pytest.param("noon", None, id="a word"),
        pytest.param(10**30, None, id="beyond all dates"),
        pytest.param(10**400, None, id="beyond all numbers"),
        pytest.param(True, None, id="true"),
        pytest.param(None, None, id="null"),
        pytest.param({}, None, id="an object"),
    ],
)
def test_a_time_is_read(written, time):
    assert point_in_time(written) == time


def test_the_first_time_that_is_one_counts():
    body = json.dumps({"event": "kick", "timestamp": "soon", "time": 1769947200})

    event = parse_console_event(body.encode(), content_type="application/json")

    assert event.time == NOON


def test_genauths_names_become_those_of_claims_and_claims_keep_theirs():
    person = {"id": "1", "givenName": "Ada", "given_name": "Augusta", "updatedAt": "x"}
    body = json.dumps({"event": "user:updated", "user": person})

    event = parse_console_event(body.encode(), content_type="application/json")

    assert event.person["given_name"] == "Augusta"
    assert event.person["updated_at"] == "x"


def test_what_is_said_of_a_person_is_not_shown():
    body = json.dumps({"event": "login", "data": {"id": "1", "token": "a-live-token"}})

    event = parse_console_event(body.encode(), content_type="application/json")

    assert "a-live-token" not in repr(event)


@hostile
@given(body=st.binary(), content_type=st.sampled_from(["application/json", FORM, ""]))
def test_octets_that_say_nothing_are_refused_and_nothing_else_is_raised(body, content_type):
    with pytest.raises(WebhookError):
        parse_console_event(b"\xff" + body, content_type=content_type)


@hostile
@given(body=st.dictionaries(NAMES, JSON))
def test_whatever_stands_where_something_is_looked_for_the_event_is_a_text(body):
    body = {**body, "eventName": "kick"}

    event = parse_console_event(json.dumps(body).encode(), content_type="application/json")

    assert event.name == "kick"
