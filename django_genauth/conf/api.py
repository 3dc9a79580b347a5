"""The settings of the site as an API, API_AUDIENCE and its like, made into one value.

What each value by itself has to be stands in `rules`; what they have to be together stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

from django_genauth.client.profile import PROFILE_ALGORITHMS
from django_genauth.protocol.bearer import is_scope
from django_genauth.protocol.discovery import is_safe_url
from django_genauth.protocol.errors import ConfigurationError
from django_genauth.protocol.jws import ALGORITHMS

TOKENS: Final = ("jwt", "introspection")
USERS: Final = ("known", "create", "none")
ASYMMETRIC: Final = tuple(name for name in ALGORITHMS if not name.startswith("HS"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Hold which access tokens the site accepts, and whose user their bearers get."""

    audience: tuple[str, ...] = ()
    """What a token has to name as `aud`, or one of several; none: no token is accepted."""
    tokens: Literal["jwt", "introspection"] = "jwt"
    """Whether tokens are verified here, or the provider is asked."""
    token_signed_response_alg: str = "RS256"  # noqa: S105 # an algorithm
    """The one algorithm of tokens that are verified here."""
    introspection_ttl: float = 60
    """How many seconds an answer of the provider is kept."""
    users: Literal["known", "create", "none"] = "known"
    """Whose user a bearer gets."""
    resource: str | None = None
    """The address of the API, as clients know it."""
    scopes: tuple[str, ...] = ()
    """The scopes that clients may ask for."""
    client_certificate_header: str | None = None
    """The header in which the site's proxy hands on a client's certificate; None: none does."""

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """Make the settings of an app's keys. Raises ConfigurationError where they do not agree."""
        audience = values.get("API_AUDIENCE") or ()
        named = (audience,) if isinstance(audience, str) else tuple(audience)
        resource = values.get("API_RESOURCE")
        if resource is None and len(named) == 1 and is_address(named[0]):
            resource = named[0]
        profile = values.get("PROFILE")
        usual = "RS256" if profile is None else PROFILE_ALGORITHMS[0]
        made = cls(
            audience=named,
            tokens=values.get("API_TOKENS", "jwt"),
            token_signed_response_alg=values.get("API_TOKEN_SIGNED_RESPONSE_ALG", usual),
            introspection_ttl=values.get("API_INTROSPECTION_TTL", 60),
            users=values.get("API_USERS", "known"),
            resource=resource,
            scopes=tuple(values.get("API_SCOPES", ())),
            client_certificate_header=values.get("API_CLIENT_CERTIFICATE_HEADER"),
        )
        if named and values.get("PROTOCOL") == "oauth" and made.tokens == "jwt":
            raise ConfigurationError(
                'API_TOKENS has to be "introspection" where PROTOCOL is "oauth", whose tokens are'
                " no JWTs.",
                reason="api_tokens",
            )
        if profile is not None and made.token_signed_response_alg not in PROFILE_ALGORITHMS:
            raise ConfigurationError(
                "API_TOKEN_SIGNED_RESPONSE_ALG has to be one of"
                f" {', '.join(PROFILE_ALGORITHMS)}, as PROFILE demands.",
                reason="profile",
            )
        if made.users == "create" and values.get("CREATE_USERS") is False:
            raise ConfigurationError(
                'API_USERS cannot be "create" where CREATE_USERS is False.', reason="api_users"
            )
        return made


def is_address(value: object) -> bool:
    """Tell whether a value can be a protected resource's address (RFC 9728 1.2).

    It has neither a query nor a fragment, and is https; http for a service of this machine alone.
    """
    if not isinstance(value, str) or set(value) & set('?#\\"') or not value.isprintable():
        return False
    try:
        parts = urlsplit(value)
        is_whole = bool(parts.hostname) and value.isascii() and " " not in value
    except ValueError:
        return False
    is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return is_whole and is_safe_url(value, allow_insecure_http=is_here)


def are_scopes(value: object) -> bool:
    """Tell whether a value is a list of single scopes."""
    return isinstance(value, list | tuple) and all(map(is_scope, value))
