"""What a provider remembers, which lives with the provider that needs no socket."""

from django_genauth.testing.provider.grants import (
    AuthMethod,
    Grant,
    GrantStore,
    IssuedToken,
    Refused,
    authenticate_client,
)

__all__ = [
    "AuthMethod",
    "Grant",
    "GrantStore",
    "IssuedToken",
    "Refused",
    "authenticate_client",
]
