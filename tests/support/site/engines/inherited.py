"""Django's engine under another name."""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """Be Django's engine in all that ends a session."""
