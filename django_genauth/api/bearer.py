"""The bearer of an access token, as a site's views see it.

How a token is verified stands in `verification`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from django.contrib.auth.base_user import AbstractBaseUser

from django_genauth.tracebacks import without_variables


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Bearer:
    """The caller of a verified access token, and what the token allows.

    Its repr shows nothing, and it is not pickled: claims are about a person.
    """

    claims: Mapping[str, Any]
    """What the token, or the provider about it, says; it cannot be changed."""
    subject: str | None
    """The person's subject, or the machine's; None where a machine's token has none."""
    client_id: str | None
    """The client that the token was issued to; None where no claim names it."""
    scopes: frozenset[str]
    """What the token allows."""
    expires_at: float | None
    """When the token ends, in seconds since the epoch; None where nobody says."""
    is_machine: bool
    """Whether the token was issued to a client for itself."""
    user: AbstractBaseUser | None
    """The person's user, by API_USERS; None for a machine, and for who has none here."""

    # A function that knows the token: a field would show it to whatever reads fields.
    _exchange: Callable[[str, str | None], str]

    @without_variables
    def exchange(self, *, resource: str, scope: str | None = None) -> str:
        """Return an access token with which the site calls another API for its caller.

        The provider is asked each time, in the way that TOKEN_FOR_RESOURCE says. `resource` is the
        API, by address or name; `scope` is what to ask for there, with spaces between. Raises
        OAuthError where the provider refuses, another ProviderError where it cannot be used, and
        ConfigurationError where TOKEN_FOR_RESOURCE is "refresh": a bearer has no refresh token.
        """
        return self._exchange(resource, scope)

    def __repr__(self) -> str:
        return "<Bearer>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("A Bearer is not pickled: hand on its subject or its user's key.")
