"""A database that is out of order: it takes no connections, or no writes, or has no room.

Which errors say so, and what may be told of them. What people see then is not known here.
"""

from __future__ import annotations

import re
from typing import Final

from django.db import DataError, Error, IntegrityError, NotSupportedError, ProgrammingError

from django_genauth.protocol.errors import DatabaseUnavailable

# A mistake in a statement or in its values, which would be there the next time too.
_MISTAKES: Final = (DataError, IntegrityError, NotSupportedError, ProgrammingError)
# The database's own word for what is wrong: SQLSTATE, or SQLite's name.
_CODE: Final = re.compile("[A-Z0-9_]{5,50}")


def is_outage(error: Error) -> bool:
    """Return whether an error of the database may pass by itself."""
    return not isinstance(error, _MISTAKES)


def unavailable(error: Error) -> DatabaseUnavailable:
    """Return the error to report for an outage, without the database's text: it may quote a row."""
    kind = type(error).__name__
    for name in ("sqlstate", "pgcode", "sqlite_errorname"):
        code = getattr(error.__cause__, name, None)
        if isinstance(code, str) and _CODE.fullmatch(code):
            kind = f"{kind}, {code}"
    return DatabaseUnavailable(
        f"The database failed ({kind}). Look into its log; if tables are missing, run"
        " manage.py migrate."
    )
