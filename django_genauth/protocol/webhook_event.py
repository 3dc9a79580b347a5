"""Events of GenAuth's console: the name, the person, the time and the claims, read from a body.

The vendor shows no whole body anywhere, so each is looked for in more than one place. Some bodies
hold tokens: nothing is read but what is named here.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from django_genauth.protocol.errors import WebhookError
from django_genauth.protocol.messages import read_json_object

__all__ = ["ConsoleEvent", "parse_console_event", "point_in_time"]

_FORM: Final = "application/x-www-form-urlencoded"
_EVENT_NAMES: Final = ("eventName", "event", "type")
_HOLDERS: Final = ("data", "payload")
# `id` comes last: beside another it may be the message's own.
_SUBJECTS: Final = ("sub", "userId", "id", "_id")
# Not createdAt, which is the person's where the body is the person.
_TIMES: Final = ("timestamp", "time", "eventTime")
_LONGEST_SUBJECT: Final = 255
# Later than any date in seconds, and earlier than any in milliseconds.
_MILLISECONDS: Final = 10**11
_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleEvent:
    """Hold one event; `person` has all that the body says of the person, tokens included.

    `subject` is None where the body names nobody, `time` where it names no time.
    """

    name: str
    subject: str | None
    time: datetime | None
    person: dict[str, Any] = field(repr=False)


def parse_console_event(body: bytes, *, content_type: str) -> ConsoleEvent:
    """Parse the body of a webhook: a form if it says so, else JSON. Raises WebhookError."""
    members = _form(body) if content_type == _FORM else read_json_object(body, error=WebhookError)
    names = [members[name] for name in _EVENT_NAMES if isinstance(members.get(name), str)]
    if not names:
        raise WebhookError("The body names no event.", reason="event")
    person, subject = _person(members)
    times = (point_in_time(members.get(name)) for name in _TIMES)
    return ConsoleEvent(
        name=names[0],
        subject=subject,
        time=next((time for time in times if time is not None), None),
        # Claims are written with underscores, GenAuth's own members with capitals.
        person={_CAPITAL.sub(r"_\1", name).lower(): person[name] for name in person} | person,
    )


def point_in_time(value: object) -> datetime | None:
    """Return a time that is given in ISO 8601, seconds or milliseconds; None for anything else."""
    with suppress(ValueError, OverflowError, OSError):
        if isinstance(value, str) and not value.isdecimal():
            read = datetime.fromisoformat(value)
            return read if read.tzinfo is not None else read.replace(tzinfo=UTC)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            seconds = float(value)
            return datetime.fromtimestamp(
                seconds / 1000 if seconds >= _MILLISECONDS else seconds, tz=UTC
            )
    return None


def _form(body: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=1_000)
    except ValueError:
        pairs = []
    members: dict[str, Any] = dict(pairs)
    for name in (*_HOLDERS, "user"):
        # A form has no objects, but may have one as text.
        text = members.get(name, "")
        if text.startswith("{"):
            members[name] = read_json_object(text.encode(), error=WebhookError)
    return members


def _person(members: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Return the claims and the id of the person, from the first place that has an id."""
    for place in _places(members):
        for name in _SUBJECTS:
            subject = place.get(name)
            if (
                isinstance(subject, str)
                and 0 < len(subject) <= _LONGEST_SUBJECT
                and subject.isprintable()
            ):
                return place, subject
    return {}, None


def _places(members: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the places where the person may stand, the surest first."""
    holders = [members[name] for name in _HOLDERS if isinstance(members.get(name), dict)]
    users = [place["user"] for place in (*holders, members) if isinstance(place.get("user"), dict)]
    return [*users, *holders, members]
