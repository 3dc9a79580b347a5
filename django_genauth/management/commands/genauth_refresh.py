"""Refresh stored grants."""

from __future__ import annotations

from typing import Any

from django_genauth.conf import get_app
from django_genauth.grants import refreshing, sweeps
from django_genauth.management.grants_command import GrantsCommand, Said
from django_genauth.models import Grant


class Command(GrantsCommand):
    """Refresh each grant, however fresh it is; exit with 0 where all were, and 1 where some ended.

    With 2 where somebody did not answer.
    """

    help = "Refresh stored grants."
    states = {"refreshed": 0, "ended": 1, "not answered": 2}
    over = "ended"
    in_vain = "not answered"

    def part(self, *, page: int, **options: Any) -> sweeps.Part:
        """Return all that are active and have a refresh token."""
        return sweeps.to_refresh(options["app"], page=page)

    def ask(self, grant: Grant) -> Said:
        """Refresh a grant."""
        return Said(
            "refreshed", expires_at=refreshing.refresh(grant, get_app(grant.app)).expires_at
        )
