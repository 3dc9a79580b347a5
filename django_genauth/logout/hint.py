"""The ID token that the provider is shown at a sign-out (RP-Initiated Logout 1.0, section 2).

Whether the provider can still read it is asked of it in `flow`.
"""

from __future__ import annotations

from django_genauth.conf import App
from django_genauth.grants import rows
from django_genauth.models import Grant
from django_genauth.sessions import registry
from django_genauth.sessions.entry import SessionEntry


def hint_of(entry: SessionEntry, grant: Grant | None, app: App) -> str | None:
    """Return the newest ID token of a sign-in, or None where there is none.

    That is the one of the last refresh: Spring Authorization Server knows no earlier one, and
    answers a sign-out that shows it with 400.
    """
    number = entry.login_session
    own = registry.id_token_of(number, app)
    renewed = rows.id_token_of(grant, app)
    if number is None or grant is None or own is None or renewed in (None, own):
        return own or renewed
    return renewed if _is_of_same_session(grant, number) else own


def _is_of_same_session(grant: Grant, number: int) -> bool:
    """Tell whether a grant is of the provider's session that a sign-in began with, by its number.

    Several sign-ins share a grant where the provider gave a refresh token to the first alone. Its
    ID token would sign another browser out.
    """
    if grant.sid:
        return registry.rows().filter(pk=number, sid=grant.sid).exists()
    return not registry.rows().filter(grant=grant).exclude(pk=number).exists()
