"""Revoke tokens at the provider, and end the grants that they belong to."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import QuerySet

from django_genauth import grants
from django_genauth.conf import get_app
from django_genauth.grants import rows, sweeps
from django_genauth.management.grants_command import Said
from django_genauth.management.sources import Named
from django_genauth.management.tokens_command import TokensCommand
from django_genauth.models import Grant
from django_genauth.tracebacks import without_variables


class Command(TokensCommand):
    """Revoke each token; exit with 0 where all were, and with 2 where some may still live."""

    help = "Revoke tokens at the provider, and end the grants that they belong to."
    states = {"revoked": 0, "not revoked": 2}
    over = "revoked"
    in_vain = "not revoked"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what only revoking has."""
        super().add_arguments(parser)
        parser.add_argument(
            "--pending", action="store_true", help="of --all those whose revocation failed"
        )
        parser.add_argument("--dry-run", action="store_true", help="say which, and revoke none")

    @without_variables
    def handle(self, *args: Any, **options: Any) -> None:
        """Revoke, or say what would be revoked."""
        if options["pending"] and not options["all"]:
            raise CommandError("--pending goes with --all.", returncode=2)
        if options["dry_run"]:
            self.states = {"would be revoked": 0, "not revoked": 2}
        self._is_dry = options["dry_run"]
        super().handle(*args, **options)

    def part(self, *, page: int, **options: Any) -> sweeps.Part | Named:
        """Return all that are not over; none is claimed where none is revoked."""
        if self._is_dry:
            return Named(self.grants(**options), page=page)
        return sweeps.to_revoke(options["app"], page=page, pending=options["pending"])

    def grants(self, **options: Any) -> QuerySet[Grant]:
        """Return those that are not over."""
        return sweeps.revocable(options["app"], pending=options["pending"])

    def ask(self, grant: Grant) -> Said:
        """Revoke a grant."""
        if self._is_dry:
            return Said("would be revoked", expires_at=grant.expires_at)
        grants.revoke(grant, get_app(grant.app))
        return Said("revoked")

    def ask_token(self, token: str, app: str) -> Said:
        """Revoke a token as it is, and the grant that it belongs to."""
        if self._is_dry:
            return Said("would be revoked", rows.find(token, get_app(app)))
        return Said("revoked", grants.revoke_token(token, get_app(app)))
