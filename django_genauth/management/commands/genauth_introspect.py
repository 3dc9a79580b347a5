"""genauth_introspect: ask the provider which tokens are active."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django_genauth import grants
from django_genauth.conf import get_app
from django_genauth.grants import rows, sweeps
from django_genauth.management.grants_command import TokenResult
from django_genauth.management.tokens_command import TokensCommand
from django_genauth.models import Grant


class Command(TokensCommand):
    """Print for each token whether it is active.

    The exit status is 0 where all are, 1 where some are not, 2 where a provider did not answer.
    """

    help = "Ask the provider which tokens are active."
    states = {"active": 0, "inactive": 1, "not answered": 2}
    ended_state = "inactive"
    failed_state = "not answered"

    def all_grants(self, *, page_size: int, **options: Any) -> sweeps.GrantQueue:
        """Return the grants that are not over."""
        return sweeps.introspection_queue(options["app"], page_size=page_size)

    def ask(self, grant: Grant) -> TokenResult:
        """Introspect the refresh token of a grant, or its access token."""
        return _result(grants.introspect(grant, get_app(grant.app)))

    def ask_token(self, token: str, app: str) -> TokenResult:
        """Introspect a token that was read."""
        loaded = get_app(app)
        answer = loaded.client.introspect_token(token)
        return _result(answer, rows.find(token, loaded))


def _result(answer: dict[str, Any], grant: Grant | None = None) -> TokenResult:
    return TokenResult("active" if answer["active"] else "inactive", grant, _expiry(answer))


def _expiry(answer: dict[str, Any]) -> datetime | None:
    """Return when the token expires, or None where the provider does not name a date."""
    try:
        return datetime.fromtimestamp(answer["exp"], tz=UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
