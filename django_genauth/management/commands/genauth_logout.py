"""Sign people out here."""

from __future__ import annotations

import sys
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from django.db.models import QuerySet

from django_genauth.conf import get_app
from django_genauth.grants import sweeps
from django_genauth.management import interrupts
from django_genauth.management.grants_command import database_failed
from django_genauth.models import LoginSession
from django_genauth.protocol.errors import ConfigurationError, SealError
from django_genauth.sessions import engine, registry
from django_genauth.tracebacks import without_variables

_PAGE = 500


class Command(BaseCommand):
    """End sessions that began with this app; exit with 0, and with 2 where some may live on.

    Neither tokens nor the provider's own session end.
    """

    help = "Sign people out here: end sessions that began with this app."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add whose sessions, and which app's."""
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--user", metavar="NAME", help="the sessions of a user")
        whose.add_argument("--sub", metavar="SUB", help="the sessions of a subject")
        whose.add_argument("--all", action="store_true", help="all sessions")
        parser.add_argument("--app", metavar="ALIAS", help="an app of GENAUTH; else all")

    @without_variables
    def handle(self, *args: Any, **options: Any) -> None:
        """End them, and say how many."""
        if not engine.can_end():
            raise CommandError(
                "SESSION_ENGINE keeps sessions in the browsers, where nobody can end them.",
                returncode=2,
            )
        with interrupts.on_signals() as stop:
            try:
                ended, is_any_lost = self._end(_sessions(options), stop)
            except ConfigurationError as error:
                raise CommandError(str(error), returncode=2) from None
            except Error as error:
                raise database_failed(error) from None
        self.stdout.write(f"Ended {ended:,} sessions.")
        if stop.is_asked:
            self.stderr.write("Stopped. The same command goes on from there.")
            sys.exit(interrupts.STATUS)
        if is_any_lost:
            self.stderr.write("Some sessions may live on, as nothing opens their keys.")
            sys.exit(2)

    def _end(
        self, sessions: QuerySet[LoginSession], stop: interrupts.SignalStop
    ) -> tuple[int, bool]:
        before, is_any_lost = sessions.count(), False
        for page in sweeps.pages(sessions, size=_PAGE):
            if stop.is_asked:
                break
            try:
                registry.end(page)
            except SealError:
                is_any_lost = True
        return before - sessions.count(), is_any_lost


def _sessions(options: dict[str, Any]) -> QuerySet[LoginSession]:
    """Return the sessions that are meant. Raises CommandError and ConfigurationError."""
    sessions = registry.rows()
    if options["app"] is not None:
        get_app(options["app"])
        sessions = sessions.filter(app=options["app"])
    if options["sub"] is not None:
        return sessions.filter(identity__subject=options["sub"])
    if options["user"] is not None:
        model = get_user_model()
        named = {model.USERNAME_FIELD: options["user"]}
        user = model._default_manager.filter(**named).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}.", returncode=2)
        return sessions.filter(identity__user=user.pk)
    return sessions
