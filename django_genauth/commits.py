"""Work that waits for the commit of somebody's transaction, and that a rollback forgets.

What is done then is not known here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.db import Error, transaction

from django_genauth.models import database_of_opener

logger = logging.getLogger("django_genauth")


def after_commit(work: Callable[[list[Any]], None], item: object, *, using: str) -> None:
    """Call `work` once after the commit, with the items of all calls in the same transaction.

    At once outside of one. The rows that `work` reads are those of the database `using`.
    """
    connection = transaction.get_connection(using)
    within = set(connection.savepoint_ids)
    # Items share a call where they share all savepoints, and so are rolled back together.
    for savepoints, hook, *_ in reversed(connection.run_on_commit):
        if isinstance(hook, _Batch) and hook.work == work and savepoints == within:
            hook.items.append(item)
            return
    # Robust: the site's own work after the commit is done, whatever becomes of this.
    transaction.on_commit(_Batch(work, item, using), using=using, robust=True)


class _Batch:
    """The items of one transaction, and what is done with them."""

    def __init__(self, work: Callable[[list[Any]], None], item: object, using: str) -> None:
        self.work = work
        self.items = [item]
        self._using = using
        # Django names what has failed after a commit by this.
        self.__qualname__ = work.__qualname__

    def __call__(self) -> None:
        before = database_of_opener.set(self._using)
        try:
            self.work(self.items)
        except Error as error:
            # Django would log its text, which may hold values of a row.
            logger.error("What follows a commit was not done: %s", type(error).__name__)
        finally:
            database_of_opener.reset(before)
