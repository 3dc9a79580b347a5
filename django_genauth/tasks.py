"""Work that may be done later, for the worker that a site runs, or for its schedule.

Each function is a task of Django's (django.tasks, or the package django-tasks before Django 6.0)
where there is such a thing, and can be called as a function everywhere. What is done stands in
`grants.pending`, `grants.sweeps` and `sessions.registry`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any, Final

from django.utils import timezone

from django_genauth.grants import pending, sweeps
from django_genauth.login import used_states
from django_genauth.sessions import registry

logger = logging.getLogger("django_genauth")

# In seconds. django-rq kills a task after three minutes, and the longest request comes on top.
_LONGEST_RUN: Final = 120
# How many days a grant that is over is kept.
DAYS_KEPT: Final = 30
# They run a task at once, in the page that waits, or not at all.
_RUN_NOWHERE_ELSE: Final = ("ImmediateBackend", "DummyBackend")
_BACKEND: Final = "default"


def _task(function: Callable[..., Any]) -> Any:
    """Make a task of a function, to be called as before; without tasks it stays a function."""
    backend = _backend()
    if backend is None:
        return function
    # A site may have given its queues other names.
    queue = "default" if not backend.queues or "default" in backend.queues else min(backend.queues)
    base = backend.task_class
    callable_task = type(base.__name__, (base,), {"__slots__": (), "__call__": base.call})
    # Django 6.0 has no defaults for these two.
    return callable_task(
        func=function, backend=_BACKEND, queue_name=queue, priority=0, run_after=None
    )


def _backend() -> Any:
    """Return the site's backend for tasks, or None where it can have none."""
    for module in ("django.tasks", "django_tasks"):
        try:
            return import_module(module).task_backends[_BACKEND]
        except ModuleNotFoundError:
            # Before Django 6.0; or the package is not installed.
            continue
        except Exception as error:  # noqa: BLE001 # each backend has errors of its own
            logger.warning("TASKS names no backend that works: %s", type(error).__name__)
            return None
    return None


@_task
def revoke_pending() -> dict[str, int]:
    """Revoke what is to be revoked at the provider; return how many were, and how many were not."""
    progress = pending.revoke_pending(seconds=_LONGEST_RUN)
    if progress.is_cut_short:
        enqueue(revoke_pending)
    return {"revoked": progress.done, "not revoked": progress.failed}


@_task
def refresh_due() -> dict[str, int]:
    """Refresh the grants whose access token runs out within five minutes, or has."""
    progress = pending.refresh_due(seconds=_LONGEST_RUN)
    if progress.is_cut_short:
        enqueue(refresh_due)
    return {"refreshed": progress.done, "not refreshed": progress.failed}


@_task
def purge(days: int = DAYS_KEPT) -> dict[str, int]:
    """Delete the grants that were over for so many days, and the rows of sessions that are over."""
    # First, as a grant is needed while its session lives.
    sessions = registry.purge()
    ended, expired, unneeded = sweeps.purge(before=timezone.now() - timedelta(days=days))
    used_states.purge()
    return {"sessions": sessions, "ended": ended, "expired": expired, "to be revoked": unneeded}


def enqueue(task: Any) -> bool:
    """Give a task to the site's worker; return False where there is none, or none takes it."""
    get_backend = getattr(task, "get_backend", None)
    try:
        if get_backend is None or _runs_here(get_backend()):
            return False
        task.enqueue()
    except Exception as error:  # noqa: BLE001 # each backend has errors of its own
        logger.warning("A task was not enqueued: %s", type(error).__name__)
        return False
    return True


def _runs_here(backend: object) -> bool:
    return any(cls.__name__ in _RUN_NOWHERE_ELSE for cls in type(backend).__mro__)
