"""Sealed cookies: what a browser carries for this app, and can neither read nor make.

What a cookie says, and when it is set, is decided by the pages that use it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from django_genauth.conf import App
from django_genauth.protocol.errors import GenAuthError
from django_genauth.sealing import seal, unseal

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Value = TypeVar("Value")


def sealed(value: DataclassInstance, *, purpose: str, app: App) -> str:
    """Return the text of a cookie that holds a dataclass; only the same purpose opens it again."""
    held = {each.name: getattr(value, each.name) for each in fields(value)}
    # The header has little room, so what is as by default is left out.
    told = {each.name: held[each.name] for each in fields(value) if not _is_default(each, held)}
    return seal(told, purpose=f"{purpose} {app.alias}", app=app)


def opened(text: str | None, kind: Callable[..., Value], *, purpose: str, app: App) -> Value | None:
    """Return what a cookie holds, or None where there is none of this site's."""
    if not text:
        return None
    try:
        return kind(**unseal(text, purpose=f"{purpose} {app.alias}", app=app))
    except (GenAuthError, TypeError):
        # TypeError: a cookie from before an update of this app, with other fields.
        return None


def _is_default(each: Field[Any], held: dict[str, Any]) -> bool:
    default = each.default if each.default_factory is MISSING else each.default_factory()
    return bool(held[each.name] == default)
