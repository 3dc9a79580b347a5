"""Registers the system checks of this app, and names the page of each in its hint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.core.checks import CheckMessage, register

from django_genauth import DOCUMENTATION

Check = Callable[..., Sequence[CheckMessage]]


def registered(check: Check) -> Check:
    """Register a check, each of whose messages has an id of this app."""

    @wraps(check)
    def with_pages(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
        messages = check(app_configs, **kwargs)
        for message in messages:
            number = str(message.id).rpartition(".")[2]
            message.hint = f"{message.hint} See {DOCUMENTATION}reference/checks/{number}.html"
        return messages

    register(with_pages, "genauth")
    return with_pages
