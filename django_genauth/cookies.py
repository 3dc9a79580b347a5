"""Sealed cookies: what a browser carries for this app, and can neither read nor make.

What a cookie says, and when it is set, is decided by the pages that use it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

from django_genauth.conf import App
from django_genauth.protocol.errors import GenAuthError
from django_genauth.sealing import seal, unseal

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Value = TypeVar("Value")


def sealed(value: DataclassInstance, *, purpose: str, app: App) -> str:
    """Return the text of a cookie that holds a dataclass; only the same purpose opens it again."""
    return seal(asdict(value), purpose=f"{purpose} {app.alias}", app=app)


def opened(text: str | None, kind: Callable[..., Value], *, purpose: str, app: App) -> Value | None:
    """Return what a cookie holds, or None where there is none of this site's."""
    if not text:
        return None
    try:
        return kind(**unseal(text, purpose=f"{purpose} {app.alias}", app=app))
    except (GenAuthError, TypeError):
        # TypeError: a cookie from before an update of this app, with other fields.
        return None
