"""Ask the provider which tokens are active."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django_genauth import grants
from django_genauth.conf import get_app
from django_genauth.grants import rows, sweeps
from django_genauth.management.grants_command import Said
from django_genauth.management.tokens_command import TokensCommand
from django_genauth.models import Grant


class Command(TokensCommand):
    """Say of each token whether it is active; exit with 0 where all are, and 1 where some are not.

    With 2 where somebody did not answer.
    """

    help = "Ask the provider which tokens are active."
    states = {"active": 0, "inactive": 1, "not answered": 2}
    over = "inactive"
    in_vain = "not answered"

    def part(self, *, page: int, **options: Any) -> sweeps.Part:
        """Return all that are not over."""
        return sweeps.to_introspect(options["app"], page=page)

    def ask(self, grant: Grant) -> Said:
        """Ask for the refresh token of a grant, or for its access token."""
        return _said(grants.introspect(grant, get_app(grant.app)))

    def ask_token(self, token: str, app: str) -> Said:
        """Ask for a token as it is."""
        loaded = get_app(app)
        answer = loaded.client.introspect_token(token)
        return _said(answer, rows.find(token, loaded))


def _said(answer: dict[str, Any], grant: Grant | None = None) -> Said:
    return Said("active" if answer["active"] else "inactive", grant, _expiry(answer))


def _expiry(answer: dict[str, Any]) -> datetime | None:
    """Return when the token ends, where the provider says so in a way that is a date."""
    try:
        return datetime.fromtimestamp(answer["exp"], tz=UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
