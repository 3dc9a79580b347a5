"""The registry of sign-ins: a row for each session that began with this app.

The row holds the session's key, so that no session is looked for among the others. Who asks for the
end, and why, is not known here; how an engine ends its sessions stands in `engine`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from django.contrib.sessions.backends.base import SessionBase
from django.db import Error, connections, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from django_genauth.conf import App, get_app
from django_genauth.fields import Sealed, opened, storable_text
from django_genauth.models import (
    ROWS_AT_ONCE,
    Grant,
    Identity,
    LoginSession,
    pages,
    rows_on_primary,
)
from django_genauth.protocol.errors import GenAuthError, SealError
from django_genauth.protocol.logout import session_id_of
from django_genauth.sealing import fingerprints, key_id, newest_key_id, seal
from django_genauth.sessions import engine
from django_genauth.sessions.entry import SessionEntry
from django_genauth.tracebacks import without_variables

logger = logging.getLogger("django_genauth")

_LONGEST_TEXT: Final = 255
# In seconds: no more often does a process note that a session is used.
_SEEN_EVERY: Final = 300
_MOST_REMEMBERED: Final = 10_000
# By row, in monotonic seconds: when it is to be noted again. Not in the cache that processes share,
# which would have to be asked at each request.
_to_be_noted_at: dict[int, float] = {}


def rows() -> QuerySet[LoginSession]:
    """Return the sign-ins, from the database that is written to."""
    return rows_on_primary(LoginSession)


def delete_rows(sessions: QuerySet[LoginSession]) -> int:
    """Delete rows whose sessions are over, without the signal that ends them; return how many."""
    # None where it asks the database nothing.
    return sessions._raw_delete(sessions.db) or 0


def delete_rows_if_possible(sessions: QuerySet[LoginSession]) -> None:
    """Do the same where the database can; else `purge` does it some day."""
    try:
        delete_rows(sessions)
    except Error as error:
        # The session may be elsewhere than the rows, and whoever wants to leave has to get out.
        logger.warning("The row of a session stays behind: %s", type(error).__name__)


# A session's key, and the number of its row; None for what there is not.
Place = tuple[str | None, int | None]


def place_of(session: SessionBase) -> Place:
    """Return a session's key and row, without reading a session for a visitor who has none."""
    entry = None if session.session_key is None else SessionEntry.read(session)
    return session.session_key, None if entry is None else entry.login_session


def record(
    request: HttpRequest,
    identity: Identity,
    app: App,
    claims: Mapping[str, Any],
    *,
    before: Place,
    grant: Grant | None = None,
    id_token: str | None = None,
    location: str = "",
) -> int | None:
    """Write the row of a session that has just begun, and return its number.

    `before` is where the session stood: the row of a session that ended there is deleted.
    `location` is the site's own words for the place that the person signs in from. None where
    sessions cannot be ended from afar, of which nothing is kept.
    """
    if not engine.can_end():
        return None
    session = request.session
    if session.session_key is None:
        # Django has thrown another person's session away, and gives this one its key at the end.
        session.create()
    if before[1] is not None:
        delete_rows(rows().filter(pk=before[1]))
    now = timezone.now()
    row = LoginSession(
        identity=identity,
        app=app.alias,
        grant=grant,
        sid=session_id_of(claims.get("sid")) or "",
        user_agent=storable_text(request.headers.get("User-Agent", ""))[:_LONGEST_TEXT],
        location=storable_text(location)[:_LONGEST_TEXT],
        created_at=now,
        seen_at=now,
        expires_at=session.get_expiry_date(),
    )
    for name, value in _key_columns(str(session.session_key), app).items():
        setattr(row, name, value)
    if id_token is not None:
        row.id_token = _sealed_id_token(row, id_token, app)
    row.save(force_insert=True, using=rows().db)
    _is_to_be_noted(row.pk)
    return row.pk


def id_token_of(number: int | None, app: App) -> str | None:
    """Return the ID token of the sign-in of a row, or None where there is none to be read."""
    row = rows().filter(pk=number).first() if number is not None else None
    try:
        id_token: str | None = None if row is None else opened(row, "id_token", app)
    except GenAuthError:
        # A key is gone: signing out has to work all the same.
        return None
    return id_token


def grant_of(entry: SessionEntry) -> int | None:
    """Return the number of a session's grant, or None where it has none."""
    if entry.grant is not None or entry.login_session is None:
        return entry.grant
    # The session began with an earlier version, which kept it in the row alone.
    return rows().filter(pk=entry.login_session).values_list("grant", flat=True).first()


def is_used(grant: Grant) -> bool:
    """Return whether any sign-in uses a grant."""
    return rows().filter(grant=grant).exists()


def sync(session: SessionBase, before: Place) -> None:
    """Update or delete the row after a request that rotated or ended its session.

    Django gives it one when the password or SECRET_KEY changes. A session whose row is gone was
    ended meanwhile, and ends.
    """
    number = before[1]
    if number is None:
        return
    mine = rows().filter(pk=number)
    entry = None if session.session_key is None else SessionEntry.read(session)
    if entry is None or entry.login_session != number:
        delete_rows_if_possible(mine)
    elif not mine.update(**_key_columns(str(session.session_key), get_app(entry.alias))):
        session.flush()


def touch(number: int | None) -> bool:
    """Write now and then that the session of a row is used; return False where the row is gone.

    Such a session was ended, and came back to life by a race of the engine's.
    """
    if number is None or not _is_to_be_noted(number):
        return True
    now = timezone.now()
    try:
        row = rows().filter(pk=number)
        seen_at = row.values_list("seen_at", flat=True).first()
        if seen_at is None:
            return False
        if now - seen_at >= timedelta(seconds=_SEEN_EVERY):
            _update_unless_locked(row, seen_at=now)
        # Else another process has written it.
        return True
    except Error as error:
        # The page that is asked for may do without this database.
        logger.warning("When a session was seen is not noted: %s", type(error).__name__)
        return True


def _update_unless_locked(row: QuerySet[LoginSession], **values: Any) -> None:
    """Update a row, or leave it where somebody holds its lock: no page waits for that."""
    if not connections[row.db].features.has_select_for_update_skip_locked:
        row.update(**values)
        return
    with transaction.atomic(using=row.db):  # pragma: no cover # PostgreSQL and MariaDB
        if row.select_for_update(skip_locked=True).first() is not None:
            row.update(**values)


def find(
    app: App, issuer: str, *, subject: str | None = None, sid: str | None = None
) -> list[LoginSession]:
    """Return the sessions of an app that a provider names by a subject, its session id, or both."""
    named = {"identity__subject": subject, "sid": sid}
    given = {name: value for name, value in named.items() if value is not None}
    if not given:
        return []
    meant = rows().filter(app=app.alias, identity__issuer=issuer, **given)
    return list(meant.select_related("identity", "grant"))


@without_variables
def end(sessions: Iterable[LoginSession]) -> None:
    """End sessions at the engine, and delete their rows.

    Raises what the engine raises, and SealError where nothing opens a row: the others are ended,
    that one may live.
    """
    is_any_lost = False
    waiting = iter(sessions)
    while batch := list(islice(waiting, ROWS_AT_ONCE)):
        while batch:
            keys = {row: key for row in batch if (key := _key_or_nothing(row))}
            is_any_lost = is_any_lost or len(keys) < len(batch)
            engine.end(sorted(keys.values()))
            numbers = sorted(row.pk for row in keys)
            ended = rows().filter(pk__in=numbers, digest__in=[row.digest for row in keys])
            # A session that changed its key meanwhile has another digest, and is ended again.
            is_done = delete_rows(ended) == len(keys)
            batch = [] if is_done else list(rows().filter(pk__in=numbers))
    if is_any_lost:
        raise SealError("A session may live on, as nothing opens its key.", reason="key")


def purge() -> int:
    """Delete the rows whose sessions are over, and return how many.

    A session that is used is given more time by Django without its row being told, so the engine is
    asked about each that seems to be over.
    """
    now = timezone.now()
    deleted = 0
    for batch in pages(rows().filter(expires_at__lt=now), size=ROWS_AT_ONCE):
        keys = {row.pk: _key_or_nothing(row) for row in batch}
        living = engine.living([key for key in keys.values() if key])
        for number, key in keys.items():
            if key in living:
                rows().filter(pk=number).update(expires_at=living[key])
        over = [number for number, key in keys.items() if key not in living]
        deleted += delete_rows(rows().filter(pk__in=over, expires_at__lt=now))
    return deleted


def reseal(row: LoginSession, app: App) -> bool:
    """Seal a row anew under the newest key; return False where it is already, or has ended.

    Raises SealError where no key opens it.
    """
    held: list[Sealed | None] = [vars(row)["session_key"], vars(row)["id_token"]]
    if all(sealed is None or key_id(sealed.text) == newest_key_id(app) for sealed in held):
        return False
    values = _key_columns(opened(row, "session_key", app), app)
    id_token = opened(row, "id_token", app)
    if id_token is not None:
        values["id_token"] = _sealed_id_token(row, id_token, app)
    return bool(rows().filter(pk=row.pk, digest=row.digest).update(**values))


def _is_to_be_noted(number: int) -> bool:
    """Return whether a session is due to be written; it counts as written now."""
    now = time.monotonic()
    if now < _to_be_noted_at.get(number, now):
        return False
    if len(_to_be_noted_at) >= _MOST_REMEMBERED:
        _to_be_noted_at.clear()
    _to_be_noted_at[number] = now + _SEEN_EVERY
    return True


def _key_columns(key: str, app: App) -> dict[str, Any]:
    """Return the columns that hold a session's key, and the digest that finds it."""
    row = LoginSession(app=app.alias, digest=fingerprints(key, app=app)[0])
    _, purpose = row.sealing
    return {"digest": row.digest, "session_key": Sealed(seal(key, purpose=purpose, app=app))}


def _sealed_id_token(row: LoginSession, id_token: str, app: App) -> Sealed:
    _, purpose = row.id_token_sealing
    return Sealed(seal(id_token, purpose=purpose, app=app))


def _key_or_nothing(row: LoginSession) -> str:
    try:
        key: str = opened(row, "session_key", get_app(row.app))
    except GenAuthError:
        # Its key is lost, or its app: nobody can ever end the session by the row.
        return ""
    return key
