"""What a site's own tests need to sign people in without a provider.

For tests alone: nothing else in this package imports it. Importing it needs no set-up of Django.
"""

from django_genauth.testing.cases import GenAuthTestMixin
from django_genauth.testing.fake import FakeGenAuth
from django_genauth.testing.login import agenauth_login, genauth_bearer_token, genauth_login

__all__ = [
    "FakeGenAuth",
    "GenAuthTestMixin",
    "agenauth_login",
    "genauth_bearer_token",
    "genauth_login",
]
