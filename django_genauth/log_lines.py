"""Write lines of the log: a sentence for people, and the same values as fields for machines.

The fields are attributes of the record, as `extra` makes them, so that a formatter for JSON writes
them by their names. No line holds a token, a code, a secret or what the provider wrote.
"""

from __future__ import annotations

import logging

logger = logging.getLogger("django_genauth")


def log_line(
    level: int, event: str, sentence: str, detail: object = None, /, **fields: object
) -> None:
    """Log a sentence with fields behind it, and a detail at the end.

    `event` names what has happened; each place has its own. A field without a value is None in the
    record, and a hyphen in the line.
    """
    if not logger.isEnabledFor(level):
        return
    # The values stand apart from the words, so that collectors group lines of one kind.
    words = sentence + ":" + "".join(f" {name}=%s" for name in fields)
    values = ["-" if value is None else value for value in fields.values()]
    if detail is not None:
        words, values = f"{words}: %s", [*values, detail]
    logger.log(level, words, *values, extra={"event": event, **fields}, stacklevel=2)
