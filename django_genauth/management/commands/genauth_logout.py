"""genauth_logout: sign people out of this site."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import QuerySet

from django_genauth import conf
from django_genauth.management.arguments import add_app, add_format, find_user, require_app
from django_genauth.management.interrupts import SignalStop
from django_genauth.management.stoppable_command import StoppableCommand, Stopped
from django_genauth.models import ROWS_AT_ONCE, Identity, LoginSession, pages, rows_on_primary
from django_genauth.protocol.errors import SealError
from django_genauth.sessions import ended, engine, registry


class Command(StoppableCommand):
    """End sessions that began with this app; the exit status is 0, or 2 where some may live on.

    Access tokens that the site's API accepts are refused, if they were issued before. Neither they
    nor the session of the provider's own end there.
    """

    help = "Sign people out here: end sessions that began with this app."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the choice of people, and of an app."""
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--user", metavar="NAME", help="the sessions of a user")
        whose.add_argument("--sub", metavar="SUB", help="the sessions of a subject")
        whose.add_argument("--all", action="store_true", help="all sessions")
        add_app(parser)
        add_format(parser, json="one object with the number")

    def work(self, stop: SignalStop, options: dict[str, Any]) -> int:
        """End the sessions, and print how many."""
        # Access tokens end wherever sessions are kept.
        _mark_person(options)
        if not engine.can_end():
            raise CommandError(
                "SESSION_ENGINE keeps sessions in the browsers, where nobody can end them.",
                returncode=2,
            )
        count, is_any_lost = _end(_sessions(options), stop)
        as_json = options["format"] == "json"
        self.stdout.write(json.dumps({"ended": count}) if as_json else f"Ended {count:,} sessions.")
        if stop.is_asked:
            raise Stopped("The same command goes on from there.")
        if is_any_lost:
            self.stderr.write("Some sessions may live on, as nothing opens their keys.")
            return 2
        return 0


def _mark_person(options: dict[str, Any]) -> None:
    """Mark whom the options name, who may have an access token and no session here."""
    if options["sub"] is not None:
        named = conf.aliases() if options["app"] is None else [options["app"]]
        for issuer in {conf.get_client(alias).registration.issuer for alias in named}:
            ended.mark(issuer, subject=options["sub"])
    if options["user"] is not None:
        user = find_user(options["user"])
        ended.mark_identities(rows_on_primary(Identity).filter(user_id=user.pk))


def _sessions(options: dict[str, Any]) -> QuerySet[LoginSession]:
    """Return the sessions that the options name. Raises CommandError and ConfigurationError."""
    sessions = registry.rows()
    if options["app"] is not None:
        require_app(options["app"])
        sessions = sessions.filter(app=options["app"])
    if options["sub"] is not None:
        return sessions.filter(identity__subject=options["sub"])
    if options["user"] is not None:
        return sessions.filter(identity__user=find_user(options["user"]).pk)
    return sessions


def _end(sessions: QuerySet[LoginSession], stop: SignalStop) -> tuple[int, bool]:
    """End sessions; return how many ended, and whether some may live on."""
    before, is_any_lost = sessions.count(), False
    for page in pages(sessions.select_related("identity"), size=ROWS_AT_ONCE):
        if stop.is_asked:
            break
        ended.mark_identities({row.identity for row in page})
        try:
            registry.end(page)
        except SealError:
            is_any_lost = True
    return before - sessions.count(), is_any_lost
