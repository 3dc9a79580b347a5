"""The endpoints of a provider, which live with the provider that needs no socket."""

from django_genauth.testing.provider.honest import Endpoint, HonestProvider
from django_genauth.testing.provider.sign_in_page import GENAUTH_CLAIMS

__all__ = ["GENAUTH_CLAIMS", "Endpoint", "HonestProvider"]
