"""Sessions whose end a site takes note of."""

from django.contrib.sessions.backends import db

archived: list[str] = []


class SessionStore(db.SessionStore):
    """End sessions in a way of the site's own."""

    def delete(self, session_key: str | None = None) -> None:
        """Take note of the key."""
        super().delete(session_key)
        archived.append(str(session_key))
