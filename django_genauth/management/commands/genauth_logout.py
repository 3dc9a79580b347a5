"""genauth_logout: sign people out of this site."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import QuerySet

from django_genauth.management.arguments import add_app, find_user, require_app
from django_genauth.management.interrupts import SignalStop
from django_genauth.management.stoppable_command import StoppableCommand, Stopped
from django_genauth.models import ROWS_AT_ONCE, LoginSession, pages
from django_genauth.protocol.errors import SealError
from django_genauth.sessions import engine, registry


class Command(StoppableCommand):
    """End sessions that began with this app; the exit status is 0, or 2 where some may live on.

    Neither tokens nor the provider's own session end.
    """

    help = "Sign people out here: end sessions that began with this app."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the choice of people, and of an app."""
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--user", metavar="NAME", help="the sessions of a user")
        whose.add_argument("--sub", metavar="SUB", help="the sessions of a subject")
        whose.add_argument("--all", action="store_true", help="all sessions")
        add_app(parser)

    def work(self, stop: SignalStop, options: dict[str, Any]) -> int:
        """End the sessions, and print how many."""
        if not engine.can_end():
            raise CommandError(
                "SESSION_ENGINE keeps sessions in the browsers, where nobody can end them.",
                returncode=2,
            )
        ended, is_any_lost = _end(_sessions(options), stop)
        self.stdout.write(f"Ended {ended:,} sessions.")
        if stop.is_asked:
            raise Stopped("The same command goes on from there.")
        if is_any_lost:
            self.stderr.write("Some sessions may live on, as nothing opens their keys.")
            return 2
        return 0


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
    for page in pages(sessions, size=ROWS_AT_ONCE):
        if stop.is_asked:
            break
        try:
            registry.end(page)
        except SealError:
            is_any_lost = True
    return before - sessions.count(), is_any_lost
