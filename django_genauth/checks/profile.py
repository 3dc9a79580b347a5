"""System checks of PROFILE: each setting that falls short of it, by its name (E034 to E038).

What the profile demands is decided in `client.profile`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from django.core.checks import CheckMessage, Error

from django_genauth import DOCUMENTATION, conf
from django_genauth.checks.registration import registered
from django_genauth.client.profile import Kind, Shortfall, keys_shortfall, shortfalls
from django_genauth.protocol.client_keys import load_keys
from django_genauth.protocol.errors import ConfigurationError

# Whose result need not be known: that they are there is enough.
_BY_CALL: Final = ("CLIENT_KEYS", "CLIENT_ASSERTION", "CLIENT_CERTIFICATE")


@registered
def check_profile(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find settings that fall short of the profile that an app is to follow (E034 to E038)."""
    return [
        _error(
            each.kind,
            f"GENAUTH[{alias!r}]: {each.key} {each.what}, as PROFILE demands.",
            f"Leave {each.key} out for what the profile sets, or see"
            f" {DOCUMENTATION}topics/fapi.html.",
        )
        for alias, values in conf.configured()
        for each in _shortfalls(values)
    ]


def _error(kind: Kind, text: str, hint: str) -> Error:
    match kind:
        case "authentication":
            return Error(text, hint=hint, id="genauth.E034")
        case "request":
            return Error(text, hint=hint, id="genauth.E035")
        case "binding":
            return Error(text, hint=hint, id="genauth.E036")
        case "algorithm":
            return Error(text, hint=hint, id="genauth.E037")
        case _:
            return Error(text, hint=hint, id="genauth.E038")


def _shortfalls(values: Mapping[str, Any]) -> Iterator[Shortfall]:
    known = {
        str(key).lower(): value
        for key, value in values.items()
        # What another callable returns is known at use alone.
        if key in _BY_CALL or not callable(value)
    }
    yield from shortfalls(known)
    keys = values.get("CLIENT_KEYS")
    if known.get("profile") is None or not isinstance(keys, list | tuple):
        return
    # E003 says what is no key.
    with suppress(ConfigurationError):
        shortfall = keys_shortfall(load_keys(keys))
        if shortfall is not None:
            yield shortfall
