"""genauth_refresh: refresh stored grants at the provider."""

from __future__ import annotations

from typing import Any

from django_genauth.conf import get_app
from django_genauth.grants import refreshing, sweeps
from django_genauth.management.grants_command import GrantsCommand, TokenResult
from django_genauth.models import Grant


class Command(GrantsCommand):
    """Refresh each grant, however fresh it is.

    The exit status is 0 where all were refreshed, 1 where some ended, 2 where a provider did not
    answer.
    """

    help = "Refresh stored grants."
    states = {"refreshed": 0, "ended": 1, "not answered": 2}
    ended_state = "ended"
    failed_state = "not answered"

    def all_grants(self, *, page_size: int, **options: Any) -> sweeps.GrantQueue:
        """Return the active grants that have a refresh token."""
        return sweeps.refresh_queue(options["app"], page_size=page_size)

    def ask(self, grant: Grant) -> TokenResult:
        """Refresh a grant."""
        refreshed = refreshing.refresh(grant, get_app(grant.app))
        return TokenResult("refreshed", expires_at=refreshed.expires_at)
