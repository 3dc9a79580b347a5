"""People who came by this app's backend, though no login of this app made their session.

A view of the site made it: one that signs an administrator in as somebody else, and back again. The
provider may know the person still.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.backends.base import SessionBase

from django_genauth.backends import GenAuthBackend
from django_genauth.sessions.entry import SessionEntry


def is_unrecorded(session: SessionBase) -> bool:
    """Return whether the session is such a person's: no app's entry stands in it."""
    path = session.get(auth.BACKEND_SESSION_KEY)
    if path not in settings.AUTHENTICATION_BACKENDS or SessionEntry.read(session) is not None:
        return False
    return isinstance(auth.load_backend(path), GenAuthBackend)
