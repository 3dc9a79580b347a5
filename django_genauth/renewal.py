"""The renewal of a session by its grant, once its access token has run out.

When it is due, and what is answered where it fails, is the middleware's business.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import Final

from django.contrib.sessions.backends.base import SessionBase
from django.db import Error

from django_genauth import grants
from django_genauth.client import patience
from django_genauth.conf import App
from django_genauth.log_lines import log_line
from django_genauth.outages import is_outage
from django_genauth.protocol.errors import GenAuthError, GrantError, ProviderError
from django_genauth.sessions import engine, registry
from django_genauth.sessions.entry import SessionEntry

logger = logging.getLogger("django_genauth")

# How long, in seconds, a provider that did not renew is left alone; a person waits for each try.
_PAUSE: Final = 30
_LONGEST_PAUSE: Final = 300
# In seconds: so long a page waits for another one, which renews the same grant or has the turn at
# the provider. Each page that waits keeps a thread from everybody else.
_PATIENCE: Final = 0.25


def renew(session: SessionBase, entry: SessionEntry, app: App) -> bool:
    """Return whether the session lives on, because the grant was renewed or may be later."""
    try:
        number = registry.grant_of(entry)
        with patience.at_most(_PATIENCE):
            ends = grants.renewed(number, app, patience=_PATIENCE).expires_at
        expires_at = None if ends is None else ends.timestamp()
    except GrantError as error:
        # What the provider said to a refresh is logged where it was said.
        if error.__cause__ is None:
            log_end(entry, error, level=logging.WARNING)
        return False
    except ProviderError as error:
        told = getattr(error, "retry_after", None)
        expires_at = time.time() + min(told or _PAUSE, _LONGEST_PAUSE)
    except Error as error:
        if not is_outage(error):
            raise
        # As for a provider that is out of order, but that nothing can be noted either.
        logger.warning("A grant was not renewed: app=%s %s", entry.alias, type(error).__name__)
        return True
    except GenAuthError as error:
        # A key or a setting is wrong: nobody can tell whether the grant lives.
        log_end(entry, error)
        return False
    replace(entry, expires_at=expires_at).write(session)
    if not engine.save(session):
        # It is renewed again by the next page, which finds the grant fresh.
        entry.write(session)
        session.modified = False
    return True


def log_end(entry: SessionEntry, error: GenAuthError, *, level: int = logging.ERROR) -> None:
    """Log that a session ends, and why."""
    log_line(level, "session_ended", "A session ends", code=error.code, app=entry.alias)
