"""The keys of providers, which live with the provider that needs no socket."""

from django_genauth.testing.provider.keys import (
    SigningKey,
    base64url,
    base64url_decode,
    secret_key,
    signing_key,
    thumbprint,
)

__all__ = [
    "SigningKey",
    "base64url",
    "base64url_decode",
    "secret_key",
    "signing_key",
    "thumbprint",
]
