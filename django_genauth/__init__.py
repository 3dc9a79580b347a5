"""Sign in to a Django site through GenAuth, or any provider that speaks OpenID Connect.

Holds the version and the documentation's address: importing the package must not import Django.
"""

__version__ = "0.1.0"

# A wheel has no docs/ folder, so messages name the whole address of a page below this one.
DOCUMENTATION = "https://django-genauth.readthedocs.io/en/stable/"
