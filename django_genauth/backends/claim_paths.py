"""Find the claim that a setting names: by an exact name, by a path into objects, or by a callable.

Keycloak keeps roles in `realm_access.roles`, and names of claims may be addresses, with dots of
their own. What is made of a claim stands in `claims` and `rights`.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, Final

from django.utils.module_loading import import_string

logger = logging.getLogger("django_genauth")

Claims = Mapping[str, Any]
# A name of a claim, or the names of a path. A text may be the dotted path of a callable, too.
Source = str | Sequence[str]

MISSING: Final = object()

_DOTTED_PATH: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


def value_of(source: Source, claims: Claims) -> Any:
    """Return what a source of USER_FIELDS gives, or MISSING.

    A text is the exact name of a claim first, then a callable, and a path with dots at last.
    """
    function = None if isinstance(source, str) and source in claims else callable_of(source)
    if function is None:
        return find(source, claims)
    try:
        return function(claims)
    except Exception as error:  # noqa: BLE001 # it is the site's, and a claim may be missing
        # Nobody is kept out for a field. The text is left out, as it may quote a claim.
        logger.warning("USER_FIELDS: %s failed: %s", source, type(error).__name__)
        return MISSING


def find(source: Source, claims: Claims) -> Any:
    """Return the claim of an exact name, else what a path leads to, else MISSING."""
    if not isinstance(source, str):
        return _follow(source, claims)
    if source in claims:
        return claims[source]
    # A name on the way may have dots of its own, as a client of Keycloak may.
    for at in (dot.start() for dot in re.finditer(r"\.", source)):
        inner = claims.get(source[:at])
        found = find(source[at + 1 :], inner) if isinstance(inner, dict) else MISSING
        if found is not MISSING:
            return found
    return MISSING


def outermost_names(source: Source) -> set[str]:
    """Return the names of the claims that a source may begin with."""
    if not isinstance(source, str):
        return {source[0]}
    return {source, *(source[: dot.start()] for dot in re.finditer(r"\.", source))}


def shown_source(source: Source) -> str:
    """Return a source as people write it."""
    return source if isinstance(source, str) else ".".join(source)


def callable_of(source: Source) -> Callable[[Claims], Any] | None:
    """Return the callable of a dotted path, or None where there is none."""
    if not isinstance(source, str) or not _DOTTED_PATH.fullmatch(source):
        return None
    try:
        found = import_string(source)
    except ImportError:
        return None
    return found if callable(found) else None


def is_lost_callable(source: object) -> bool:
    """Tell whether a source seems to be a callable that is not there, and no path of a claim.

    Its first name is that of a module then; not of one of Python, as `profile` and `email` are
    claims of some providers.
    """
    if not isinstance(source, str) or not _DOTTED_PATH.fullmatch(source):
        return False
    top = source.partition(".")[0]
    is_module = top not in sys.stdlib_module_names and find_spec(top) is not None
    return is_module and callable_of(source) is None


def _follow(path: Sequence[str], claims: Claims) -> Any:
    found: Any = claims
    for name in path:
        if not isinstance(found, Mapping) or name not in found:
            return MISSING
        found = found[name]
    return found
