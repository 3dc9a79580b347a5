"""Rows of tables of forged tokens: each says in what a token differs from a good one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

Row = Any


def with_members(**changes: Any) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return an edit that sets members, or takes those away that are None."""
    return lambda honest: {
        name: value for name, value in {**honest, **changes}.items() if value is not None
    }


def of_segments(change: Callable[[str, str, str], tuple[str, ...]]) -> Callable[[str], str]:
    """Return an edit that makes other segments of the three."""
    return lambda token: ".".join(change(*token.split(".")))


def claim(name: str, value: Any, id: str) -> Row:
    """Return a row: a claim that is not as it should be, None for one that is missing."""
    return pytest.param({"claims_edit": with_members(**{name: value})}, f"id_token.{name}", id=id)


def header(name: str, value: Any, reason: str, id: str) -> Row:
    """Return a row: a header member that is not as it should be, None for a missing one."""
    edit = with_members(**{name: value})
    return pytest.param({"header_edit": edit}, f"id_token.{reason}", id=id)


def text(change: Callable[[str], str], reason: str, id: str) -> Row:
    """Return a row: the finished token is changed."""
    return pytest.param({"token_edit": change}, f"id_token.{reason}", id=id)


def segments(change: Callable[[str, str, str], tuple[str, ...]], reason: str, id: str) -> Row:
    """Return a row: the finished token's segments are changed."""
    return text(of_segments(change), reason, id)
