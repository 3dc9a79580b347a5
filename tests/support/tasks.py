"""A backend for Django's tasks that keeps what it is given, for a worker that never comes."""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

try:
    _tasks = import_module("django.tasks")
except ModuleNotFoundError:
    # Before Django 6.0.
    _tasks = import_module("django_tasks")
# It looks at TASKS anew when a test changes it.
import_module(f"{_tasks.__name__}.signals")

BaseTaskBackend: Any = import_module(f"{_tasks.__name__}.backends.base").BaseTaskBackend
IMMEDIATE = f"{_tasks.__name__}.backends.immediate.ImmediateBackend"
DUMMY = f"{_tasks.__name__}.backends.dummy.DummyBackend"


class QueueBackend(BaseTaskBackend):
    """Keep the names of tasks."""

    taken: ClassVar[list[str]] = []

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> None:
        """Keep the name of a task."""
        self.validate_task(task)
        self.taken.append(task.module_path)


class BrokenBackend(BaseTaskBackend):
    """Take no task, as a queue whose server is down."""

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> None:
        """Refuse a task."""
        raise ConnectionError("with the password of the queue in it")
