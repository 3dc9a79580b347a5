"""Rules for the settings of the authorization request and its response.

What a request is made of stands in `protocol.authorization`.
"""

from __future__ import annotations

from collections.abc import Mapping

from django_genauth.protocol.authorization import RESPONSE_MODES, RESPONSE_TYPES


def response_problem(
    protocol: str, response_type: str, response_mode: str | None
) -> tuple[str, str] | None:
    """Return `response_type` or `response_mode` and what is wrong with it, or None."""
    allowed = RESPONSE_TYPES[protocol]
    if response_type not in allowed:
        return "response_type", f"has to be one of {', '.join(allowed)}"
    if response_mode is not None and response_mode not in RESPONSE_MODES:
        return "response_mode", f"has to be one of {', '.join(RESPONSE_MODES)}"
    if response_mode in ("query", "query.jwt") and response_type not in ("code", "none"):
        # Multiple Response Types 3, JARM 2.3.1: a token in a query is in every log on its way.
        other = "jwt or form_post.jwt" if response_mode == "query.jwt" else "fragment or form_post"
        return "response_mode", f"cannot be {response_mode} for {response_type}; set {other}"
    return None


def pushing_problem(
    pushed_authorization: bool | None, *, discovers: bool, endpoints: Mapping[str, str]
) -> str | None:
    """Return what is wrong with PUSHED_AUTHORIZATION, or None."""
    endpoint = "pushed_authorization_request_endpoint"
    if pushed_authorization is True and not discovers and endpoint not in endpoints:
        return f"needs {endpoint} in ENDPOINTS, as no configuration of the provider is read"
    return None
