"""genauth_revoke: revoke tokens at the provider, and end the grants that they belong to."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import QuerySet

from django_genauth import grants
from django_genauth.conf import get_app
from django_genauth.grants import rows, sweeps
from django_genauth.management.grants_command import TokenResult
from django_genauth.management.sources import NamedGrants
from django_genauth.management.tokens_command import TokensCommand
from django_genauth.models import Grant
from django_genauth.tracebacks import without_variables


class Command(TokensCommand):
    """Revoke each token; the exit status is 0 where all were revoked, and 2 where some may live."""

    help = "Revoke tokens at the provider, and end the grants that they belong to."
    states = {"revoked": 0, "not revoked": 2}
    ended_state = "revoked"
    failed_state = "not revoked"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --pending and --dry-run."""
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

    def all_grants(self, *, page_size: int, **options: Any) -> sweeps.GrantQueue | NamedGrants:
        """Return the grants that are not over; a dry run claims none of them."""
        app, pending = options["app"], options["pending"]
        if self._is_dry:
            return NamedGrants(sweeps.revocable(app, pending=pending), page_size=page_size)
        return sweeps.revocation_queue(app, page_size=page_size, pending=pending)

    def choosable_grants(self, **options: Any) -> QuerySet[Grant]:
        """Return the grants that are not over."""
        return sweeps.revocable(options["app"], pending=options["pending"])

    def ask(self, grant: Grant) -> TokenResult:
        """Revoke a grant."""
        if self._is_dry:
            return TokenResult("would be revoked", expires_at=grant.expires_at)
        grants.revoke(grant, get_app(grant.app))
        return TokenResult("revoked")

    def ask_token(self, token: str, app: str) -> TokenResult:
        """Revoke a token that was read, and the grant that it belongs to."""
        if self._is_dry:
            return TokenResult("would be revoked", rows.find(token, get_app(app)))
        return TokenResult("revoked", grants.revoke_token(token, get_app(app)))
