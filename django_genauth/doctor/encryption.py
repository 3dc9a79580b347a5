"""Compare how a provider encrypts with what the settings of an app expect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django_genauth.client import AuthenticationClient
from django_genauth.client.token_algorithms import encryption_of
from django_genauth.doctor.findings import Examination, Finding, console, listed
from django_genauth.protocol.encryption import DEFAULT_CONTENT_ALGORITHM, named_encryption

__all__ = ["encryption_finding", "examine_encryption"]

_NAMES: Final = {"ID_TOKEN": "The ID token", "USERINFO": "Userinfo"}
_PARTS: Final = ("alg", "enc")


def examine_encryption(
    client: AuthenticationClient, examination: Examination, announced: Mapping[str, Any]
) -> None:
    """Compare the settings with the algorithms that a configuration announces (Discovery 3)."""
    for kind in _NAMES:
        for part, algorithm in zip(_PARTS, _expected(client, kind), strict=True):
            member = f"{kind.lower()}_encryption_{part}_values_supported"
            algorithms = announced.get(member)
            key = f"{kind}_ENCRYPTED_RESPONSE_{part.upper()}"
            if algorithm is None or not isinstance(algorithms, list) or algorithm in algorithms:
                continue
            examination.found(
                f"unsupported.{key.lower()}",
                f"The provider does not announce {algorithm!r} for {key}.",
                f"It announces {listed(algorithms)}. Change {key}, and the app in"
                f" {console(client)}.",
            )


def encryption_finding(client: AuthenticationClient, kind: str, token: str) -> Finding | None:
    """Return what is wrong with how an ID token or userinfo came encrypted, or None.

    `kind` is ID_TOKEN or USERINFO.
    """
    expected, came = _expected(client, kind), named_encryption(token)
    if came == (None if expected[0] is None else expected):
        return None
    key, there = f"{kind}_ENCRYPTED_RESPONSE", f"for the app in {console(client)}"
    if came is None:
        return Finding(
            f"{kind.lower()}.not_encrypted",
            f"{_NAMES[kind]} is not encrypted, and {key}_ALG is {expected[0]}.",
            f"Leave {key}_ALG out, or choose {expected[0]} {there}.",
        )
    reason = "encrypted"
    if expected[0] is not None:
        reason = "encryption_enc" if came[0] == expected[0] else "encryption_alg"
    if None in came:
        return Finding(
            f"{kind.lower()}.{reason}",
            f"{_NAMES[kind]} is encrypted in a way that is not supported.",
            f"Choose {expected[0] or 'RSA-OAEP'} and {expected[1] or 'A256GCM'} {there}.",
        )
    says = f"{expected[0]} and {expected[1]}" if expected[0] else "unset"
    return Finding(
        f"{kind.lower()}.{reason}",
        f"{_NAMES[kind]} is encrypted with {came[0]} and {came[1]}, and {key}_ALG and _ENC are"
        f" {says}.",
        f'Set "{key}_ALG": "{came[0]}" and "{key}_ENC": "{came[1]}", or choose others {there}.',
    )


def _expected(client: AuthenticationClient, kind: str) -> tuple[str | None, str | None]:
    alg, enc = encryption_of(vars(client.registration), kind)
    return alg, None if alg is None else enc or DEFAULT_CONTENT_ALGORITHM
