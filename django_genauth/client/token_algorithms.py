"""The algorithms that answers are signed and encrypted with: the rules between these settings.

Whether there is a key for an algorithm is found where keys are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django_genauth.protocol.encryption import CONTENT_ALGORITHMS, KEY_MANAGEMENT_ALGORITHMS
from django_genauth.protocol.jws import ALGORITHMS

ENCRYPTED: Final = ("ID_TOKEN", "USERINFO", "INTROSPECTION")


def algorithm_problem(settings: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the key of GENAUTH whose algorithm cannot work and what is wrong with it, or None.

    `settings` are the fields of a ClientRegistration.
    """
    return next(_signature_problems(settings), None) or next(_encryption_problems(settings), None)


def encryption_of(settings: Mapping[str, Any], kind: str) -> tuple[str | None, str | None]:
    """Return what the key and the content of an answer are encrypted with; see ENCRYPTED."""
    name = f"{kind.lower()}_encrypted_response"
    return settings[f"{name}_alg"], settings[f"{name}_enc"]


def _signature_problems(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, name in {
        "ID_TOKEN_SIGNED_RESPONSE_ALG": settings["algorithm"],
        "USERINFO_SIGNED_RESPONSE_ALG": settings["userinfo_signed_response_alg"],
        "INTROSPECTION_SIGNED_RESPONSE_ALG": settings["introspection_signed_response_alg"],
        "REQUEST_OBJECT_SIGNING_ALG": settings["request_object_signing_alg"],
    }.items():
        if name is not None and name not in ALGORITHMS:
            yield key, f"has to be one of {', '.join(ALGORITHMS)}"
        if str(name).startswith("HS") and not settings["secret"]:
            yield key, f"cannot be {name} without APP_SECRET; set that, or RS256"


def _encryption_problems(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for kind in ENCRYPTED:
        key = f"{kind}_ENCRYPTED_RESPONSE"
        alg, enc = encryption_of(settings, kind)
        if alg is not None and alg not in KEY_MANAGEMENT_ALGORITHMS:
            yield f"{key}_ALG", f"has to be one of {', '.join(KEY_MANAGEMENT_ALGORITHMS)}"
        if enc is not None and enc not in CONTENT_ALGORITHMS:
            yield f"{key}_ENC", f"has to be one of {', '.join(CONTENT_ALGORITHMS)}"
        if enc is not None and alg is None:
            # OIDC Dynamic Client Registration 2: the one is nothing without the other.
            yield f"{key}_ENC", f"needs {key}_ALG"
    if settings["id_token_encrypted_response_alg"] and settings["protocol"] != "oidc":
        yield (
            "ID_TOKEN_ENCRYPTED_RESPONSE_ALG",
            "is for PROTOCOL oidc: over oauth there are no ID tokens",
        )
    if (
        settings["userinfo_encrypted_response_alg"]
        and settings["protocol"] != "oidc"
        and settings["userinfo_signed_response_alg"] is None
    ):
        # There is no ID token whose algorithm it could have.
        yield "USERINFO_ENCRYPTED_RESPONSE_ALG", "needs USERINFO_SIGNED_RESPONSE_ALG over oauth"
    is_signed = settings["introspection_signed_response_alg"] is not None
    if settings["introspection_encrypted_response_alg"] and not is_signed:
        # RFC 9701 5: an answer that is encrypted is signed first.
        yield "INTROSPECTION_ENCRYPTED_RESPONSE_ALG", "needs INTROSPECTION_SIGNED_RESPONSE_ALG"
