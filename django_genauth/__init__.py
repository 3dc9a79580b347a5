"""Sign in to a Django site through GenAuth, or any provider that speaks OpenID Connect.

Holds the version alone: importing the package must not import Django.
"""

__version__ = "0.1.0"
