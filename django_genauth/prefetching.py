"""Load what a login needs before somebody signs in, for apps with PREFETCH.

It begins with the first request to a process, and in a thread. Not when the app is loaded: a server
that forks its workers afterwards would hand them locks that no thread of theirs gives back. And no
command of manage.py asks the provider for anything that it does not need.
"""

from __future__ import annotations

import logging
from threading import Thread

from django.core.signals import request_started

from django_genauth.conf import configured, get_app
from django_genauth.log_lines import log_line
from django_genauth.protocol.errors import GenAuthError
from django_genauth.sealing import seal


def prefetch(**_: object) -> None:
    """Begin to load, at the first request to this process."""
    request_started.disconnect(prefetch)
    wanted = [str(alias) for alias, values in configured() if values.get("PREFETCH")]
    if wanted:
        Thread(target=_load, args=(wanted,), name="genauth-prefetch", daemon=True).start()


def _load(aliases: list[str]) -> None:
    for alias in aliases:
        try:
            app = get_app(alias)
            # A callable in the settings may have said no.
            if app.prefetch:
                app.client.provider.documents.load()
                # It loads the library that pending logins are sealed with.
                seal(None, purpose="prefetch", app=app)
        except GenAuthError as error:
            # The first login tries again.
            log_line(
                logging.WARNING,
                "prefetch_failed",
                "The provider's documents were not loaded",
                error,
                code=error.code,
                app=alias,
            )
