"""System checks of an app's secret and private keys: where they stand, and whether they are used.

What a key has to be is decided where it is read, and told as any other setting (E003).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from django_genauth import conf
from django_genauth.checks.registration import registered

_PRIVATE = "PRIVATE KEY-----"


@registered
def check_secret_beside_keys(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find apps with a secret and keys, of which the secret alone is used (W039)."""
    return [
        Warning(
            f"GENAUTH[{alias!r}] has APP_SECRET and CLIENT_KEYS, and sends the secret.",
            hint='Remove APP_SECRET, or set TOKEN_ENDPOINT_AUTH_METHOD to "private_key_jwt", or to'
            " the method with which the secret is to be used.",
            id="genauth.W039",
        )
        for alias, values in conf.configured()
        if values.get("APP_SECRET")
        and values.get("CLIENT_KEYS")
        and not {"TOKEN_ENDPOINT_AUTH_METHOD", "REQUEST_OBJECT_SIGNING_ALG", "PROFILE"}
        & values.keys()
        # Keys that decrypt go well with a secret.
        and not any("ENCRYPTED" in str(key) for key in values)
    ]


@registered
def check_private_keys(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find private keys where others can read them, or to whom they are sent (E040)."""
    return [
        Error(
            f"GENAUTH[{alias!r}]: {problem}",
            hint="Anybody who read it can pose as the app: make a new key with genauth_keys.",
            id="genauth.E040",
        )
        for alias, values in conf.configured()
        for problem in _misplaced(values)
    ]


def _misplaced(values: Mapping[str, Any]) -> Iterator[str]:
    for key in ("APP_SECRET", "APP_ID"):
        if _is_private_key(values.get(key)):
            yield f"{key} is a private key, and would be sent to the provider; set CLIENT_KEYS."
    certificate = values.get("CLIENT_CERTIFICATE")
    if not isinstance(certificate, list | tuple):
        return
    for path in certificate:
        directory = next((each for each in _served() if _is_below(path, each)), None)
        if directory is not None and _holds_private_key(path):
            yield f"CLIENT_CERTIFICATE names a private key in {directory}, which the site serves."


def _is_private_key(value: object) -> bool:
    if not isinstance(value, str):
        return False
    if _PRIVATE in value:
        return True
    try:
        members = json.loads(value)
    except ValueError:
        return False
    return isinstance(members, dict) and "kty" in members


def _served() -> list[str]:
    named = [settings.MEDIA_ROOT, settings.STATIC_ROOT, *settings.STATICFILES_DIRS]
    # A directory may stand behind a prefix.
    return [str(each[1] if isinstance(each, tuple) else each) for each in named if each]


def _is_below(path: object, directory: str) -> bool:
    return isinstance(path, str) and Path(path).resolve().is_relative_to(Path(directory).resolve())


def _holds_private_key(path: str) -> bool:
    try:
        return _PRIVATE in Path(path).read_text("ascii")
    except (OSError, ValueError):
        # E003 says what is no file.
        return False
