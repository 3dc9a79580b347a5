"""How the parameters of an authorization response are replaced, repeated, removed or added.

The honest authorize page stands in `django_genauth.testing.provider.authorization`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django_genauth.testing.provider.authorization import (
    AuthorizationRequest,
    FrontChannelResponse,
)

__all__ = ["AuthorizationRequest", "FrontChannelResponse", "Override", "override"]

# A parameter of the response is replaced (text), repeated (list), removed (None), or made of the
# honest value (a function).
Override = str | list[str] | None | Callable[[str], str | list[str]]


def override(honest: Mapping[str, str], overrides: Mapping[str, Override]) -> list[tuple[str, str]]:
    """Return the parameters of a response with those replaced, repeated, removed or added."""
    result: list[tuple[str, str]] = []
    for name in [*honest, *(name for name in overrides if name not in honest)]:
        value = overrides[name] if name in overrides else honest[name]
        if callable(value):
            value = value(honest[name])
        if value is not None:
            result += [(name, one) for one in ([value] if isinstance(value, str) else value)]
    return result
